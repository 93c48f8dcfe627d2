package search

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"

	"github.com/espalier-nas/espalier/search/config"
	"github.com/espalier-nas/espalier/search/rundir"
	"github.com/espalier-nas/espalier/supernet/space"
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
	law := l.r.law(on)
	expected := make(map[*finished]float64)
	for i, f := range on {
		expected[f] = -law.after(l.r.wrong(f.last()), logFLOPs(f), 1+float64(steps[i])/float64(f.steps()))
	}
	doubt := l.doubt(on, law)
	pick := func(all []place, n int) []int { return covering(all, n, doubt) }
	for _, a := range l.arms {
		a.promote(pick, networks, func(f *finished) float64 { return expected[f] })
	}
	return nil
}

// promoteFirst keeps the half of an arm's candidates that goes on after the first rung: those that
// cover most by what they can be expected to reach in the end, with as many steps each.
func (l *ladder) promoteFirst(a *arm, networks int) {
	law := l.r.law(a.on)
	growth := l.r.growth(len(a.on), networks)
	value := func(f *finished) float64 { return -law.after(l.r.wrong(f.last()), logFLOPs(f), growth) }
	if !l.r.state.BySize {
		value = l.worth
	}
	a.promote(func(all []place, n int) []int { return covering(all, n, 0) }, secondRung(len(a.on), networks), value)
}

// secondRung returns how many of so many candidates train on the second rung.
func secondRung(candidates, networks int) int { return max(networks, (candidates+1)/2) }

// growth returns how many times as many steps a network that comes to the top has in the end as after the first
// rung, on average, if all rungs have their shares of the time.
func (r *Run) growth(candidates, networks int) float64 {
	on := [rungs]int{candidates, secondRung(candidates, networks), networks}
	steps := func(rung int) float64 {
		if !r.budgeted() {
			return float64(r.finishSteps(rung))
		}
		return rungShare[rung] / float64(on[rung])
	}
	all := 0.0
	for rung := range rungs {
		all += steps(rung)
	}
	return all / steps(0)
}

// hoped returns the target (see Run.target) that networks that have done the first rung can be expected to have in the
// end, if so many train there; that after the rung in runs that an earlier version began.
func (r *Run) hoped(done []*finished, candidates, networks int) map[space.Arch]float64 {
	law, growth := r.law(done), r.growth(candidates, networks)
	out := make(map[space.Arch]float64)
	for _, f := range done {
		wrong := r.wrong(f.rungs[0])
		if r.state.BySize {
			wrong = law.after(wrong, logFLOPs(f), growth)
		}
		out[f.Arch] = r.targetOf(1-wrong, wrong)
	}
	return out
}

// settleLaw notes by what candidates are compared, before any has trained. A run of which an earlier
// version has trained some goes on as it began.
func (l *ladder) settleLaw() error {
	if l.r.state.BySize || len(l.done) > 0 {
		return nil
	}
	l.r.accounting.Lock()
	defer l.r.accounting.Unlock()
	l.r.state.BySize = true
	return l.r.state.save(l.r.dir)
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
// falls as its steps grow: what is above a floor falls with a power of them, the faster
// the larger the network is.
type powerLaw struct {
	floor    float64
	exponent float64 // of a network with FLOPs of this logarithm
	centre   float64
	slope    float64 // by how much the exponent rises where FLOPs are e times as many
}

const (
	// floorShare of the least loss that any candidate has shown stays, however long
	// one trains: a guess, without which small networks are expected to learn for ever.
	floorShare = 0.5
	// firstExponent is what is expected before any candidate has shown two rungs, firstSlope how the
	// exponent rises with the logarithm of FLOPs then (docs/log/finishing.md).
	firstExponent, firstSlope = 0.4, 0.055
	// slopeError is by how much another task's slope may differ, exponentError by how much
	// a network's exponent differs from the line: standard deviations.
	slopeError, exponentError = 0.02, 0.04
)

// law returns the law that the rungs so far have shown: the line through the exponents of all
// candidates that have shown one, the slope shrunk to what other tasks have. Where the
// run does not go by size, as an earlier version began, it is their median for all.
func (r *Run) law(on []*finished) powerLaw {
	least := math.Inf(1)
	for _, f := range on {
		least = min(least, r.wrong(f.last()))
	}
	law := powerLaw{floor: floorShare * least, exponent: firstExponent, slope: firstSlope}
	var exponents, sizes []float64
	for _, f := range on {
		law.centre += logFLOPs(f) / float64(len(on))
		first, last := r.wrong(f.rungs[0])-law.floor, r.wrong(f.last())-law.floor
		if rise := math.Log(float64(f.steps()) / float64(f.rungs[0].Steps)); rise > 0 && first > 0 && last > 0 {
			exponents, sizes = append(exponents, math.Log(first/last)/rise), append(sizes, logFLOPs(f))
		}
	}
	if !r.state.BySize {
		law.exponent, law.slope = 0, 0
	}
	if len(exponents) == 0 {
		return law
	}
	if r.state.BySize {
		law.slope = shrunkSlope(sizes, exponents)
	}
	for i := range exponents {
		exponents[i] -= law.slope * (sizes[i] - law.centre)
	}
	slices.Sort(exponents)
	law.exponent = exponents[len(exponents)/2]
	return law
}

func logFLOPs(f *finished) float64 { return math.Log(float64(max(1, f.Cost.FLOPs))) }

// shrunkSlope returns the slope of a line through points of which the ordinates have
// errors of exponentError, if slopes are normal around firstSlope beforehand.
func shrunkSlope(x, y []float64) float64 {
	mx, my := stat.Mean(x, nil), stat.Mean(y, nil)
	prior := 1 / (slopeError * slopeError)
	sum, weight := prior*firstSlope, prior
	for i := range x {
		sum += (x[i] - mx) * (y[i] - my) / (exponentError * exponentError)
		weight += (x[i] - mx) * (x[i] - mx) / (exponentError * exponentError)
	}
	return sum / weight
}

// doubt returns how far the law was off between the rungs so far, as a root mean
// square: by about as much it can be expected to be off on the last one.
func (l *ladder) doubt(on []*finished, law powerLaw) float64 {
	sum := 0.0
	for _, f := range on {
		off := l.r.wrong(f.last()) - law.after(l.r.wrong(f.rungs[0]), logFLOPs(f), float64(f.steps())/float64(f.rungs[0].Steps))
		sum += off * off
	}
	return math.Sqrt(sum / float64(max(1, len(on))))
}

// after returns what is left of wrong, of a network with FLOPs of this logarithm, when its steps have grown by a
// factor. No network is expected to get worse.
func (p powerLaw) after(wrong, logFLOPs, factor float64) float64 {
	return p.floor + (wrong-p.floor)*math.Pow(factor, -max(0, p.exponent+p.slope*(logFLOPs-p.centre)))
}

// wrong returns what a rung left wrong: the loss, or the share of errors.
func (r *Run) wrong(g rundir.Rung) float64 {
	if r.cfg.Search.By == config.ByAccuracy {
		return 1 - g.Accuracy
	}
	return g.Loss
}
