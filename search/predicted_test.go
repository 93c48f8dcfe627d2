package search

import (
	"math"
	"slices"
	"testing"

	"github.com/espalier-nas/espalier/predictor"
	"github.com/espalier-nas/espalier/search/rundir"
	"github.com/espalier-nas/espalier/supernet/space"
)

// The predicted score of a network comes from a model that had not learnt from it:
// for a first sample from all other samples, as each has a fold of its own here;
// for a pick of a round from the samples and the rounds before; for what the
// search has not evaluated from all that it has. The models are fitted again from the
// trials.
func TestPredictionsComeBeforeTheScores(t *testing.T) {
	samples, picks := 0, 0
	seeds(t, func(seed uint64) bool {
		a, b := predictionsComeBeforeTheScores(t, seed)
		samples, picks = samples+a, picks+b
		return samples > 0 && picks > 0
	})
}

// predictionsComeBeforeTheScores checks one search and returns how many of its
// finished networks are first samples and how many were picked in a round.
func predictionsComeBeforeTheScores(t *testing.T, seed uint64) (samples, picks int) {
	w := newWorld(t, asPredicted)
	w.cfg.Seed, w.cfg.Predictor.Folds = seed, w.cfg.Predictor.Samples
	s := w.search("run")
	all := s.of(armSample, armRound)
	for _, n := range slices.Concat(s.report.Pareto, s.report.Others) {
		at := slices.IndexFunc(all, func(x rundir.Trial) bool { return x.Arch == n.Arch })
		learnt := all
		switch {
		case at >= 0 && all[at].Arm == armSample:
			learnt = slices.DeleteFunc(s.of(armSample), func(x rundir.Trial) bool { return x.Arch == n.Arch })
			samples++
		case at >= 0:
			learnt = all[:slices.IndexFunc(all, func(x rundir.Trial) bool { return x.Arm == all[at].Arm })]
			picks++
		}
		want := w.predict(learnt, n.Arch)
		if n.Predicted == nil || math.Abs(*n.Predicted-want) > 1e-9 {
			t.Errorf("%s, evaluated at %d of %d: predicted %v; want %v", n.Name, at, len(all), *n.Predicted, want)
		}
	}
	return samples, picks
}

// unfitted returns a predictor of the configured kind.
func (w *world) unfitted() predictor.Predictor {
	w.t.Helper()
	m, err := predictor.New(w.cfg.Predictor.Model, predictor.FamilyInputs(w.family), predictor.Options{Seed: w.cfg.Seed, Ranks: w.cfg.Predictor.Ranks})
	if err != nil {
		w.t.Fatal(err)
	}
	return m
}

// predict fits a model to trials and asks it for one architecture.
func (w *world) predict(learnt []rundir.Trial, arch string) float64 {
	w.t.Helper()
	m := w.unfitted()
	var archs []space.Arch
	var y []float64
	for _, x := range learnt {
		archs, y = append(archs, w.arch(x.Arch)), append(y, math.Exp(-x.Loss))
	}
	if err := m.Fit(archs, y); err != nil {
		w.t.Fatal(err)
	}
	mean, _ := m.Predict([]space.Arch{w.arch(arch)})
	return mean[0]
}
