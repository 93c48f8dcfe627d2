package supernet

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/espalier-nas/espalier/supernet/data"
	"github.com/espalier-nas/espalier/supernet/space"
)

// Figures of a table are what their definitions say.
func TestConfusionFigures(t *testing.T) {
	c := Confusion{{8, 2, 0}, {1, 3, 0}, {0, 0, 0}}
	if n, a, b, m := c.Count(), c.Accuracy(), c.Balanced(), c.Majority(); n != 14 || a != 11.0/14 || math.Abs(b-(0.8+0.75)/2) > 1e-15 || m != 10.0/14 {
		t.Errorf("%d pictures, accuracy %v, balanced %v, majority %v", n, a, b, m)
	}
	if w := c.Worst(5); !slices.Equal(w, []Confused{{0, 1, 2, 10}, {1, 0, 1, 4}}) {
		t.Errorf("confused %v", w)
	}
	if w := c.Worst(1); len(w) != 1 {
		t.Errorf("%d pairs; want 1", len(w))
	}
}

// What is counted is what the logits of each image say; scores are the same as without
// counting, of views and of networks.
func TestConfusionEqualsPlainLoops(t *testing.T) {
	f := smallChain(t)
	e := exec(t, 2)
	n := New(f, 3)
	v := evaluator(t, e, n)
	archs := []space.Arch{f.Extremes().Largest, f.Extremes().Smallest}
	plain, err := v.Evaluate(context.Background(), archs)
	if err != nil {
		t.Fatal(err)
	}
	scores, tables, err := v.EvaluateByClass(context.Background(), archs)
	if err != nil || !slices.Equal(plain, scores) {
		t.Fatalf("scores %v; want %v (%v)", scores, plain, err)
	}
	set := shapes(50, 2)
	for i, a := range archs {
		logits, err := v.Logits(context.Background(), a, set)
		if err != nil {
			t.Fatal(err)
		}
		want := countPlainly(set, logits)
		if !equalTables(tables[i], want) || math.Abs(want.Accuracy()-scores[i].Accuracy) > 1e-12 {
			t.Errorf("architecture %d: %v; want %v", i, tables[i], want)
		}
		w, err := v.Deploy(context.Background(), a, Label{Arch: "x", SpaceID: "x", Classes: set.Classes})
		if err != nil {
			t.Fatal(err)
		}
		score, table, err := w.EvaluateByClass(context.Background(), e, set, 7)
		if again, err2 := w.Score(context.Background(), e, set, 7); err != nil || err2 != nil || again != score || !equalTables(table, want) {
			t.Errorf("network %d: %v and %v; want %v and %v (%v, %v)", i, score, table, again, want, err, err2)
		}
		if right, err := w.Right(context.Background(), e, set, 7); err != nil || !slices.Equal(right, rightPlainly(set, logits)) {
			t.Errorf("network %d is right on %v; want %v (%v)", i, right, rightPlainly(set, logits), err)
		}
	}
}

func rightPlainly(s *data.Set, logits []float32) []bool {
	all := make([]bool, len(s.Labels))
	for i, l := range s.Labels {
		row := logits[3*i:][:3]
		all[i] = slices.Index(row, slices.Max(row)) == int(l)
	}
	return all
}

func countPlainly(s *data.Set, logits []float32) Confusion {
	c := Confusion{{0, 0, 0}, {0, 0, 0}, {0, 0, 0}}
	for i, l := range s.Labels {
		row := logits[3*i:][:3]
		c[l][slices.Index(row, slices.Max(row))]++
	}
	return c
}

func equalTables(a, b Confusion) bool {
	return slices.EqualFunc(a, b, func(x, y []int) bool { return slices.Equal(x, y) })
}
