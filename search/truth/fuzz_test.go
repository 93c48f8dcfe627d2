package truth

import (
	"strings"
	"testing"
)

// FuzzFile feeds results of training alone.
func FuzzFile(f *testing.F) {
	var head strings.Builder
	for _, h := range new(Head).fields() {
		head.WriteString("# " + h.name + ": 1\n")
	}
	head.WriteString(strings.Join(fileColumns, ",") + "\n")
	f.Add(head.String() + "conv3x3:8,1,2,0,1,0.5,1,2,3\n")
	f.Add(head.String() + "conv3x3:8,1,2,0,1,NaN,1,2,-3\n")
	f.Add(head.String()[:40])
	f.Fuzz(func(t *testing.T, text string) {
		v, err := parseFile("f.csv", text)
		switch {
		case err != nil && !strings.Contains(err.Error(), "f.csv"):
			t.Errorf("%v; want the file named", err)
		case err == nil && len(v.Rows) > v.Head.Count*v.Head.Seeds:
			t.Errorf("%d rows of %d times %d", len(v.Rows), v.Head.Count, v.Head.Seeds)
		}
	})
}

// FuzzTable feeds tables of all networks of a space.
func FuzzTable(f *testing.F) {
	var head strings.Builder
	for _, h := range new(Head).fields() {
		head.WriteString("# " + h.name + ": 1\n")
	}
	head.WriteString(strings.Join(tableColumns, ",") + "\n")
	f.Add([]byte(head.String() + "conv3x3:8,1-0,100,20,1,0.5,1,0.5,3\n"))
	f.Add([]byte(head.String() + "conv3x3:8,1-0,100,20,1,Inf,1,0.5,-3\n\"x"))
	f.Add([]byte(head.String()[:40]))
	f.Fuzz(func(t *testing.T, text []byte) {
		v, err := parseTable("t.csv", text)
		switch {
		case err != nil && !strings.Contains(err.Error(), "t.csv"):
			t.Errorf("%v; want the file named", err)
		case err == nil && len(v.Rows) > v.Head.Count*v.Head.Seeds:
			t.Errorf("%d rows of %d times %d", len(v.Rows), v.Head.Count, v.Head.Seeds)
		}
	})
}
