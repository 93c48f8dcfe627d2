package search

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/search/report"
	"github.com/espalier-nas/espalier/supernet"
	"github.com/espalier-nas/espalier/supernet/space"
)

// lastRung trains those that may be handed over, the slowest first, each for its
// share of the time that is left by then. All arms have as much of it. With
// finish.distill the slowest network of each arm trains first, on all processors, to
// teach the others.
func (l *ladder) lastRung(ctx context.Context) error {
	on := l.byLatency()
	weights, err := l.lastWeights(ctx, on)
	if err != nil {
		return err
	}
	steps, paces := make([]int, len(on)), make([]*pacing, len(on))
	train := func(ctx context.Context, x *ops.Exec, i int) error {
		f := on[i]
		if err := l.train(ctx, x, rungs-1, f, steps[i], l.r.splits.Val, paces[i]); err != nil {
			return err
		}
		l.r.monitor.Log.Info("finished", "arm", f.arm.name, "latency", fmt.Sprintf("%.4g ms", 1e3*f.latency()), "steps", f.last().Steps,
			"inherited", fmt.Sprintf("%.4f", f.Accuracy), "now", fmt.Sprintf("%.4f", f.last().Accuracy))
		return nil
	}
	first := l.wide(len(on))
	if err := l.tellLastRung(len(on) - first); err != nil {
		return err
	}
	for i := range first {
		if steps[i], paces[i], err = l.lastSteps(ctx, l.r.exec, on[i], weights[i:]); err != nil {
			return err
		}
		if err := train(ctx, l.r.exec, i); err != nil {
			return err
		}
		if err := l.makeTeacher(ctx, on[i]); err != nil {
			return err
		}
	}
	if first == len(on) {
		return nil
	}
	busy := newTimetable(len(l.lanes.execs))
	return l.lanes.run(ctx, len(on)-first, func(k int) (err error) {
		i := first + k
		steps[i], paces[i], err = l.lastStepsBeside(on[i], weights[i:], busy)
		return err
	}, func(ctx context.Context, x *ops.Exec, k int) error {
		defer busy.done(k)
		return train(ctx, x, first+k)
	})
}

// wide returns how many of n networks train one after the other on all processors
// before the others train side by side: teachers, or all where there are fewer
// than lanes.
func (l *ladder) wide(n int) int {
	switch {
	case n < len(l.lanes.execs):
		return n
	case l.r.cfg.Finish.Distill > 0:
		return l.teachers()
	default:
		return 0
	}
}

// tellLastRung keeps how networks train on the last rung, n of them beside each other, for the report: what the
// process that began it did. A later one may have other workers, and little left to train, or nothing.
func (l *ladder) tellLastRung(n int) error {
	if l.r.state.Last != nil {
		return nil
	}
	how := l.beside(n)
	l.r.state.Last = &how
	return l.r.account()
}

// beside returns how n networks train, of the last rung's those that do not train one after the
// other on all processors; with 0 all of them do.
func (l *ladder) beside(n int) report.LastRung {
	if n == 0 {
		return report.LastRung{AtATime: 1, Workers: l.r.exec.Workers()}
	}
	return report.LastRung{AtATime: min(n, len(l.lanes.execs)), Workers: l.lanes.execs[0].Workers()}
}

// teachers returns how many networks teach: the slowest of each arm, which may be
// the same.
func (l *ladder) teachers() int {
	var all []*finished
	for _, a := range l.arms {
		if n := len(a.on); n > 0 {
			all = union(all, a.on[n-1:])
		}
	}
	return len(all)
}

// byLatency returns all that are on the rung: first the slowest of each arm, then
// the others by falling latency.
func (l *ladder) byLatency() []*finished {
	slowest := make(map[*finished]bool)
	for _, a := range l.arms {
		if len(a.on) > 0 {
			slowest[a.on[len(a.on)-1]] = true
		}
	}
	on := l.all()
	slices.SortStableFunc(on, func(a, b *finished) int {
		if slowest[a] != slowest[b] {
			return sign(slowest[a])
		}
		return sign(a.latency() > b.latency())
	})
	return on
}

