package search

import (
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/espalier-nas/espalier/search/config"
	"github.com/espalier-nas/espalier/search/rundir"
	"github.com/espalier-nas/espalier/supernet"
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

// After everything else there must be time for 20 steps with their part of finishing, for a linear classifier, and for
// evaluating one network on each of three rungs and on two splits.
func TestLeastTimeAfterEvaluating(t *testing.T) {
	r := newWorld(t, asPredicted).open("run")
	r.cfg.Budget, r.cfg.Finish.Share, r.cfg.Evaluate.Calibration, r.cfg.Evaluate.Images = 100*time.Second, 0.75, 10, 20
	r.cfg.Search.Top = 100
	images := (3*(10+20)+10+r.splits.Val.Len())*r.exec.Workers() + netTest
	want := 20*4*time.Second + 5*time.Second + time.Duration(images)*time.Second
	if got := r.leastAfter(time.Second, time.Second); got != want {
		t.Errorf("%v; want %v, for %d images in all", got, want, images)
	}
}

// For the end are kept the shares of checks and of testing, or the time of the pictures that they take, each.
func TestTimeKeptForTheEnd(t *testing.T) {
	r := newWorld(t, asPredicted).open("run")
	r.cfg.Budget, r.cfg.Finish.Networks = 1000*time.Second, 3
	r.cfg.Predictor.Samples, r.cfg.Search.Rounds, r.cfg.Search.Picks, r.cfg.Evaluate.Calibration, r.cfg.Evaluate.Images = 10, 1, 2, 2, 3
	const checked, tested = 12, 3 * netTest // a fifth of 12 subnets on 5 pictures, and the test split thrice
	for image, want := range map[float64]float64{0: 20 + 20, 1e-6: 20 + 20, 0.5: 20 + 0.5*tested, 2: 2*checked + 2*tested} {
		if r.state.Image = image; math.Abs(r.ending().Seconds()-want) > 1e-6 {
			t.Errorf("%v seconds an image: %v are kept; want %v s", image, r.ending(), want)
		}
	}
}

// What a budget cuts is used by runs from the folder's document, which any run can go on with, and is kept
// apart from what was asked for: a run of another length plans with that.
func TestWhatABudgetCutsIsKeptApart(t *testing.T) {
	for _, score := range []string{config.ScorePredictor, config.ScoreSupernet} {
		w := newWorld(t, asPredicted)
		w.askedFor()
		w.cfg.Search.Score, w.cfg.Search.Sweep, w.cfg.Search.Trials, w.cfg.Search.Top = score, 60, 9000, 30
		w.cfg.Budget, w.cfg.Finish.Networks = time.Millisecond, 100
		r := w.open("run")
		before := r.cfg
		if _, _, err := r.fitEvaluation(t.Context(), supernet.New(r.family, 1)); err != nil {
			t.Fatal(err)
		}
		if r.cfg.Search.Trials >= 9000 || r.cfg.Predictor.Samples != leastSamples || score == config.ScorePredictor && r.cfg.Search.Top != leastTop {
			t.Fatalf("%s: in a millisecond %+v, %+v: nothing was cut", score, r.cfg.Search, r.cfg.Predictor)
		}
		l, err := r.latencies(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := r.reach(t.Context(), l); err != nil {
			t.Fatal(err)
		}
		if r.cfg.Finish.Networks != 1 {
			t.Fatalf("%s: in a millisecond %d networks are finished; want 1", score, r.cfg.Finish.Networks)
		}
		now, err := FolderConfig(r.dir)
		if err != nil {
			t.Fatalf("%s: the folder cannot be gone on with: %v", score, err)
		}
		if now.Search.Trials != r.cfg.Search.Trials || now.Finish.Networks != 1 || now.Evaluate != r.cfg.Evaluate {
			t.Errorf("%s: %s does not hold what was decided: %+v", score, rundir.Config, now)
		}
		for name, c := range map[string]*config.Config{"run": &r.cfg, "folder": &now} {
			c.Forget()
			if c.Evaluate.Images != 2000 || c.Evaluate.Calibration != 512 || !reflect.DeepEqual(c.Predictor, before.Predictor) || !reflect.DeepEqual(c.Search, before.Search) || c.Finish.Networks != 100 {
				t.Errorf("%s: what was asked for is not in the %s: %+v, %+v, %+v, %d networks", score, name, c.Evaluate, c.Predictor, c.Search, c.Finish.Networks)
			}
		}
	}
}
