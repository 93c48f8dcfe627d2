package search

import (
	"math"
	"path/filepath"
	"testing"

	"github.com/espalier-nas/espalier/internal/stream"
	"github.com/espalier-nas/espalier/search/truth"
	"github.com/espalier-nas/espalier/supernet"
	"github.com/espalier-nas/espalier/supernet/space"
)

// A row of a table is what the same network, trained with the options of train spelt out,
// gets right on the validation split and on the test split.
func TestTablesAreRecomputed(t *testing.T) {
	w := newWorld(t, asPredicted)
	o := w.speltAlone()
	r := w.open("run")
	table, err := r.OpenTable(filepath.Join(t.TempDir(), "table.csv"), TableOptions{Steps: 6})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Tabulate(t.Context(), table, func(int, int, truth.TableRow) {}); err != nil {
		t.Fatal(err)
	}
	if want := int(w.family.Space().Size()); len(table.Rows) != want || !table.Done() {
		t.Fatalf("the table has %d rows; want %d", len(table.Rows), want)
	}
	o.Steps, o.Seed = 6, stream.New(11, "training alone", 1).Uint64()
	norm, differ := plainNorm(r.splits.Train), false
	i := 0
	for a := range w.family.Space().Enumerate {
		row := table.Rows[i]
		differ = differ || row.Val.Accuracy != row.Test.Accuracy
		if i++; i%8 != 1 {
			continue
		}
		own, err := space.NewFixed(w.family.Plan(a))
		if err != nil {
			t.Fatal(err)
		}
		net := trainAnew(t, r, supernet.New(own, o.Seed), supernet.Single{Arch: own.Arch()}, o, nil)
		by, err := r.evaluator(net, r.splits.Val)
		if err != nil {
			t.Fatal(err)
		}
		n, err := by.Deploy(t.Context(), own.Arch(), r.label(a))
		if err != nil {
			t.Fatal(err)
		}
		x := exec(t, string(r.cfg.Kernel))
		val, test := right(t, x, n, norm, r.splits.Val, r.splits.Val.Len()), right(t, x, n, norm, r.splits.Test, r.splits.Test.Len())
		if math.Abs(val-row.Val.Accuracy) > 1e-9 || math.Abs(test-row.Test.Accuracy) > 1e-9 {
			t.Errorf("%s: validation %v, test %v; want %v and %v", row.Arch, row.Val.Accuracy, row.Test.Accuracy, val, test)
		}
	}
	if !differ {
		t.Error("no network has another accuracy on the test split")
	}
}
