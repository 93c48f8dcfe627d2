package search

import (
	"slices"

	"github.com/espalier-nas/espalier/predictor"
	"github.com/espalier-nas/espalier/search/report"
	"github.com/espalier-nas/espalier/supernet/space"
)

// levels of the central intervals whose coverage is told.
var coverageLevels = []float64{0.5, 0.8, 0.9, 0.95}

const (
	// curveFolds of the learning curve.
	curveFolds = 4
	// leastLearnt examples are worth learning from.
	leastLearnt = 6
)

// predictorChecks tells how good predictions are where the search went, how far their
// intervals hold, and what fewer samples would have done; nil without a predictor.
func (r *Run) predictorChecks(out *outcome) (*report.Predicted, error) {
	if out.model == nil {
		return nil, nil
	}
	p := &report.Predicted{}
	samples, _ := r.said(out, 0, out.first)
	picks, calibrated := r.said(out, out.first, len(out.samples))
	if len(picks.Truth) >= 2 {
		p.Picks, p.Calibrated = r.evaluatePredictions(picks.Mean, picks.Std, picks.Truth), r.evaluatePredictions(calibrated.Mean, calibrated.Std, picks.Truth)
	}
	within := func(h predictor.HeldOut, level float64) float64 {
		return predictor.Coverage(h.Mean, h.Std, h.Truth, level)
	}
	for _, level := range coverageLevels {
		p.Coverage = append(p.Coverage, report.Coverage{Level: level, Samples: within(samples, level), Picks: within(picks, level), Calibrated: within(calibrated, level)})
	}
	var err error
	p.Curve, err = r.learningCurve(out)
	return p, err
}

// said returns what was said of some of the samples before they were learnt from, and the
// same after calibration.
func (r *Run) said(out *outcome, from, to int) (plain, calibrated predictor.HeldOut) {
	for _, t := range out.samples[from:to] {
		s, truth := out.predicted[t.Arch], r.target(t)
		plain = predictor.HeldOut{Mean: append(plain.Mean, s.mean), Std: append(plain.Std, s.std), Truth: append(plain.Truth, truth)}
		calibrated = predictor.HeldOut{Mean: append(calibrated.Mean, s.calibrated), Std: append(calibrated.Std, s.deviation), Truth: append(calibrated.Truth, truth)}
	}
	return plain, calibrated
}

// learningCurve tells how good the predictor is with a quarter and a half of the first
// samples, and with what the cross-validation leaves of all.
func (r *Run) learningCurve(out *outcome) ([]predictor.CurvePoint, error) {
	n := out.first
	archs := make([]space.Arch, n)
	for i, t := range out.samples[:n] {
		archs[i] = t.Arch
	}
	if _, err := r.newPredictor(); err != nil {
		return nil, err
	}
	fresh := func() predictor.Predictor {
		p, err := r.newPredictor()
		if err != nil {
			panic("search: the predictor's inputs have changed")
		}
		return p
	}
	sizes := slices.DeleteFunc([]int{n / 4, n / 2}, func(n int) bool { return n < leastLearnt })
	curve, err := predictor.LearningCurve(fresh, archs, r.targets(out.samples[:n]), sizes, min(curveFolds, n), r.cfg.Seed)
	if err != nil {
		return nil, err
	}
	for _, s := range out.model.standings {
		if s.Model == r.usedModel() {
			curve = append(curve, predictor.CurvePoint{Learnt: n - n/min(r.cfg.Predictor.Folds, n), Report: s.Report})
		}
	}
	return curve, nil
}
