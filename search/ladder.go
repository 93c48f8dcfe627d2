package search

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/search/rundir"
	"github.com/espalier-nas/espalier/supernet/data"
)

// ladder finishes the candidates of all arms: successive halving (Jamieson and
// Talwalkar 2016) over the whole range of latencies. On each rung candidates
// train on from where they stand, each alone; all rungs are one schedule of the
// rate. The arms climb side by side, by the same rules and with
// the same numbers of steps, so that none has a better hour of a shared machine.
// What was decided and done before is taken from the folder.
type ladder struct {
	r     *Run
	arms  []*arm
	done  map[string]rundir.Rung // by arm, rung and candidate, from the folder
	log   *rundir.Journal[rundir.Rung]
	ends  time.Duration // time spent in the run at which all must be through
	lanes *lanes
	mu    sync.Mutex // of log, and of what is written into the configuration while lanes work
	taken int        // entries of finish.plan that were used

	timedAt, timed []float64 // latencies of some candidates, and the seconds of their training steps
	slower         float64   // what steps have taken of late on the last rung, as a multiple of what they took before
}

// finish takes the candidates of all arms up the ladder. Afterwards each arm has
// those that came to the top, by rising latency.
func (r *Run) finish(ctx context.Context, arms []*arm, span time.Duration) error {
	l, err := r.openLadder(arms, span)
	if err != nil {
		return err
	}
	defer l.lanes.close()
	return errors.Join(l.climb(ctx), l.log.Close())
}

func (r *Run) openLadder(arms []*arm, span time.Duration) (*ladder, error) {
	if err := os.MkdirAll(r.dir.Path(rundir.Finishing), 0o755); err != nil {
		return nil, fmt.Errorf("finish: %w", err)
	}
	log, lines, torn, err := rundir.OpenJournal[rundir.Rung](r.dir.Path(rundir.Finish))
	if err != nil {
		return nil, err
	}
	if torn {
		r.monitor.Log.Warn("the end of the lines of finishing was cut off by an interruption: what it told is trained again")
	}
	l := &ladder{r: r, arms: arms, log: log, done: make(map[string]rundir.Rung), ends: r.spent() + span, slower: 1}
	if l.lanes, err = r.openLanes(len(l.all())); err != nil {
		return nil, errors.Join(err, log.Close())
	}
	for _, g := range lines {
		l.done[rungKey(g.Arm, g.Rung, g.Candidate)] = g
	}
	if err := l.settleLaw(); err != nil {
		l.lanes.close()
		return nil, errors.Join(err, l.log.Close())
	}
	return l, nil
}

func rungKey(arm string, rung, candidate int) string {
	return fmt.Sprintf("%s %d %d", arm, rung, candidate)
}

// climb goes up rung by rung.
func (l *ladder) climb(ctx context.Context) error {
	for rung := range rungs - 1 {
		if err := l.rung(ctx, rung); err != nil {
			return err
		}
		networks := l.r.cfg.Finish.Networks
		if rung == rungs-2 {
			if err := l.promoteToLast(ctx, networks); err != nil {
				return err
			}
			continue
		}
		for _, a := range l.arms {
			l.promoteFirst(a, networks)
		}
	}
	if err := l.lastRung(ctx); err != nil {
		return err
	}
	if n := len(l.r.cfg.Finish.Plan) - l.taken; n > 0 {
		l.r.warn("finish.plan decides on %d numbers more than this run has asked for: it is of a run with other candidates, and steps are those of other networks; with the latencies of that run (--table with its latency.json) it does the same", n)
	}
	return nil
}

// worth is what candidates are compared by after a rung.
func (l *ladder) worth(f *finished) float64 { return l.r.value(f.last().Accuracy, f.last().Loss) }

// all returns the candidates that are on the rung at hand, arm by arm, those that
// several arms have once.
func (l *ladder) all() (all []*finished) {
	for _, a := range l.arms {
		all = union(all, a.on)
	}
	return all
}

// shares returns, for each network, its part of its arm's time when that is
// divided in proportion to by; for one that several arms have the largest of its
// parts.
func (l *ladder) shares(on []*finished, by func(*finished) float64) []float64 {
	out := make([]float64, len(on))
	for _, a := range l.arms {
		sum := 0.0
		for _, f := range a.on {
			sum += by(f)
		}
		for i, f := range on {
			if slices.Contains(a.on, f) {
				out[i] = max(out[i], by(f)/sum)
			}
		}
	}
	return out
}

// rung trains all that are on a rung before the last for the same number of
// steps. On the first one further candidates may join.
func (l *ladder) rung(ctx context.Context, rung int) error {
	if rung == 0 {
		if err := l.thin(ctx); err != nil {
			return err
		}
	}
	joining := l.joining(rung)
	steps, err := l.decide(func() (int, error) {
		if !l.r.budgeted() {
			return l.r.finishSteps(rung), nil
		}
		each, err := l.stepTimes(ctx, l.all())
		return l.affordable(rung, each, joining), err
	})
	if err != nil {
		return err
	}
	if err := l.trainAll(ctx, rung, l.all(), steps); err != nil {
		return err
	}
	for _, a := range l.arms {
		if rung > 0 || a.more == nil || joining == 0 {
			continue
		}
		further, err := a.more(ctx, a.on, joining)
		if err != nil {
			return err
		}
		if err := l.trainAll(ctx, rung, a.join(further, l.arms), steps); err != nil {
			return err
		}
	}
	l.r.monitor.Log.Info("rung", "number", rung+1, "of", rungs, "networks", len(l.all()), "steps", steps)
	return nil
}

