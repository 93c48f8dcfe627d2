package search

import (
	"slices"
	"testing"

	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/predictor"
	"github.com/espalier-nas/espalier/supernet/space"
)

// told is a predictor that says what it was told.
type told map[space.Arch][2]float64 // mean and deviation

// Fit implements predictor.Predictor.
func (told) Fit([]space.Arch, []float64) error { return nil }

// Predict implements predictor.Predictor.
func (p told) Predict(archs []space.Arch) (mean, std []float64) {
	for _, a := range archs {
		mean, std = append(mean, p[a][0]), append(std, p[a][1])
	}
	return mean, std
}

// Of each slot of latency that is picked whose upper bound is highest: doubt is
// worth a look, and a fast one does not have to beat the slow ones.
func TestPicksAreTheHopefulOfEachSlot(t *testing.T) {
	w := newWorld(t, asPredicted)
	r := &Run{cfg: w.cfg, family: w.family}
	r.cfg.Search.Picks = 2
	said := [][3]float64{ // latency, mean, deviation
		{1, 0.30, 0.01},
		{1.2, 0.28, 0.05},
		{1.1, 0.31, 0},
		{4, 0.80, 0.01},
		{5, 0.78, 0.05},
		{4.5, 0.81, 0},
	}
	model, i := told{}, 0
	var trials []controller.Trial
	for a := range w.family.Space().Enumerate {
		if i == len(said) {
			break
		}
		trials = append(trials, controller.Trial{Arch: a, Cost: controller.Cost{Latency: said[i][0]}})
		model[a] = [2]float64{said[i][1], said[i][2]}
		i++
	}
	got := r.pick(&accuracyModel{model: model, calibration: predictor.Calibrate(nil, nil, nil)}, trials)
	if len(got) != 2 || !slices.Contains(got, trials[1].Arch) || !slices.Contains(got, trials[4].Arch) {
		t.Errorf("picks %v of %v; want the second and the fifth", got, trials)
	}
	heavy := &sized{slope: 100, flops: func(a space.Arch) int64 {
		if a == trials[2].Arch || a == trials[3].Arch {
			return 1000
		}
		return 10
	}}
	got = r.pick(&accuracyModel{model: model, calibration: predictor.Calibrate(nil, nil, nil), sized: heavy}, trials)
	if len(got) != 2 || !slices.Contains(got, trials[2].Arch) || !slices.Contains(got, trials[3].Arch) {
		t.Errorf("picks %v of %v; want the third and the fourth, which are much larger", got, trials)
	}
}
