package search

import (
	"bytes"
	"log/slog"
	"math"
	"reflect"
	"regexp"
	"testing"
	"time"

	"github.com/espalier-nas/espalier/search/config"
)

// ticking is a clock that goes on by so much whenever it is looked at.
func ticking(by time.Duration) func() time.Time {
	now := time.Unix(0, 0)
	return func() time.Time {
		now = now.Add(by)
		return now
	}
}

// askedFor puts what a search does by default in place of the small one of tests.
func (w *world) askedFor() {
	asked := config.Default()
	w.cfg.Evaluate, w.cfg.Predictor, w.cfg.Search = asked.Evaluate, asked.Predictor, asked.Search
	w.cfg.Train.Steps = 0
}

// Eight folds of 84 of 96 examples for all models, then fits on 96, 120, 144, 168 and 192, counted in fits on 24.
func TestFitsOfASearch(t *testing.T) {
	c := config.Default()
	c.Predictor.Samples, c.Predictor.Folds, c.Search.Rounds, c.Search.Picks = 96, 8, 4, 24
	if got := allFits(c); math.Abs(got-137.884799) > 1e-5 {
		t.Errorf("as many as %v fits on 24 examples; want 137.884799", got)
	}
	if c.Predictor.Prior = "earlier"; math.Abs(allFits(c)-137.884799-52.383203) > 1e-5 {
		t.Errorf("as many as %v with an earlier run; want eight fits on 84 examples more, 52.383203", allFits(c))
	}
	if c.Search.Score = config.ScoreSupernet; allFits(c) != 0 {
		t.Errorf("%v fits without a predictor; want none", allFits(c))
	}
}

// A predictor whose fits take too long for the budget learns from fewer subnets, at least from those that
// a search needs; the folder keeps that, apart from what was asked for.
func TestPredictingKeepsToItsShare(t *testing.T) {
	for _, c := range []struct {
		budget  time.Duration
		samples int // at least and at most
		most    int
	}{{time.Hour, 96, 96}, {20 * time.Second, 30, 60}, {time.Second, leastSamples, leastSamples}} {
		w := newWorld(t, asPredicted)
		w.askedFor()
		w.cfg.Budget = c.budget
		r := w.open("run")
		before := r.cfg
		r.now = ticking(40 * time.Millisecond)
		fit, err := r.fitPredicting()
		if err != nil {
			t.Fatal(err)
		}
		if fit != 40*time.Millisecond {
			t.Errorf("%v: a fit takes %v; want 40ms", c.budget, fit)
		}
		if n := r.cfg.Predictor.Samples; n < c.samples || n > c.most {
			t.Errorf("%v: %d samples; want %d to %d", c.budget, n, c.samples, c.most)
		}
		takes, may := allFits(r.cfg)*fit.Seconds(), predictShare*c.budget.Seconds()
		if r.cfg.Predictor.Samples > leastSamples && (takes > 1.05*may || c.samples < 96 && takes < may/2) {
			t.Errorf("%v: fits take %.2f of %.2f s", c.budget, takes, may)
		}
		now, err := FolderConfig(r.dir)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(now.Predictor, r.cfg.Predictor) || now.Search.Picks != r.cfg.Search.Picks {
			t.Errorf("%v: the folder has %+v, %d picks; want %+v, %d", c.budget, now.Predictor, now.Search.Picks, r.cfg.Predictor, r.cfg.Search.Picks)
		}
		if now.Forget(); !reflect.DeepEqual(now.Predictor, before.Predictor) || now.Search.Picks != before.Search.Picks {
			t.Errorf("%v: %+v, %d picks are kept as asked for; want %+v, %d", c.budget, now.Predictor, now.Search.Picks, before.Predictor, before.Search.Picks)
		}
	}
}

// What the budget is divided into is the budget: the fits of the predictor are a part of their own.
func TestPredictingHasItsPartOfTheBudget(t *testing.T) {
	w := newWorld(t, asPredicted)
	w.askedFor()
	w.cfg.Budget = 10 * time.Minute
	r := w.open("run")
	var log bytes.Buffer
	r.monitor.Log = slog.New(slog.NewTextHandler(&log, nil))
	r.now = ticking(40 * time.Millisecond)
	if _, err := r.affordable(t.Context()); err != nil {
		t.Fatal(err)
	}
	// The clock ticks once for each subnet, and at the end; an image takes whole nanoseconds.
	timed := timedSubnets * float64(r.cfg.Evaluate.Calibration+r.comparedOn().Len()) // images
	if took := r.state.Image * timed; math.Abs(took-(timedSubnets+1)*0.04) > 1e-4 {
		t.Errorf("evaluating %v images is kept to have taken %v s; want %v", timed, took, (timedSubnets+1)*0.04)
	}
	line := regexp.MustCompile(`msg=budget of=(\S+) "so far"=(\S+) training=(\S+) evaluating=(\S+) predicting=(\S+) finishing=(\S+) `).FindStringSubmatch(log.String())
	if line == nil {
		t.Fatalf("no line about the budget in\n%s", log.String())
	}
	var parts []time.Duration
	sum := time.Duration((checkShare + endShare) * float64(w.cfg.Budget))
	for _, text := range line[2:] {
		d, err := time.ParseDuration(text)
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, d)
		sum += d
	}
	if d := (sum - w.cfg.Budget).Seconds(); math.Abs(d) > 0.5 || math.Abs(parts[3].Seconds()-137.885*0.04) > 0.1 {
		t.Errorf("%s\nadds up to %v with what is kept for the end; want %v, and 5.5s for predicting", line[0], sum, w.cfg.Budget)
	}
}