// lastWeights returns the shares of the last rung's time: within an arm they grow
// with the seconds of a step to the power finish.power.
func (l *ladder) lastWeights(ctx context.Context, on []*finished) ([]float64, error) {
	if !l.r.budgeted() {
		return make([]float64, len(on)), nil
	}
	each, err := l.stepTimes(ctx, on)
	if err != nil {
		return nil, err
	}
	at := make(map[*finished]float64, len(on))
	for i, f := range on {
		at[f] = math.Pow(each[i], l.r.cfg.Finish.Power)
	}
	shares := l.shares(on, func(f *finished) float64 { return at[f] })
	most := make([]float64, len(on))
	for i, t := range each {
		most[i] = t * l.enough()
	}
	total := (l.ends - l.r.spent()).Seconds() * float64(len(l.lanes.execs))
	return fill(shares, most, total), nil
}

// enoughSteps are never too many, however few pictures there are.
const enoughSteps = 5000

// enough returns the steps on the last rung that a network needs no more than.
func (l *ladder) enough() float64 {
	if l.r.cfg.Finish.Epochs == 0 {
		return math.Inf(1)
	}
	return max(enoughSteps, l.r.cfg.Finish.Epochs*float64(l.r.splits.Train.Len())/float64(l.r.finishBatch()))
}

// teachingShare is how long, as a part of the teacher's training on the last rung,
// its outputs on the training images may take.
const teachingShare = 0.25

// makeTeacher makes a finished network the teacher of the others of its arm. Its outputs
// on the training images are computed once; where that would take too long they
// learn from labels alone.
func (l *ladder) makeTeacher(ctx context.Context, teacher *finished) error {
	if l.r.cfg.Finish.Distill == 0 {
		return nil
	}
	set := l.r.splits.Train
	passes := forwardShare * float64(set.Len()) / float64(l.r.finishBatch())
	if passes > teachingShare*float64(teacher.last().Steps) {
		return nil
	}
	logits, err := teacher.net.Logits(ctx, l.r.exec, set, l.r.cfg.Evaluate.Batch)
	if err != nil {
		return err
	}
	for _, a := range l.arms {
		if a.on[len(a.on)-1] == teacher {
			a.targets = &supernet.Targets{Logits: logits, Weight: l.r.cfg.Finish.Distill}
		}
	}
	return nil
}

// lastSteps decides on the steps of a network that trains by itself.
func (l *ladder) lastSteps(ctx context.Context, x *ops.Exec, f *finished, weights []float64) (int, *pacing, error) {
	var each float64
	steps, fresh, err := l.decideAnew(func() (n int, err error) {
		if !l.r.budgeted() {
			return l.r.finishSteps(rungs - 1), nil
		}
		if each, err = l.timeOne(ctx, x, f); err != nil {
			return 0, err
		}
		return lastSteps(l.ends-l.r.spent(), weights, each, l.evaluating(l.r.splits.Val)), nil
	})
	if err != nil {
		return 0, nil, err
	}
	p, err := l.pace(f, steps, each, fresh)
	return steps, p, err
}

// lastStepsBeside decides on the steps of a network that trains in a lane beside
// others: of the time that all lanes have left, less what those at work will need. All lanes are
// to end together.
func (l *ladder) lastStepsBeside(f *finished, weights []float64, busy *timetable) (int, *pacing, error) {
	now := l.r.spent()
	g := f.last()
	l.mu.Lock()
	each := l.slower * g.Seconds / (float64(g.Steps) + l.evaluating(l.r.comparedOn()))
	l.mu.Unlock()
	evaluating := l.evaluating(l.r.splits.Val)
	steps, fresh, err := l.decideAnew(func() (int, error) {
		if !l.r.budgeted() {
			return l.r.finishSteps(rungs - 1), nil
		}
		span := busy.free(now, l.ends)
		if len(l.arms) == 1 { // of several each has the same time, wherever its networks train
			span = busy.shared(now, l.ends, weights)
		}
		return lastSteps(span, weights, each, evaluating), nil
	})
	if err != nil {
		return 0, nil, err
	}
	takes := time.Duration(each * (float64(steps) + evaluating) * float64(time.Second))
	if !fresh {
		if takes, err = l.stillTakes(f, takes); err != nil {
			return 0, nil, err
		}
	}
	busy.start(now + takes)
	p, err := l.pace(f, steps, each, fresh)
	return steps, p, err
}

