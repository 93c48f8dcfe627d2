package search

import (
	"context"
	"math"
	"slices"

	"github.com/espalier-nas/espalier/search/config"
	"github.com/espalier-nas/espalier/search/rundir"
)

// promoteToLast keeps those candidates of each arm that train on the last rung, by
// what they can be expected to reach there. A slow network gets fewer steps than a
// fast one, and may end below it for that.
func (l *ladder) promoteToLast(ctx context.Context, networks int) error {
	on := l.all()
	steps, err := l.outlook(ctx, on, networks)
	if err != nil {
		return err
	}
	law := l.law(on)
	expected := make(map[*finished]float64)
	for i, f := range on {
		expected[f] = -law.after(l.wrong(f.last()), 1+float64(steps[i])/float64(f.steps()))
	}
	doubt := l.doubt(on, law)
	pick := func(all []place, n int) []int { return covering(all, n, doubt) }
	for _, a := range l.arms {
		a.promote(pick, networks, func(f *finished) float64 { return expected[f] })
	}
	return nil
}

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

// powerLaw tells how what is wrong with a network, its loss or its share of errors,
// falls as its steps grow: what is above a floor falls with a power of them.
type powerLaw struct{ floor, exponent float64 }

// floorShare of the least loss that any candidate has shown stays, however long
// one trains: a guess, without which small networks are expected to learn for ever.
const floorShare = 0.5

// law returns the law that the rungs so far have shown, with the median of the
// exponents of all candidates.
func (l *ladder) law(on []*finished) powerLaw {
	least := math.Inf(1)
	for _, f := range on {
		least = min(least, l.wrong(f.last()))
	}
	law := powerLaw{floor: floorShare * least}
	var all []float64
	for _, f := range on {
		first, last := l.wrong(f.rungs[0])-law.floor, l.wrong(f.last())-law.floor
		if rise := math.Log(float64(f.steps()) / float64(f.rungs[0].Steps)); rise > 0 && first > 0 && last > 0 {
			all = append(all, math.Log(first/last)/rise)
		}
	}
	if len(all) > 0 {
		slices.Sort(all)
		law.exponent = max(0, all[len(all)/2])
	}
	return law
}

// doubt returns how far the law was off between the rungs so far, as a root mean
// square: by about as much it can be expected to be off on the last one.
func (l *ladder) doubt(on []*finished, law powerLaw) float64 {
	sum := 0.0
	for _, f := range on {
		off := l.wrong(f.last()) - law.after(l.wrong(f.rungs[0]), float64(f.steps())/float64(f.rungs[0].Steps))
		sum += off * off
	}
	return math.Sqrt(sum / float64(max(1, len(on))))
}

// after returns what is left of wrong when the steps have grown by a factor.
func (p powerLaw) after(wrong, factor float64) float64 {
	return p.floor + (wrong-p.floor)*math.Pow(factor, -p.exponent)
}

// wrong returns what a rung left wrong: the loss, or the share of errors.
func (l *ladder) wrong(g rundir.Rung) float64 {
	if l.r.cfg.Search.By == config.ByAccuracy {
		return 1 - g.Accuracy
	}
	return g.Loss
}
