package search

import (
	"context"
	"slices"

	"github.com/espalier-nas/espalier/bench"
	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/search/latency"
	"github.com/espalier-nas/espalier/supernet/space"
)

// candidate is an architecture that is considered for handing over, with all
// that was measured of it before it was trained on.
type candidate struct {
	controller.Trial               // inherited weights, on the whole validation split once it was chosen; predicted cost
	measured         *bench.Sample // seconds per image; nil: not timed, or the device cannot be measured here
	energy           float64       // joules per image as measured; 0: unknown
	worth            float64       // what it was chosen by
}

// latency returns the measured latency if there is one, else the predicted.
func (c candidate) latency() float64 {
	if c.measured != nil {
		return c.measured.Median
	}
	return c.Cost.Latency
}

// cost returns the cost with the latency and the energy that count.
func (c candidate) cost() controller.Cost {
	cost := c.Cost
	cost.Latency = c.latency()
	if c.energy > 0 {
		cost.Energy = c.energy
	}
	return cost
}

// contenders returns an arm's evaluated trials as candidates, by what they are worth before
// the first rung.
func (r *Run) contenders(evaluated []controller.Trial) []candidate {
	var all []candidate
	for _, t := range fitting(evaluated, r.limits()) {
		all = append(all, candidate{Trial: t, worth: r.early(t)})
	}
	return all
}

// timedContenders is how many times as many contenders are timed as become candidates.
// A search for accurate networks by predicted latencies finds those whose latency is
// predicted too low.
const timedContenders = 3

// candidates returns n of the contenders: the best, spread over their latencies as
// measured, of more that are the best by predicted latencies; of these, those are measured whose
// latency is doubtful, and those that are chosen. What breaks a limit as
// measured is left out, but for the nearest one where an arm would else have no candidate at all.
// They are evaluated on the whole validation split, with inherited weights.
func (r *Run) candidates(ctx context.Context, arm string, contenders []candidate, n int, l *latency.Model) ([]candidate, error) {
	out, err := r.measured(ctx, l, spread(contenders, r.timedOf(n)), func(all []candidate) []candidate {
		in := r.within(all)
		if len(in) == 0 && len(all) > 0 && arm != armSecond { // further candidates join others
			in = []candidate{r.nearest(arm, all)}
		}
		return spread(in, n)
	})
	if err != nil {
		return nil, err
	}
	archs := make([]space.Arch, len(out))
	for i, c := range out {
		archs[i] = c.Arch
	}
	trials, err := r.rate(ctx, arm, archs, sharedScores{r.final}, l.Cost)
	if err != nil {
		return nil, err
	}
	for i, t := range trials {
		out[i].Trial = t
	}
	return out, nil
}

// spread returns n candidates, the best in slots of the latencies that they have so far,
// in the order of their architectures.
func spread(all []candidate, n int) []candidate {
	places := make([]place, len(all))
	for i, c := range all {
		places[i] = place{c.latency(), c.worth}
	}
	var out []candidate
	for _, i := range choose(places, n, n) {
		out = append(out, all[i])
	}
	slices.SortFunc(out, func(a, b candidate) int { return sign(a.Arch.Less(b.Arch)) })
	return out
}

// fitting returns the distinct trials within the limits.
func fitting(trials []controller.Trial, limits controller.Limits) []controller.Trial {
	var fit []controller.Trial
	for _, t := range distinct(trials) {
		if limits.Excess(t.Cost) == 0 {
			fit = append(fit, t)
		}
	}
	return fit
}

func without(trials, drop []controller.Trial) []controller.Trial {
	gone := make(map[space.Arch]bool, len(drop))
	for _, t := range drop {
		gone[t.Arch] = true
	}
	return slices.DeleteFunc(slices.Clone(trials), func(t controller.Trial) bool { return gone[t.Arch] })
}

func perImage(s bench.Sample, batch int) bench.Sample {
	n := float64(batch)
	s.Median, s.Best, s.Low, s.High = s.Median/n, s.Best/n, s.Low/n, s.High/n
	return s
}

// onceMeasured returns the limits that candidates must meet as measured: the user's. Reach is about how
// long training steps take, which was learnt beside predicted latencies. These meet it; a machine that has
// become slower since would put good networks, or all, beyond it.
func (r *Run) onceMeasured() controller.Limits {
	if r.state.ReachPredicted {
		return r.asked()
	}
	return r.limits() // as an earlier version began
}

// within returns the candidates that meet the limits as measured. Those that do not are noted
// for a warning: a network that both arms have, or that comes up again in the second choice, once.
func (r *Run) within(all []candidate) []candidate {
	limits := r.onceMeasured()
	var in []candidate
	if r.timed == nil {
		r.timed = make(map[space.Arch]bool)
	}
	for _, c := range all {
		if c.measured != nil {
			r.timed[c.Arch] = limits.Excess(c.cost()) > 0
		}
		if limits.Excess(c.cost()) == 0 {
			in = append(in, c)
		}
	}
	return in
}

// nearest returns, of an arm's candidates that all break the limits as measured, the one that does
// so least, with a warning.
func (r *Run) nearest(arm string, all []candidate) candidate {
	limits := r.onceMeasured()
	nearest := slices.MinFunc(all, func(a, b candidate) int { return sign(limits.Excess(a.cost()) < limits.Excess(b.cost())) })
	whose := "the search"
	if arm == armRandomFinal {
		whose = "random search"
	}
	r.warn("no candidate of %s meets the limits as measured; the nearest one has %s", whose, limits.Broken(nearest.cost()))
	return nearest
}

// meeting returns the finished networks that meet the limits as measured, all where none does.
func (r *Run) meeting(all []*finished) []*finished {
	limits := r.onceMeasured()
	in := slices.DeleteFunc(slices.Clone(all), func(f *finished) bool { return limits.Excess(f.cost()) > 0 })
	if len(in) == 0 {
		return all
	}
	return in
}

// warnOfLimits tells how many of the networks that were timed to choose candidates broke limits
// as measured.
func (r *Run) warnOfLimits() {
	beyond := 0
	for _, is := range r.timed {
		if is {
			beyond++
		}
	}
	if beyond > 0 {
		r.warn("%d of %d networks were within the limits as predicted, but not as measured", beyond, len(r.timed))
	}
}

// union returns the networks of both arms, those that both have once.
func union(search, random []*finished) []*finished {
	all := slices.Clone(search)
	for _, f := range random {
		if !slices.Contains(search, f) {
			all = append(all, f)
		}
	}
	return all
}
