package search

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/predictor"
	"github.com/espalier-nas/espalier/search/latency"
	"github.com/espalier-nas/espalier/search/rundir"
	"github.com/espalier-nas/espalier/supernet/space"
)

// learnt returns a run whose predictor has learnt from 40 samples.
func learnt(t *testing.T) (*world, *Run, *latency.Model, *outcome) {
	w := newWorld(t, asPredicted)
	w.cfg.Search.Sweep, w.cfg.Predictor.Samples, w.cfg.Search.By = 1, 40, "loss"
	w.cfg.Search.Reward.Kind, w.cfg.Search.Reward.Target, w.cfg.Search.Reward.Weight = "soft", 50_000, -0.1
	r := w.trained("run")
	l, err := r.latencies(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	if err := r.openEvaluators(); err != nil {
		t.Fatal(err)
	}
	out := &outcome{}
	if out.model, err = r.learn(t.Context(), l, out); err != nil {
		t.Fatal(err)
	}
	return w, r, l, out
}

// A search begins with the best of what was evaluated within its limits, scored as
// its proposals are, and proposes none of them again.
func TestSearchBeginsWithWhatIsKnown(t *testing.T) {
	w, r, l, out := learnt(t)
	if len(out.samples) < 2*eliteSize-20 {
		t.Fatalf("%d samples; want more than a search begins with", len(out.samples))
	}
	limits := controller.Limits{FLOPs: out.samples[len(out.samples)/2].Cost.FLOPs}
	elite := r.elite(out.samples, r.inherited, limits)
	worst := elite[len(elite)-1].Reward
	reward := w.cfg.Search.Reward.Controller()
	for _, s := range out.samples {
		at := slices.IndexFunc(elite, func(e controller.Trial) bool { return e.Arch == s.Arch })
		value := reward.Value(r.inherited(s), s.Cost.Latency)
		switch {
		case at >= 0 && (s.Cost.FLOPs > limits.FLOPs || elite[at].Reward != value):
			t.Errorf("%+v is %+v among the elite; want a reward of %v and at most %d FLOPs", s, elite[at], value, limits.FLOPs)
		case at < 0 && s.Cost.FLOPs <= limits.FLOPs && value > worst:
			t.Errorf("reward %v is not among the elite, whose worst has %v", value, worst)
		}
	}
	if !slices.IsSortedFunc(elite, func(a, b controller.Trial) int { return sign(a.Reward > b.Reward) }) {
		t.Error("the best is not the first")
	}
	f, err := r.search(t.Context(), predicted(out.model.worth), l, out.samples, r.inherited, 0, r.cfg.Search.Rounds+1)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range r.elite(out.samples, r.inherited, r.limits()) {
		if slices.ContainsFunc(f.trials, func(x controller.Trial) bool { return x.Arch == e.Arch }) {
			t.Errorf("%s was known and is proposed again", r.family.Space().Format(e.Arch))
		}
	}
	all, err := r.explore(t.Context(), l, out)
	if err != nil {
		t.Fatal(err)
	}
	rounds := r.cfg.Search.Rounds
	if n, most := all.result.Evaluated, r.cfg.Search.Trials*rounds/(rounds+1); n > most {
		t.Errorf("%d proposals before the first rung; want at most %d, which leaves as many for the round after it as for each of the others", n, most)
	}
	for i, x := range f.trials {
		if all.trials[i].Arch != x.Arch {
			t.Fatalf("proposal %d of the first round is %v; want %v, as of a search that begins with these", i, all.trials[i], x)
		}
	}
}

// The round after the first rung begins with the best by what that rung lets expect, not
// by inherited scores.
func TestLastRoundBeginsWithWhatTheRungShowed(t *testing.T) {
	_, r, l, out := learnt(t)
	var done []*finished
	for i, s := range out.samples[:6] { // the better inherited, the worse on the rung
		done = append(done, &finished{candidate: candidate{Trial: s}, rungs: []rundir.Rung{{Loss: 3 - s.Loss, Accuracy: 0.1 * float64(i)}}})
	}
	m, err := r.fidelities(out, done)
	if err != nil {
		t.Fatal(err)
	}
	dear := func(archs []space.Arch) []float64 {
		mean, _ := m.Predict(archs)
		return mean
	}
	with := func(worth func(controller.Trial) float64) (archs []space.Arch) {
		f, err := r.search(t.Context(), predicted(dear), l, out.samples, worth, r.cfg.Search.Rounds, r.cfg.Search.AllRounds())
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range f.trials {
			archs = append(archs, x.Arch)
		}
		return archs
	}
	want, other := with(func(x controller.Trial) float64 { return dear([]space.Arch{x.Arch})[0] }), with(r.inherited)
	if err := r.exploreAgain(t.Context(), m, l, out); err != nil {
		t.Fatal(err)
	}
	var got []space.Arch
	for _, x := range out.search.trials {
		got = append(got, x.Arch)
	}
	if !slices.Equal(got, want) || slices.Equal(want, other) {
		t.Errorf("proposals are those of a search that begins with the best of the rung: %v, and others than of one that begins with the best inherited: %v; want both", slices.Equal(got, want), !slices.Equal(want, other))
	}
}

// evaluatedAlike finds all architectures equally good.
type evaluatedAlike struct{}

func (evaluatedAlike) Evaluate(_ context.Context, archs []space.Arch) ([]controller.Score, error) {
	return make([]controller.Score, len(archs)), nil
}

// A rate that grows does so over the evaluations of each search, which are its share of all.
func TestRatesGrowOverASearch(t *testing.T) {
	w := newWorld(t, asPredicted)
	w.cfg.Search.Strategy, w.cfg.Search.Sweep, w.cfg.Search.Trials, w.cfg.Search.Batch = "tunas", 1, 30, 2
	w.cfg.Search.Strategies.Tunas.Rate, w.cfg.Search.Strategies.Tunas.Growth = 0.01, 100
	r := w.open("run")
	l, err := r.latencies(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	f, err := r.search(t.Context(), evaluatedAlike{}, l, nil, nil, 1, 3)
	if err != nil {
		t.Fatal(err)
	}
	updates := f.health[0].updates
	first, last := updates[0].Rate, updates[len(updates)-1].Rate
	if want := 0.01 * math.Pow(100, 0.8); len(f.trials) != 10 || first != 0.01 || last < want-1e-12 || last > 1 {
		t.Errorf("%d evaluations at rates from %v to %v; want 10 from 0.01 to at least %v", len(f.trials), first, last, want)
	}
}

// Bayesian optimisation sees what networks compute: it proposes what the strategy proposes
// that is given the structure of this family, and not what it would propose without.
func TestStrategiesSeeStructure(t *testing.T) {
	w := newWorld(t, asPredicted)
	w.cfg.Search.Strategy = "bayes"
	r := w.open("run")
	own, err := r.strategy(3, controller.Limits{}, 100)
	if err != nil {
		t.Fatal(err)
	}
	o := w.cfg.Search.Strategies
	o.Seed = 3
	blind, err := controller.New("bayes", w.family.Space(), o)
	if err != nil {
		t.Fatal(err)
	}
	o.Features = predictor.FamilyInputs(w.family).Structure
	sees, err := controller.New("bayes", w.family.Space(), o)
	if err != nil {
		t.Fatal(err)
	}
	var same, other []space.Arch
	for round := range 4 {
		archs := own.Propose(12)
		same, other = sees.Propose(12), blind.Propose(12)
		if !slices.Equal(archs, same) {
			t.Fatalf("round %d: proposals %v; want %v", round, archs, same)
		}
		if !slices.Equal(archs, other) {
			return
		}
		for i, a := range archs {
			trial := []controller.Trial{{Index: 12*round + i, Arch: a, Reward: float64(w.family.Plan(a).FLOPs())}}
			own.Observe(trial)
			sees.Observe(trial)
			blind.Observe(trial)
		}
	}
	t.Error("structure changes nothing")
}
