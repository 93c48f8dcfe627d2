package run

import (
	"math"
	"slices"
	"testing"

	"github.com/espalier-nas/espalier/cmd/espalier/internal/rundir"
	"github.com/espalier-nas/espalier/predictor"
	"github.com/espalier-nas/espalier/supernet/space"
)

// The predicted accuracy of a network comes from a model that had not learnt from
// it: for a first sample from the other folds of the cross-validation, for a pick of
// a round from the samples and the rounds before. The models are fitted again from the trials.
func TestPredictionsComeBeforeTheScores(t *testing.T) {
	samples, picks := 0, 0
	seeds(t, func(seed uint64) bool {
		a, b := predictionsComeBeforeTheScores(t, seed)
		samples, picks = samples+a, picks+b
		return samples > 0 && picks > 0
	})
}

// predictionsComeBeforeTheScores checks one search and returns how many of its
// networks are first samples and how many were picked in a round.
func predictionsComeBeforeTheScores(t *testing.T, seed uint64) (samples, picks int) {
	w := newWorld(t, asPredicted)
	w.cfg.Seed = seed
	s := w.search("run")
	var judged []rundir.Trial
	for _, x := range s.trials {
		if kind := armKind(x.Arm); kind == armSample || kind == armRound {
			judged = append(judged, x)
		}
	}
	for _, n := range s.report.Pareto {
		at := slices.IndexFunc(judged, func(x rundir.Trial) bool { return x.Arch == n.Arch })
		var want float64
		switch {
		case at < 0: // of the random arm: the last model has never seen it
			want = w.predict(judged, n.Arch)
		case judged[at].Arm == armSample:
			samples++
			want = w.heldOut(judged[:w.cfg.Predictor.Samples], at)
		default:
			picks++
			first := slices.IndexFunc(judged, func(x rundir.Trial) bool { return x.Arm == judged[at].Arm })
			want = w.predict(judged[:first], n.Arch)
		}
		if n.Predicted == nil || math.Abs(*n.Predicted-want) > 1e-9 {
			t.Errorf("%s: predicted %v; want %v", n.Name, *n.Predicted, want)
		}
	}
	return samples, picks
}

// heldOut returns what the folds without sample at say of it.
func (w *world) heldOut(all []rundir.Trial, at int) float64 {
	w.t.Helper()
	models, err := predictor.Models(predictor.FamilyInputs(w.family), predictor.Options{Seed: w.cfg.Seed, Ranks: w.cfg.Predictor.Ranks})
	if err != nil {
		w.t.Fatal(err)
	}
	archs, y := w.learnt(all)
	standings, err := predictor.Compare(models, archs, y, w.cfg.Predictor.Folds, w.cfg.Seed)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, s := range standings {
		if s.Model == w.cfg.Predictor.Model {
			return s.HeldOut.Mean[at]
		}
	}
	w.t.Fatalf("no standing of %s", w.cfg.Predictor.Model)
	return 0
}

// learnt returns architectures and accuracies of trials.
func (w *world) learnt(all []rundir.Trial) (archs []space.Arch, y []float64) {
	for _, x := range all {
		archs, y = append(archs, w.arch(x.Arch)), append(y, x.Accuracy)
	}
	return archs, y
}

// predict fits a model to trials and asks it for one architecture.
func (w *world) predict(learnt []rundir.Trial, arch string) float64 {
	w.t.Helper()
	m, err := predictor.New(w.cfg.Predictor.Model, predictor.FamilyInputs(w.family), predictor.Options{Seed: w.cfg.Seed, Ranks: w.cfg.Predictor.Ranks})
	if err != nil {
		w.t.Fatal(err)
	}
	archs, y := w.learnt(learnt)
	if err := m.Fit(archs, y); err != nil {
		w.t.Fatal(err)
	}
	mean, _ := m.Predict([]space.Arch{w.arch(arch)})
	return mean[0]
}
