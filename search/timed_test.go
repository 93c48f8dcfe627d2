package search

import (
	"math"
	"testing"
	"time"

	"github.com/espalier-nas/espalier/search/config"
	"github.com/espalier-nas/espalier/supernet"
)

// Steps are timed on whole pictures. What is returned is the mean of a training, of which those on
// small pictures take 0.6 as long.
func TestStepsAreTimedOnWholePictures(t *testing.T) {
	w := newWorld(t, asPredicted)
	r := w.open("run")
	a := w.family.Extremes().Smallest
	var timed, few, evaluating [2]float64
	for i, small := range []config.Amount{0, 0.5} {
		r.cfg.Train.Small = small
		net := r.fresh(a, 1)
		if o, cost := onWhole(r.aloneOptions(9), net); o.Small != 0 || cost != 1-0.4*float64(small) {
			t.Errorf("small for %v of the steps: timed with %v, a mean step takes %v", small, o.Small, cost)
		}
		if _, cost := onWhole(r.aloneOptions(9), r.net); cost != 1 {
			t.Errorf("small for %v of the steps: of shared weights a mean step takes %v; want 1", small, cost)
		}
		now := time.Unix(0, 0)
		r.now = func() time.Time { // a clock that goes on by as much whenever it is looked at
			now = now.Add(time.Second)
			return now
		}
		each, err := r.timeSteps(t.Context(), net, single(net), r.aloneOptions(manySteps), 0, 1, 4)
		if err != nil {
			t.Fatal(err)
		}
		timed[i] = each.Seconds()
		if few[i], err = r.timeFew(t.Context(), r.exec, a); err != nil {
			t.Fatal(err)
		}
		r.now = time.Now
		evaluating[i] = r.evaluating(r.splits.Val, 10)
	}
	if math.Abs(evaluating[1]-evaluating[0]/0.8) > 1e-6 || evaluating[0] == 0 {
		t.Errorf("evaluating takes as long as %v steps, with small pictures for half of them as %v; want 1/0.8 of it", evaluating[0], evaluating[1])
	}
	if math.Abs(timed[1]-0.8*timed[0]) > 1e-6 || math.Abs(few[1]-0.8*few[0]) > 1e-6 || timed[0] == 0 || few[0] == 0 {
		t.Errorf("mean steps take %v and %v s, with small pictures for half of them %v and %v; want 0.8 of it", timed[0], few[0], timed[1], few[1])
	}
}

// What is told to be left of a training is that of its trainer, in images.
func TestWhatIsLeftOfATrainingIsTold(t *testing.T) {
	w := newWorld(t, asPredicted)
	w.cfg.Train.Small = 0.5
	r := w.open("run")
	net := r.fresh(w.family.Extremes().Smallest, 1)
	tr, err := supernet.NewTrainer(r.exec, net, r.splits.Train, r.norm, single(net), r.aloneOptions(20))
	if err != nil {
		t.Fatal(err)
	}
	var told Status
	loop := trainLoop{trainer: tr, monitor: Monitor{Events: listening{&told}}}
	if err := tr.Run(t.Context(), 4, func(p supernet.Progress) error { loop.show(p); return nil }); err != nil {
		t.Fatal(err)
	}
	images := float64(r.cfg.Train.Batch)
	if want := (6 + 10/0.6) * images; math.Abs(told.Ahead-want) > 1e-6 || told.Done != 4*images || told.Total != 20*images {
		t.Errorf("after 4 steps of 20, the first half on small pictures: %+v; want %v images ahead", told, want)
	}
}

// listening keeps what was told last.
type listening struct{ last *Status }

func (l listening) Begin(string)    {}
func (l listening) Update(s Status) { *l.last = s }
func (l listening) End()            {}
