package latency

import (
	"fmt"
	"slices"

	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/predictor"
	"github.com/espalier-nas/espalier/supernet/space"
)

// leastNetworks is how many whole networks the model needs, to learn and to be
// checked.
const leastNetworks = 10

// fit learns the correction of the layer sums on the random networks. The error
// is measured first, with a model that has not seen a share of them.
func (l *Model) fit(seed uint64, holdout float64) error {
	archs := l.random
	if len(archs) < leastNetworks {
		return fmt.Errorf("%s: networks: %d random ones were measured; want at least %d", l.path, len(archs), leastNetworks)
	}
	y := make([]float64, len(archs))
	all := make([]int, len(archs))
	for i, a := range archs {
		y[i], all[i] = l.timed[a].Median, i
	}
	train, test := predictor.HoldOut(archs, y, holdout, seed)
	blind, err := l.fitted(archs, y, train, seed)
	if err != nil {
		return err
	}
	truth := l.perImage(pick(y, test))
	pred, std := blind.Predict(pick(archs, test))
	pred, std = l.perImage(pred), l.perImage(std)
	l.Report = predictor.Evaluate(pred, truth, seed)
	l.Report.Cover90 = predictor.Coverage(pred, std, truth, 0.9)
	l.stretch, l.Reliance = predictor.Calibrate(pred, std, truth).Factor(), predictor.Rely(pred, std, truth)
	l.model, err = l.fitted(archs, y, all, seed)
	return err
}

// perImage divides seconds of passes by their images, in place.
func (l *Model) perImage(passes []float64) []float64 {
	for i := range passes {
		passes[i] /= float64(l.batch)
	}
	return passes
}

func (l *Model) fitted(archs []space.Arch, y []float64, use []int, seed uint64) (*predictor.Latency, error) {
	m, err := predictor.NewLatency(l.family.Plan, l.table.Lookup, predictor.FamilyInputs(l.family), predictor.Options{Seed: seed})
	if err != nil {
		return nil, err
	}
	return m, m.Fit(pick(archs, use), pick(y, use))
}

// Learnt reports whether the model of the latency that counts has learnt from an architecture.
func (l *Model) Learnt(a space.Arch) bool {
	if l.probes != nil {
		return l.probes.learnt[a]
	}
	return slices.Contains(l.random, a)
}

func pick[T any](all []T, at []int) []T {
	out := make([]T, len(at))
	for i, k := range at {
		out[i] = all[k]
	}
	return out
}

// Cost returns all that an architecture costs, with its predicted latency and energy on the
// runtime that counts.
func (l *Model) Cost(a space.Arch) (controller.Cost, error) {
	c, err := l.Rest(a)
	if err != nil {
		return c, err
	}
	if l.probes == nil {
		c.Latency, err = l.Predict(a)
		return c, err
	}
	if err := l.know(a); err != nil {
		return c, err
	}
	r := l.probes.predict(a)
	c.Latency, c.Energy = r.Seconds, r.Joules
	return c, nil
}

// PlanCost returns the costs that follow from a plan alone, but for the size of its file.
func PlanCost(p space.Plan) controller.Cost {
	return controller.Cost{FLOPs: p.FLOPs(), Params: p.Params(), Memory: p.PeakActivations()}
}

// Predict returns the latency of an architecture, seconds per image, as this program's own
// measurements let expect.
func (l *Model) Predict(a space.Arch) (float64, error) {
	if err := l.know(a); err != nil {
		return 0, err
	}
	mean, _ := l.model.Predict([]space.Arch{a})
	return mean[0] / float64(l.batch), nil
}

// know completes the table by the layers that an architecture has and it lacks: they are
// measured first or, after a probing of bounded time or for another machine, estimated; and kept.
func (l *Model) know(a space.Arch) error {
	_, missing := l.model.Lookup(a)
	if len(missing) == 0 {
		return nil
	}
	if err := l.complete(missing); err != nil {
		return err
	}
	return l.save()
}

// complete adds layers to the table: a search may ask for thousands, which a
// bounded time does not allow to measure, and those of another machine cannot be.
func (l *Model) complete(layers []space.Layer) error {
	if l.Probed == nil && l.Local() {
		return l.table.Measure(l.ctx, layers)
	}
	l.table.Estimate(layers)
	return nil
}
