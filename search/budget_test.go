package search

import (
	"reflect"
	"testing"
	"time"
)

// What a search takes at least is what its budget is checked against later, of networks that are no dearer than the narrow
// one: the least steps of the supernet with finishing, the steps that are timed before, evaluating, and what is kept for the end.
// It decides nothing.
func TestLeastTimeOfASearch(t *testing.T) {
	r := newWorld(t, asPredicted).open("run")
	r.cfg.Budget, r.cfg.Predictor.Samples, r.cfg.Search.Picks = 100*time.Hour, 96, 24
	before := r.cfg
	flops, dearest, sum, n := r.flops(r.family.Extremes().Narrow), 0.0, 0.0, 0.0
	for a := range r.family.Space().Enumerate {
		if f := r.flops(a); f <= flops {
			sum, n = sum+float64(f)/float64(flops), n+1
			dearest = max(dearest, float64(f)/float64(flops))
		}
	}
	share := r.cheapest()
	if dearest != 1 || share <= 0 || share > 1.1*sum/n {
		t.Errorf("a step takes %v of the narrow network's; want no more than %v, the mean of %v networks that have no more operations", share, sum/n, n)
	}
	spent := r.spent()
	least, evaluating := r.leastTime(time.Second, 2*time.Second)
	c := r.cfg
	images := (96+c.Search.Rounds*24)*(c.Evaluate.Calibration+r.comparedOn().Len()) + c.Search.Top*(c.Evaluate.Calibration+r.splits.Val.Len())
	if c.Search.Random {
		images *= 2
	}
	wantEvaluation := share / 3 / float64(c.Train.Batch) * float64(images)
	want := spent.Seconds() + 2*(20/(1-c.Finish.Share)+15) + 3 + 0.04*360_000 + wantEvaluation
	if d := least.Seconds() - want; d < -0.001 || d > 1 || evaluating.Seconds() < wantEvaluation-0.01 || evaluating.Seconds() > wantEvaluation+0.01 {
		t.Errorf("at least %v, evaluating %v; want %v and %v seconds", least, evaluating, want, wantEvaluation)
	}
	r.cfg.Budget = time.Second
	if _, cut := r.leastTime(time.Second, time.Second); cut >= evaluating {
		t.Errorf("evaluating takes %v in a second as in 100 hours", cut)
	}
	if r.cfg.Budget = 100 * time.Hour; !reflect.DeepEqual(r.cfg, before) {
		t.Errorf("the configuration is another one:\n%+v\n%+v", r.cfg, before)
	}
}
