package run

import (
	"context"
	"slices"

	"github.com/espalier-nas/espalier/bench"
	"github.com/espalier-nas/espalier/cmd/espalier/internal/progress"
	"github.com/espalier-nas/espalier/cmd/espalier/internal/report"
	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/supernet/space"
)

// finalists returns up to n architectures of an arm that are worth judging on
// the whole validation split: its leaders, and others spread over the Pareto
// fronts of what is left.
func finalists(trials []controller.Trial, n int, limits controller.Limits) []space.Arch {
	chosen := leaders(trials, n, limits)
	rest := without(fitting(trials, limits), chosen)
	for len(chosen) < n && len(rest) > 0 {
		front := controller.Pareto(rest)
		chosen = append(chosen, spread(front, n-len(chosen))...)
		rest = without(rest, front)
	}
	archs := make([]space.Arch, len(chosen))
	for i, t := range chosen {
		archs[i] = t.Arch
	}
	slices.SortFunc(archs, func(a, b space.Arch) int { return sign(a.Less(b)) })
	return archs
}

// leaders returns the half of n finalists that are chosen for their accuracy
// alone: the best of all is among many that are nearly as good.
func leaders(trials []controller.Trial, n int, limits controller.Limits) []controller.Trial {
	fit := fitting(trials, limits)
	slices.SortStableFunc(fit, byAccuracy)
	return slices.Clone(fit[:min((n+1)/2, len(fit))])
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

// spread returns n trials of a front at equal distances, both ends included.
func spread(front []controller.Trial, n int) []controller.Trial {
	if n >= len(front) {
		return front
	}
	if n == 1 {
		return front[len(front)-1:]
	}
	out := make([]controller.Trial, n)
	for i := range out {
		out[i] = front[i*(len(front)-1)/(n-1)]
	}
	return out
}

func without(trials, drop []controller.Trial) []controller.Trial {
	gone := make(map[space.Arch]bool, len(drop))
	for _, t := range drop {
		gone[t.Arch] = true
	}
	return slices.DeleteFunc(slices.Clone(trials), func(t controller.Trial) bool { return gone[t.Arch] })
}

// candidate is a finalist with all that was measured of it.
type candidate struct {
	controller.Trial               // accuracy on the whole validation split, predicted cost
	measured         *bench.Sample // seconds per image; nil: the device cannot be measured here
}

// latency returns the measured latency if there is one, else the predicted.
func (c candidate) latency() float64 {
	if c.measured != nil {
		return c.measured.Median
	}
	return c.Cost.Latency
}

// cost returns the cost with the latency that counts.
func (c candidate) cost() controller.Cost {
	cost := c.Cost
	cost.Latency = c.latency()
	return cost
}

// finals judges an arm's finalists on the whole validation split.
func (r *Run) finals(ctx context.Context, arm string, f found, l *Latencies) ([]candidate, error) {
	archs := finalists(f.trials, r.cfg.Search.Top, r.limits())
	trials, err := r.rate(ctx, arm, archs, judge{r.final}, l.Cost)
	if err != nil {
		return nil, err
	}
	out := make([]candidate, len(trials))
	for i, t := range trials {
		out[i] = candidate{Trial: t}
	}
	return out, nil
}

// measure times candidates on the device, if it is at hand.
func (r *Run) measure(ctx context.Context, l *Latencies, all []candidate) error {
	for i := range all {
		s, known := l.Known(all[i].Arch)
		if !known && !l.Local() {
			continue
		}
		if !known {
			var err error
			if s, err = l.Time(ctx, all[i].Arch); err != nil {
				return err
			}
		}
		s = perImage(s, l.batch)
		all[i].measured = &s
		r.screen.Display.Update(progress.Status{Done: float64(i + 1), Total: float64(len(all)), Unit: "networks"})
	}
	return nil
}

func perImage(s bench.Sample, batch int) bench.Sample {
	n := float64(batch)
	s.Median, s.Best, s.Low, s.High = s.Median/n, s.Best/n, s.Low/n, s.High/n
	return s
}

// within returns the candidates whose latency, as measured, meets the limits.
// If none does it returns the one that breaks them least, with a warning.
func (r *Run) within(all []candidate) []candidate {
	limits := r.limits()
	var in []candidate
	for _, c := range all {
		if limits.Excess(c.cost()) == 0 {
			in = append(in, c)
		}
	}
	if out := len(all) - len(in); out > 0 {
		r.warn("%d of %d finalists were within the limits as predicted, but not as measured", out, len(all))
	}
	if len(in) == 0 && len(all) > 0 {
		nearest := slices.MinFunc(all, func(a, b candidate) int { return sign(limits.Excess(a.cost()) < limits.Excess(b.cost())) })
		r.warn("no finalist meets the limits as measured; the nearest one has %s", limits.Broken(nearest.cost()))
		in = []candidate{nearest}
	}
	return in
}

// pareto returns the candidates that no other beats in both accuracy and
// latency, by rising latency.
func pareto(all []candidate) []candidate {
	byArch := make(map[space.Arch]candidate, len(all))
	trials := make([]controller.Trial, len(all))
	for i, c := range all {
		byArch[c.Arch] = c
		trials[i] = c.Trial
		trials[i].Cost = c.cost()
	}
	var out []candidate
	for _, t := range controller.Pareto(trials) {
		out = append(out, byArch[t.Arch])
	}
	return out
}

// aboveFloor returns the part of a front that is accurate enough to be of use,
// and what it leaves out: networks below a share of the way from the accuracy of
// guessing among so many classes to the best. Where the best is no better than
// that, nothing is left out.
func aboveFloor(front []candidate, share float64, classes int) ([]candidate, report.Floor) {
	if len(front) == 0 {
		return nil, report.Floor{}
	}
	chance, top := 1/float64(classes), best(front).Accuracy
	if top <= chance {
		return front, report.Floor{}
	}
	floor := report.Floor{Accuracy: min(top, chance+share*(top-chance))}
	var above []candidate
	for _, c := range front {
		if c.Accuracy >= floor.Accuracy {
			above = append(above, c)
		}
	}
	floor.LeftOut = len(front) - len(above)
	return above, floor
}

// best returns the candidate of the highest accuracy.
func best(all []candidate) candidate {
	return slices.MinFunc(all, func(a, b candidate) int { return byAccuracy(a.Trial, b.Trial) })
}
