package run

import (
	"math"
	"testing"

	"github.com/espalier-nas/espalier/cmd/espalier/internal/rundir"
	"github.com/espalier-nas/espalier/predictor"
	"github.com/espalier-nas/espalier/supernet/space"
)

// The predicted accuracy of a network comes from a model that had not learnt from
// it: for a first sample from the other folds, for a pick of a round from the
// samples and the rounds before. The models are fitted again from the trials.
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
		at := 0
		for judged[at].Arch != n.Arch {
			at++
		}
		var learnt []rundir.Trial
		for i, x := range judged {
			if judged[at].Arm == armSample && x.Arm == armSample && i%3 != at%3 || judged[at].Arm != armSample && i < at && x.Arm != judged[at].Arm {
				learnt = append(learnt, x)
			}
		}
		if judged[at].Arm == armSample {
			samples++
		}
		want := w.predict(learnt, n.Arch)
		if n.Predicted == nil || math.Abs(*n.Predicted-want) > 1e-9 {
			t.Errorf("%s, judged as %s: predicted %v; want %v", n.Name, judged[at].Arm, *n.Predicted, want)
		}
	}
	return samples, len(s.report.Pareto) - samples
}

// predict fits a model to trials and asks it for one architecture.
func (w *world) predict(learnt []rundir.Trial, arch string) float64 {
	w.t.Helper()
	m, err := predictor.New(w.cfg.Predictor.Model, predictor.FamilyInputs(w.family), predictor.Options{Seed: w.cfg.Seed, Ranks: w.cfg.Predictor.Ranks})
	if err != nil {
		w.t.Fatal(err)
	}
	var archs []space.Arch
	var y []float64
	for _, x := range learnt {
		archs, y = append(archs, w.arch(x.Arch)), append(y, x.Accuracy)
	}
	if err := m.Fit(archs, y); err != nil {
		w.t.Fatal(err)
	}
	mean, _ := m.Predict([]space.Arch{w.arch(arch)})
	return mean[0]
}
