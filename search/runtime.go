package search

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/espalier-nas/espalier/bench"
	"github.com/espalier-nas/espalier/bench/external"
	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/search/latency"
	"github.com/espalier-nas/espalier/search/rundir"
)

// runtime returns what measures networks where that is not this program's own timing
// alone: a probe, or the processor's meter of energy. nil: nothing does.
func (r *Run) runtime(l *latency.Model) (bench.Runtime, error) {
	switch d := r.cfg.Device; {
	case d.Probe != "":
		return external.New(d.Probe, d.Batch)
	case r.cfg.Limits.Energy > 0:
		if !l.Local() {
			return nil, fmt.Errorf("%w: device.table is of %s", errNoEnergy, l.Device())
		}
		m, err := bench.NewMetered(l.Exec(), d.Batch)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errNoEnergy, err)
		}
		return m, nil
	default:
		return nil, nil
	}
}

// errNoEnergy tells that a limit on energy cannot be kept.
var errNoEnergy = errors.New("limits.energy is set, and nobody tells the energy of a network here; want --probe with a command that prints millijoules per image after the milliseconds")

// openProbes opens the folder's probes, if a runtime of their own counts.
func (r *Run) openProbes(l *latency.Model) error {
	runtime, err := r.runtime(l)
	if err != nil || runtime == nil {
		return err
	}
	_, err = latency.OpenProbes(r.dir.Path(rundir.Probes), runtime, l)
	return err
}

// mostProbing is the share of a budget that calls may take at most.
const mostProbing = 1.0 / 3

// checkProbes has the smallest network measured, and refuses limits that it breaks by far. With
// a budget the largest one is measured too, and from how long that takes follows how many
// calls there is time for: a share of the budget to learn from, and as much for
// candidates, but no fewer than a search needs.
func (r *Run) checkProbes(ctx context.Context, p *latency.Probes) error {
	all := r.limits()
	limits := controller.Limits{Latency: all.Latency, Energy: all.Energy} // the others are known without it
	small, err := p.Measure(ctx, r.family.Extremes().Smallest)
	if err != nil {
		return err
	}
	if limits.Energy > 0 && !p.Metered() {
		return fmt.Errorf("%w: %s prints none", errNoEnergy, p.Name())
	}
	cost := controller.Cost{Latency: small.Seconds, Energy: small.Joules}
	if limits.Excess(cost) > surely-1 {
		return fmt.Errorf("no architecture meets the limits: the smallest network on %s has %s", p.Name(), limits.Broken(cost))
	}
	if !r.budgeted() || len(r.cfg.Device.Probed) > 0 {
		return nil
	}
	if _, err := p.Measure(ctx, r.family.Extremes().Largest); err != nil {
		return err
	}
	return r.planProbes(p.Name(), p.Lasts())
}

// planProbes decides how many networks are measured on a runtime whose calls take so long.
func (r *Run) planProbes(runtime string, call time.Duration) error {
	least := r.cfg.Finish.Networks * r.armCount()
	n := int(probeShare * r.cfg.Budget.Seconds() / call.Seconds())
	learn := min(r.cfg.Device.Samples, max(latency.LeastNetworks, n))
	found := min(timedContenders*r.cfg.Search.Top*r.armCount(), max(least, n))
	if calls := time.Duration(learn+found) * call; calls.Seconds() > mostProbing*r.cfg.Budget.Seconds() {
		return fmt.Errorf("budget is %v; want at least %v: a call of %s takes %v, and %d networks have to be measured; a faster probe or a smaller finish.networks (--networks) would help too",
			r.cfg.Budget, roundUp(time.Duration(calls.Seconds()/mostProbing*float64(time.Second))), runtime, call.Round(time.Millisecond), learn+found)
	}
	r.monitor.Log.Info("probe", "runtime", runtime, "a call takes", call.Round(time.Millisecond).String(), "networks to learn from", learn, "candidates", found)
	r.cfg.Device.Probed = []int{learn, found}
	return r.saveConfig()
}

// armCount returns how many arms have candidates.
func (r *Run) armCount() int {
	if r.cfg.Search.Random {
		return 2
	}
	return 1
}

// probe learns the latencies of the runtime that counts, if there is one.
func (r *Run) probe(ctx context.Context, l *latency.Model) error {
	p := l.Probes()
	if p == nil {
		return nil
	}
	n := r.cfg.Device.Samples
	if plan := r.cfg.Device.Probed; len(plan) > 0 {
		n = plan[0]
	}
	if err := p.Learn(ctx, n, r.cfg.Seed, Progress(r.monitor.Events)); err != nil {
		return err
	}
	r.monitor.Log.Info("probe", "runtime", p.Name(), "networks", p.Networks(), "left out", p.Report.String())
	return nil
}

// timedOf returns how many contenders are timed of which n become candidates.
func (r *Run) timedOf(n int) int {
	all := timedContenders * n
	if plan := r.cfg.Device.Probed; len(plan) > 0 {
		all = min(all, max(1, plan[1]*n/(r.cfg.Search.Top*r.armCount())))
	}
	return all
}
