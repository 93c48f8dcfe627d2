package search

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/search/latency"
	"github.com/espalier-nas/espalier/search/rundir"
	"github.com/espalier-nas/espalier/supernet"
	"github.com/espalier-nas/espalier/supernet/space"
)

// feasible returns an error that names the nearest network and what it costs if no
// architecture is found that meets all limits, and what is out of reach with them, before
// anything is trained. Else it keeps one that does, from which searches whose proposals
// break limits go on.
func (r *Run) feasible(ctx context.Context, l *latency.Model) (err error) {
	limits := r.limits()
	r.anchor, err = r.findFeasible(ctx, limits, l.Cost)
	if reach := r.cfg.Finish.Reach; err != nil && reach > 0 && limits.Latency == reach.Seconds() {
		return fmt.Errorf("%w; networks slower than %.4g ms cannot be finished in this budget (finish.reach)", err, 1e3*reach.Seconds())
	}
	return err
}

func (r *Run) findFeasible(ctx context.Context, limits controller.Limits, cost func(space.Arch) (controller.Cost, error)) (space.Arch, error) {
	e := r.family.Extremes()
	p := controller.Problem{Space: r.family.Space(), Cost: cost, Limits: limits}
	return controller.FindFeasible(ctx, p, append([]space.Arch{e.Smallest, e.Narrow}, e.Uniform...), r.cfg.Seed)
}

// check refuses, before latencies are measured, more memory than there is, tables of other
// devices that do not cover the space, rivals that cannot be trained, and limits that no network meets: all but that on
// latency here, which are known of any network, together; of latency, the smallest network is
// timed. Limits are checked once in the life of the folder.
func (r *Run) check(ctx context.Context) error {
	if err := r.checkMemory(searches); err != nil {
		return err
	}
	if err := r.openElsewhere(); err != nil {
		return err
	}
	if err := r.checkRivals(ctx); err != nil {
		return err
	}
	if r.dir.Has(rundir.Latency) {
		return nil
	}
	limits := r.limits()
	known := limits
	known.Latency, known.Energy = 0, 0
	if _, err := r.findFeasible(ctx, known, r.costElsewhere); err != nil {
		return err
	}
	if limits.Latency > 0 || limits.Energy > 0 || r.cfg.Device.Probe != "" {
		if err := r.checkLatency(ctx, limits.Latency); err != nil {
			return err
		}
	}
	return r.checkBudget(ctx)
}

// The budget is checked by the fastest of timedFirst training steps, timed as long as that
// takes no more than firstShare of it, and refused where the least number of them takes surely
// times as long, or all that a search does at least takes likely times as long.
const (
	timedFirst = 5
	firstShare = 0.05
	surely     = 1.5
	likely     = 1.15
)

// checkBudget times training steps of the narrow network: a budget that is spent by the least
// number of steps that the supernet and finishing can do with, of networks no larger, or by
// all that a search does at least with such networks, is refused before a large part of it has
// gone into finding that out.
func (r *Run) checkBudget(ctx context.Context) error {
	if !r.budgeted() || r.cfg.Train.Steps > 0 {
		return nil
	}
	net, narrow := supernet.New(r.family, r.cfg.Seed), supernet.Single{Arch: r.family.Extremes().Narrow}
	start, each := r.now(), time.Duration(math.MaxInt64)
	for i := range timedFirst {
		if i > 0 && r.since(start).Seconds() > firstShare*r.cfg.Budget.Seconds() {
			break
		}
		took, err := r.timeSteps(ctx, net, narrow, r.trainOptions(manySteps), 0, 1, 1)
		if err != nil {
			return err
		}
		each = min(each, took)
	}
	least := time.Duration(leastSteps * float64(each) / (1 - r.cfg.Finish.Share))
	if budget := r.cfg.Budget; least.Seconds() > surely*budget.Seconds() {
		return fmt.Errorf("budget is %v; want at least %v, and more if networks larger than the narrow one are to be trained: a training step of that one takes %[4]v for %[3]d pictures, and %[5]d steps of the supernet with finishing %[6]v; smaller pictures (--size) or batches (--batch) would help too",
			budget, roundUp(least), r.cfg.Train.Batch, each.Round(time.Millisecond), leastSteps, least.Round(time.Second/10))
	}
	step, err := r.cheapStep(ctx, net, each)
	if err != nil {
		return err
	}
	least, evaluating := r.leastTime(each, step)
	r.monitor.Log.Info("least time", "of a search", least.Round(time.Second/10).String(), "evaluating", evaluating.Round(time.Second/10).String(),
		"step", step.Round(10*time.Microsecond).String(), "of the narrow network", each.Round(10*time.Microsecond).String())
	if budget := r.cfg.Budget; least.Seconds() > likely*budget.Seconds() {
		return fmt.Errorf("budget is %v; want at least %v, as far as training steps of small networks tell, which take %v for %d pictures: evaluating takes %v, and %d steps of the supernet with finishing and the timing of steps most of the rest; smaller pictures (--size) or batches (--batch) would help too",
			budget, roundUp(least), step.Round(time.Millisecond), r.cfg.Train.Batch, evaluating.Round(time.Second/10), leastSteps)
	}
	return nil
}

// checkLatency times the smallest network, if the device is at hand: a limit below the best
// of its times is out of the reach of all.
func (r *Run) checkLatency(ctx context.Context, limit float64) error {
	l, err := r.openLatencies(ctx)
	if err != nil {
		return err
	}
	defer l.Close()
	if l.Probes() != nil {
		return r.checkProbes(ctx, l.Probes())
	}
	if !l.Local() {
		return nil
	}
	a := r.family.Extremes().Smallest
	s, err := l.Again(ctx, a)
	if err != nil {
		return err
	}
	if best := s.Best / float64(l.Batch()); best > limit {
		return fmt.Errorf("no architecture meets the limits: the smallest network takes %.4g ms at best, and %.4g ms in the median, on %s; limits.latency is %.4g ms",
			1e3*best, 1e3*s.Median/float64(l.Batch()), l.Device(), 1e3*limit)
	}
	return nil
}
