package supernet

import (
	"context"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/espalier-nas/espalier/supernet/data"
	"github.com/espalier-nas/espalier/supernet/space"
)

// A training whose length changes goes through the rest of its schedule in the rest of its
// steps: the rate falls to its end from where it stands, whichever way the length changes.
func TestReplanSpreadsTheRate(t *testing.T) {
	o := trainOptions
	o.Steps, o.Warmup, o.Schedule, o.LR, o.MinLR, o.Average = 40, 0, ScheduleLinear, 0.01, 0, 0
	tr := trainer(t, exec(t, 1), smallChain(t), narrowOf(t), o)
	var rates []float64
	follow := func(p Progress) error {
		rates = append(rates, p.LR)
		return nil
	}
	for _, c := range []Replan{{10, 20}, {15, 35}} {
		if err := tr.Run(context.Background(), c.At, follow); err != nil {
			t.Fatal(err)
		}
		if err := tr.Replan(c.Steps); err != nil {
			t.Fatal(err)
		}
	}
	if err := tr.Run(context.Background(), 1000, follow); err != nil {
		t.Fatal(err)
	}
	if len(rates) != 35 || tr.Steps() != 35 {
		t.Fatalf("%d steps of %d; want 35", len(rates), tr.Steps())
	}
	for i, lr := range rates {
		planned := float64(i) // of 40 as planned: 10 of 10, then 15 in 5, then the last 15 in 20
		switch {
		case i >= 15:
			planned = 25 + float64(i-15)*15/20
		case i >= 10:
			planned = 10 + float64(i-10)*30/10
		}
		if want := 0.01 * (40 - math.Floor(planned)) / 40; math.Abs(lr-want) > 1e-12 {
			t.Errorf("rate of step %d is %v; want %v, that of planned step %v", i, lr, want, planned)
		}
	}
	if err := tr.Replan(35); err == nil || !strings.Contains(err.Error(), "35 done") {
		t.Errorf("as many steps as are done: %v; want an error", err)
	}
}

func narrowOf(t *testing.T) Single { return Single{smallChain(t).Extremes().Narrow} }

// Plain passes at the end keep their part of what is left.
func TestReplanKeepsPlainPasses(t *testing.T) {
	o := trainOptions
	o.Batch, o.Steps, o.Plain, o.Augment = 6, 100, 4, data.Augment{Crop: 2} // 10 steps an epoch: plain from epoch 6 on
	for _, c := range []struct {
		changes []Replan
		want    int
	}{
		{nil, 6},
		{[]Replan{{20, 60}}, 4},           // 40 planned steps in 20: until step 40
		{[]Replan{{20, 180}}, 10},         // in 80: until step 100
		{[]Replan{{20, 60}, {50, 55}}, 4}, // plain by then
		{[]Replan{{70, 75}}, 6},
		{[]Replan{{5, 13}, {6, 106}}, 5}, // until step 9, which is within the first epoch: plain; then until step 57
	} {
		tr := trainer(t, exec(t, 1), smallChain(t), narrowOf(t), o)
		for _, r := range c.changes {
			tr.replan(r)
		}
		if tr.varied.Until != c.want || tr.varied.Crop != 2 {
			t.Errorf("after %v pictures are varied as %+v; want until epoch %d", c.changes, tr.varied, c.want)
		}
	}
}

// A checkpoint keeps the changes; one from before a change goes on as planned until it is made
// again.
func TestReplansResume(t *testing.T) {
	own, err := space.NewFixed(smallChain(t).Plan(smallChain(t).Extremes().Largest))
	if err != nil {
		t.Fatal(err)
	}
	o := muonOptions()
	o.Steps, o.Small, o.Plain, o.Augment = 12, 0.5, 1, data.Augment{Crop: 2}
	begin := func() *Trainer { return trainer(t, exec(t, 1), own, Single{own.Arch()}, o) }
	replan := func(tr *Trainer) {
		run(t, tr, 5)
		if err := tr.Replan(8); err != nil {
			t.Fatal(err)
		}
	}
	whole := begin()
	replan(whole)
	run(t, whole, 8)
	for stop := range 8 {
		first := begin()
		if stop >= 5 {
			replan(first)
		}
		run(t, first, stop)
		path := filepath.Join(t.TempDir(), "network.msgpack")
		if err := first.Save(path, nil); err != nil {
			t.Fatal(err)
		}
		second := begin()
		if _, err := second.Load(path); err != nil {
			t.Fatal(err)
		}
		if stop < 5 {
			replan(second)
		}
		run(t, second, second.Steps())
		if second.Steps() != 8 || second.net.Hash() != whole.net.Hash() {
			t.Errorf("stopped after %d steps: %d in all, weights equal: %v", stop, second.Steps(), second.net.Hash() == whole.net.Hash())
		}
	}
	straight := begin()
	run(t, straight, 8)
	if straight.net.Hash() == whole.net.Hash() {
		t.Error("a change of length changes nothing")
	}
}

func TestReplansOfFilesAreChecked(t *testing.T) {
	for _, c := range []struct {
		all  []Replan
		done int
		ok   bool
	}{
		{nil, 10, true},
		{nil, 11, false},
		{nil, -1, false},
		{[]Replan{{3, 6}, {5, 9}}, 9, true},
		{[]Replan{{3, 6}, {5, 9}}, 10, false},
		{[]Replan{{5, 9}, {3, 6}}, 6, false}, // out of order
		{[]Replan{{5, 9}}, 4, false},         // not yet made
		{[]Replan{{5, 5}}, 5, false},         // nothing left
		{[]Replan{{10, 12}}, 11, false},      // after the end
		{[]Replan{{-1, 12}}, 11, false},
	} {
		if err := checkReplans(c.all, 10, c.done); (err == nil) != c.ok {
			t.Errorf("%v with %d of 10 done: %v", c.all, c.done, err)
		}
	}
}