// stillTakes returns what is left, after an interruption, of the time that a network on the last
// rung was given, or takes if this run has given it none: nothing where it is finished.
func (l *ladder) stillTakes(f *finished, takes time.Duration) (time.Duration, error) {
	if _, finished := l.done[rungKey(f.arm.name, rungs-1, f.index)]; finished {
		return 0, nil
	}
	if given, ok := l.r.state.Paces[f.training()]; ok {
		takes = time.Duration(given.Seconds * float64(time.Second))
	}
	checkpoint := l.checkpoint(rungs-1, f)
	if !l.r.dir.Has(checkpoint) {
		return takes, nil
	}
	head, err := supernet.ReadHeader(l.r.dir.Path(checkpoint))
	if err != nil {
		return 0, err
	}
	before, err := keptTime(head.Owner)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", l.r.dir.Path(checkpoint), err)
	}
	return max(0, takes-before), nil
}

// training names the training of a candidate on the last rung.
func (f *finished) training() string { return fmt.Sprintf("%s-%02d", f.arm.name, f.index) }

// pace returns what keeps a network on the last rung to the time that so many steps, of so many
// seconds each, were decided on for: just now, or before an interruption. It does what was done for
// that before, and no more where the steps are those of another run.
func (l *ladder) pace(f *finished, steps int, each float64, fresh bool) (*pacing, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	name := f.training()
	p := &pacing{kept: slices.Clone(l.r.cfg.Finish.Replans[name]), clock: l.r.spent, evaluating: l.evaluating(l.r.splits.Val), most: l.enough()}
	if fresh && l.r.budgeted() {
		if err := l.r.give(name, paced{Seconds: each * (float64(steps) + p.evaluating), Each: each, Slower: l.slower}); err != nil {
			return nil, err
		}
	}
	given, ok := l.r.state.Paces[name]
	if _, finished := l.done[rungKey(f.arm.name, rungs-1, f.index)]; !ok || finished {
		return p, nil
	}
	p.keepTo(given)
	l.slower = given.Slower
	p.seen = func(slower float64) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.slower = given.Slower * slower
	}
	p.decided = func(change supernet.Replan) error {
		l.mu.Lock()
		defer l.mu.Unlock()
		fin := &l.r.cfg.Finish
		if fin.Replans == nil {
			fin.Replans = make(map[string][]supernet.Replan)
		}
		fin.Replans[name] = append(fin.Replans[name], change)
		return l.r.saveConfig()
	}
	return p, nil
}

// stepTimes returns the seconds of a training step of each candidate: what its
// last rung took or, before the first, an estimate from a few candidates that are
// timed for it.
func (l *ladder) stepTimes(ctx context.Context, on []*finished) ([]float64, error) {
	each := make([]float64, len(on))
	if len(on) > 0 && len(on[0].rungs) > 0 {
		for i, f := range on {
			g := f.last()
			each[i] = g.Seconds / (float64(g.Steps) + l.evaluating(l.r.comparedOn()))
		}
		return each, nil
	}
	xs, ys, err := l.timeSome(ctx, on)
	if err != nil {
		return nil, err
	}
	for i, f := range on {
		each[i] = interpolate(f.latency(), xs, ys)
	}
	return each, nil
}

// timeSome times the training steps of some candidates, spread over latency; see
// stepCurve. It does so once.
func (l *ladder) timeSome(ctx context.Context, on []*finished) (xs, ys []float64, err error) {
	if l.timedAt != nil {
		return l.timedAt, l.timed, nil
	}
	sorted := slices.Clone(on)
	slices.SortStableFunc(sorted, func(a, b *finished) int { return sign(a.latency() < b.latency()) })
	n := min(timedNetworks, len(sorted))
	at := make(map[space.Arch]float64)
	var archs []space.Arch
	for k := range n {
		f := sorted[k*(len(sorted)-1)/max(1, n-1)]
		at[f.Arch], archs = f.latency(), append(archs, f.Arch)
	}
	l.timedAt, l.timed, err = stepCurve(archs, at, func(a space.Arch) (float64, error) { return l.r.timeFew(ctx, l.lanes.execs[0], a) }, nil)
	return l.timedAt, l.timed, err
}

// oneTiming is how long the steps of one network are timed about.
const oneTiming = 300 * time.Millisecond

// timeOne returns the seconds of a training step of one network.
func (l *ladder) timeOne(ctx context.Context, x *ops.Exec, f *finished) (float64, error) {
	net := l.r.net.Extract(f.Arch, l.r.exec.Kernel())
	t, err := l.r.timeStepsOn(ctx, x, net, single(net), l.r.finishOptions(manySteps, 0), oneTiming, 3, 10)
	return t.Seconds(), err
}
