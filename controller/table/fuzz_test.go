package table

import (
	"math"
	"strings"
	"testing"
)

// FuzzRead feeds tables. What is accepted has two rows or more, of as many genes each, and finite figures.
func FuzzRead(f *testing.F) {
	f.Add("genes,accuracy,latency\n00,0.5,1e-3\n01,0.6,2e-3\n", "")
	f.Add("ops,c10_test\n0-1,91\n0-2,92\n", "c10_test")
	f.Add("# by hand\ngenes,flops,params,x\n0,1,2,NaN\n1,1,2,3\n", "x")
	f.Fuzz(func(t *testing.T, text, column string) {
		_, entries, err := read(strings.NewReader(text), column)
		if err != nil {
			return
		}
		if len(entries) < 2 {
			t.Fatalf("%d rows", len(entries))
		}
		for _, e := range entries {
			if len(e.genes) != len(entries[0].genes) || len(e.genes) == 0 || math.IsNaN(e.value) || math.IsInf(e.value, 0) {
				t.Errorf("%+v beside %+v", e, entries[0])
			}
		}
		if m, err := newTable("f.csv", column, entries); err == nil && (len(m.rows) == 0 || len(m.rows) > len(entries)) {
			t.Errorf("a table of %d networks from %d rows", len(m.rows), len(entries))
		}
	})
}
