package truth

import (
	"strings"
	"testing"
)

// headOf returns what stands above the rows of a file, every field of it 1.
func headOf(columns []string) string {
	var b strings.Builder
	for _, h := range new(Head).fields() {
		b.WriteString("# " + h.name + ": 1\n")
	}
	return b.String() + strings.Join(columns, ",") + "\n"
}

// FuzzFile feeds results of training alone.
func FuzzFile(f *testing.F) {
	head := headOf(fileColumns)
	f.Add(head + "conv3x3:8,1,2,0,1,0.5,1,2,3\n")
	f.Add(head + "conv3x3:8,1,2,0,1,NaN,1,2,-3\n")
	f.Add(head[:40])
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
	head := headOf(tableColumns)
	f.Add([]byte(head + "conv3x3:8,1-0,100,20,1,0.5,1,0.5,3\n"))
	f.Add([]byte(head + "conv3x3:8,1-0,100,20,1,Inf,1,0.5,-3\n\"x"))
	f.Add([]byte(head[:40]))
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