// affordable returns the steps that a rung's share of the time allows each
// candidate, with so many more to come that cost as much as those at hand.
func (l *ladder) affordable(rung int, each []float64, joining int) int {
	span := l.share(rung) * time.Duration(len(l.lanes.execs)*len(each)) / time.Duration(len(each)+joining)
	return equalSteps(span, each, l.evaluating(l.r.comparedOn()))
}

// joining returns how many further candidates join on a rung.
func (l *ladder) joining(rung int) int {
	if rung > 0 {
		return 0
	}
	n := 0
	for _, a := range l.arms {
		if a.more != nil {
			n += l.size() - len(a.on)
		}
	}
	return max(0, n)
}

// size returns how many candidates of an arm the first rung is for: those of the
// largest arm that is complete, or search.top.
func (l *ladder) size() int {
	n := 0
	for _, a := range l.arms {
		if a.more == nil {
			n = max(n, len(a.on))
		} else {
			n = max(n, 2*len(a.on))
		}
	}
	return min(n, l.r.cfg.Search.Top)
}

// leastRung is how many steps on the first rung are worth comparing candidates
// by.
const leastRung = 32

// thin leaves out candidates, those of the lowest worth in each slot; see Run.early,
// where the first rung has too little time for all of them.
func (l *ladder) thin(ctx context.Context) error {
	most, err := l.decide(func() (int, error) {
		n := l.size()
		if !l.r.budgeted() {
			return n, nil
		}
		each, err := l.stepTimes(ctx, l.all())
		if err != nil {
			return 0, err
		}
		for n > l.r.cfg.Finish.Networks && l.affordable(0, each, l.joining(0))*l.size()/n < leastRung {
			n--
		}
		return max(n, 1), nil
	})
	if err != nil {
		return err
	}
	whole := l.size()
	inSlots := func(all []place, n int) []int { return choose(all, n, n) }
	for _, a := range l.arms {
		n := (len(a.on)*most + whole - 1) / max(1, whole)
		a.promote(inSlots, n, func(f *finished) float64 { return l.r.early(f.Trial) })
	}
	if most < whole {
		l.r.monitor.Log.Info("fewer candidates, to give each some time", "of each arm", most, "instead of", whole)
	}
	return nil
}

// trainAll takes candidates over a rung, each for so many steps.
func (l *ladder) trainAll(ctx context.Context, rung int, on []*finished, steps int) error {
	on = slices.DeleteFunc(slices.Clone(on), func(f *finished) bool { return len(f.rungs) > rung }) // trained for another arm
	var done atomic.Int64
	return l.lanes.run(ctx, len(on), nil, func(ctx context.Context, x *ops.Exec, i int) error {
		if err := l.train(ctx, x, rung, on[i], steps, l.r.comparedOn(), nil); err != nil {
			return err
		}
		l.r.monitor.Events.Update(Status{
			Done: float64(done.Add(1)), Total: float64(len(on)), Unit: "networks",
			Note: fmt.Sprintf("rung %d of %d, %d steps each", rung+1, rungs, steps),
		})
		return nil
	})
}

// share returns how long a rung may take: its part of what is left.
func (l *ladder) share(rung int) time.Duration {
	rest := 0.0
	for _, s := range rungShare[rung:] {
		rest += s
	}
	return time.Duration(rungShare[rung] / rest * float64(max(0, l.ends-l.r.spent())))
}

// evaluating returns how many training steps take as long as evaluating a network on
// a set, calibration included.
func (l *ladder) evaluating(on *data.Set) float64 { return l.r.evaluating(on, l.r.finishBatch()) }

// evaluating is that for steps of so many images, those of a whole training on average.
func (r *Run) evaluating(on *data.Set, batch int) float64 {
	return forwardShare * float64(r.cfg.Evaluate.Calibration+on.Len()) / float64(batch) / r.aloneOptions(1).MeanCost()
}

// decide returns the next entry of the plan, or what f says, which enters the
// plan.
func (l *ladder) decide(f func() (int, error)) (int, error) {
	n, _, err := l.decideAnew(f)
	return n, err
}

// decideAnew is decide that also tells whether it was f that decided.
func (l *ladder) decideAnew(f func() (int, error)) (n int, fresh bool, err error) {
	fin := &l.r.cfg.Finish
	l.taken++
	if l.taken <= len(fin.Plan) {
		return fin.Plan[l.taken-1], false, nil
	}
	if n, err = f(); err != nil {
		return 0, true, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	fin.Plan = append(fin.Plan, n)
	return n, true, l.r.saveConfig()
}
