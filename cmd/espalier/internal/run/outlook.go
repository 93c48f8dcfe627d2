package run

import (
	"context"
	"math"
	"slices"
)

// promoteToLast keeps those candidates of each arm that train on the last rung:
// of the Pareto front of what they can be expected to reach there. A slow
// network gets fewer steps than a fast one, and may end below it for that.
func (l *ladder) promoteToLast(ctx context.Context, networks int) error {
	on := l.all()
	steps, err := l.outlook(ctx, on, networks)
	if err != nil {
		return err
	}
	gain := l.gain(on)
	expected := make(map[*finished]float64)
	for i, f := range on {
		expected[f] = l.worth(f) + gain*math.Log(1+float64(steps[i])/float64(f.steps()))
	}
	pick := func(all []place, slots, n int) []int { return layered(all, slots, n, leastLast) }
	for _, a := range l.arms {
		a.promote(pick, networks, networks, func(f *finished) float64 { return expected[f] })
	}
	return nil
}

// leastLast networks of an arm train on the last rung even if others are expected
// to beat them: expectations err.
const leastLast = 4

// outlook decides how many steps each candidate may expect on the last rung if so
// many networks like those at hand train there.
func (l *ladder) outlook(ctx context.Context, on []*finished, networks int) ([]int, error) {
	each, err := l.stepTimes(ctx, on)
	if err != nil {
		return nil, err
	}
	at := make(map[*finished]float64, len(on))
	for i, f := range on {
		at[f] = math.Pow(each[i], l.r.cfg.Finish.Power)
	}
	shares := l.shares(on, func(f *finished) float64 { return at[f] })
	span := (l.ends - l.r.spent()).Seconds() * float64(len(l.lanes.execs)) / float64(len(l.arms))
	steps := make([]int, len(on))
	for i := range on {
		steps[i], err = l.decide(func() (int, error) {
			if !l.r.budgeted() {
				return l.r.finishSteps(rungs - 1), nil
			}
			fewer := float64(len(on)) / float64(len(l.arms)*networks)
			return max(1, int(min(l.enough(), span*shares[i]*max(1, fewer)/each[i]))), nil
		})
		if err != nil {
			return nil, err
		}
	}
	return steps, nil
}

// gain returns by how much the worth of a candidate rises when its steps grow by
// a factor of e: the median of what the rungs have shown, at least 0.
func (l *ladder) gain(on []*finished) float64 {
	var all []float64
	for _, f := range on {
		first := f.rungs[0]
		if rise := math.Log(float64(f.steps()) / float64(first.Steps)); rise > 0 {
			all = append(all, (l.worth(f)-l.r.value(first.Accuracy, first.Loss))/rise)
		}
	}
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return max(0, all[len(all)/2])
}
