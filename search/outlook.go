package search

import (
	"context"
	"math"

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
// cover most by what they can be expected to reach in the end, with as many steps each; where sizes do
// not count, by what they have shown.
func (l *ladder) promoteFirst(a *arm, networks int) {
	value := l.worth
	if l.r.state.BySize {
		law, growth := l.r.law(a.on), l.r.growth(len(a.on), networks)
		value = func(f *finished) float64 { return -law.after(l.r.wrong(f.last()), logFLOPs(f), growth) }
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

// hoped returns the target (see Run.target) that candidates that have done the first rung can be expected to have in the
// end; where sizes do not count, that after the rung.
func (r *Run) hoped(done []*finished) map[space.Arch]float64 {
	law, growth := r.law(done), r.growth(r.cfg.Search.Top, r.cfg.Finish.Networks)
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

// settleLaw notes by what candidates are compared, before any has trained: by size where there are many
// pictures. A run of which an earlier version has trained some goes on as it began.
func (l *ladder) settleLaw() error {
	return l.r.takeUp(&l.r.state.BySize, len(l.done) == 0 && l.r.splits.Train.Len() >= l.r.cfg.Finish.BySize)
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
