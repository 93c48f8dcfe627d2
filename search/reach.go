package search

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/espalier-nas/espalier/internal/stream"
	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/search/latency"
	"github.com/espalier-nas/espalier/supernet"
	"github.com/espalier-nas/espalier/supernet/space"
)

const (
	// leastFinish steps on the last rung, and leastPasses passes over the training
	// pictures, must be affordable to a network, or it is not looked at: with fewer it
	// ends below faster ones that have more, and takes the first rungs' time from them.
	leastFinish = 1000
	leastPasses = 5
	// worthwhile steps on the last rung must be affordable to each network as narrow
	// as the narrow one, or fewer networks are finished: with fewer steps they end
	// below a linear classifier.
	worthwhile = 2000
	// timedNetworks are trained for a few steps each, to learn how long those take.
	timedNetworks = 6
)

// reach finds out, once in the life of the folder, how slow a network may be for
// the budget to finish it. Slower ones are out of the search, as those beyond the
// limits are; the narrow one always stays.
func (r *Run) reach(ctx context.Context, l *latency.Model) error {
	fin := &r.cfg.Finish
	if !r.budgeted() || fin.Reach != 0 || r.cfg.Train.Steps > 0 {
		return nil
	}
	lanes, err := r.openLanes(fin.Networks)
	if err != nil {
		return err
	}
	defer lanes.close()
	enough := r.lastEach(r.left(), len(lanes.execs)) * float64(fin.Networks) / r.leastSteps()
	xs, ys, err := r.trainingTimes(ctx, lanes.execs[0], l, enough)
	if err != nil {
		return err
	}
	narrow, err := l.Cost(r.family.Extremes().Narrow)
	if err != nil {
		return err
	}
	if n := r.finishable(len(lanes.execs), interpolate(narrow.Latency, xs, ys)); n < fin.Networks {
		r.monitor.Log.Info("fewer networks: there is no time to finish more", "networks", n, "instead of", fin.Networks, "steps", worthwhile)
		before := r.cfg
		fin.Networks = n
		r.cfg.NoteDecided(before)
	}
	steps := r.leastSteps()
	fin.Reach = slowestWithin(r.lastEach(r.left(), len(lanes.execs))/steps, xs, ys, narrow.Latency)
	if fin.Reach > 0 {
		r.monitor.Log.Info("out of reach: there is no time to finish slower networks", "latency", fmt.Sprintf("%.4g ms", 1e3*fin.Reach.Seconds()), "steps", int(steps))
	}
	return r.saveConfig()
}

// leastSteps returns how many steps on the last rung a network must be able to have.
func (r *Run) leastSteps() float64 {
	return max(leastFinish, leastPasses*float64(r.splits.Train.Len())/float64(r.finishBatch()))
}

// finishable returns how many networks, of those wanted, the budget can finish when
// a step of the narrow one takes so many seconds; at least one.
func (r *Run) finishable(lanes int, step float64) int {
	all := r.lastEach(r.left(), lanes) * float64(r.cfg.Finish.Networks)
	return max(1, min(r.cfg.Finish.Networks, int(all/(worthwhile*step))))
}

// lastEach returns the seconds of one lane that the last rung will have for each
// network, when so much time is left before the supernet is trained.
func (r *Run) lastEach(left time.Duration, lanes int) float64 {
	arms := 1
	if r.cfg.Search.Random {
		arms = 2
	}
	last := r.cfg.Finish.Share * (1 - evaluationShare) * rungShare[rungs-1] * left.Seconds()
	return last * float64(lanes) / float64(arms*r.cfg.Finish.Networks)
}

// slowestWithin returns the latency at which a training step takes so many
// seconds, at least least; 0 if the slowest network's takes no longer. latencies
// and seconds are those of networks, both rising. It is rounded up to whole nanoseconds: a
// network of that latency is within it.
func slowestWithin(step float64, latencies, seconds []float64, least float64) time.Duration {
	slowest := max(interpolate(step, seconds, latencies), least)
	if slowest >= latencies[len(latencies)-1] {
		return 0
	}
	reach := time.Duration(slowest * float64(time.Second))
	if reach.Seconds() < slowest {
		reach++
	}
	return reach
}

// trainingTimes times training steps of the smallest, the narrow and the largest
// network and of some random ones, by predicted latency; see stepCurve. Beyond one whose
// steps take longer than enough only the narrow one is timed: others are out of reach anyhow,
// unless that one's steps show that the other was disturbed.
func (r *Run) trainingTimes(ctx context.Context, x *ops.Exec, l *latency.Model, enough float64) (latencies, seconds []float64, err error) {
	narrow := r.family.Extremes().Narrow
	archs := []space.Arch{r.family.Extremes().Smallest, narrow, r.family.Extremes().Largest}
	rng := stream.New(r.cfg.Seed, "timed networks")
	for len(archs) < timedNetworks {
		archs = append(archs, r.family.Space().Random(rng))
	}
	at := make(map[space.Arch]float64)
	for _, a := range archs {
		c, err := l.Cost(a)
		if err != nil {
			return nil, nil, err
		}
		at[a] = c.Latency
	}
	return stepCurve(archs, at, func(a space.Arch) (float64, error) { return r.timeFew(ctx, x, a) }, func(a space.Arch, before float64) bool { return before > enough && a != narrow })
}

// stepCurve times training steps of networks with these latencies, by timed, which returns seconds,
// and returns latencies and the seconds of a step, both rising. One that trains for longer than a
// slower one was disturbed: it counts with as much as that. What skip says is left out, given the
// step of the slowest of those that are faster; nil skips none.
func stepCurve(archs []space.Arch, at map[space.Arch]float64, timed func(space.Arch) (float64, error), skip func(a space.Arch, before float64) bool) (latencies, seconds []float64, err error) {
	archs = slices.Clone(archs)
	slices.SortStableFunc(archs, func(a, b space.Arch) int { return sign(at[a] < at[b]) })
	before := 0.0
	for _, a := range archs {
		if skip != nil && skip(a, before) {
			continue
		}
		step, err := timed(a)
		if err != nil {
			return nil, nil, err
		}
		before = step
		latencies, seconds = append(latencies, at[a]), append(seconds, step)
	}
	latencies, seconds = rising(latencies, seconds)
	return latencies, seconds, nil
}

// rising returns the curve below all points, x rising: each y is the least of those from there
// on. Of points that are level the last one stays, so that both rise.
func rising(xs, ys []float64) (x, y []float64) {
	least := math.Inf(1)
	for i := len(xs) - 1; i >= 0; i-- {
		if ys[i] < least && (len(x) == 0 || xs[i] < x[len(x)-1]) {
			least = ys[i]
			x, y = append(x, xs[i]), append(y, least)
		}
	}
	slices.Reverse(x)
	slices.Reverse(y)
	return x, y
}

// slowStep is the seconds of a step that is long enough for a few of them to tell.
const slowStep = 0.1

// timeFew returns the mean seconds of a step of a whole training of a network.
func (r *Run) timeFew(ctx context.Context, x *ops.Exec, a space.Arch) (float64, error) {
	net := r.fresh(a, r.cfg.Seed)
	o, cost := onWhole(r.finishOptions(manySteps, 0), net)
	t, err := supernet.NewTrainer(x, net, r.splits.Train, r.norm, single(net), o)
	if err != nil {
		return 0, err
	}
	step, err := r.fastestStep(ctx, t)
	return cost * step, err
}

// fastestStep returns the seconds of a step of a training: the least of a few timings, since whatever else a
// machine does only makes them longer.
func (r *Run) fastestStep(ctx context.Context, t *supernet.Trainer) (float64, error) {
	of := func(steps int) (float64, error) {
		start := r.now()
		err := t.Run(ctx, t.Step()+steps, nil)
		return r.since(start).Seconds() / float64(steps), err
	}
	steps, timings := 3, 3
	first, err := of(1) // touches memory for the first time
	if err == nil && first > slowStep {
		steps, timings = 1, 2
	}
	least := math.Inf(1)
	for range timings {
		if err != nil {
			return 0, err
		}
		var each float64
		each, err = of(steps)
		least = min(least, each)
	}
	return least, err
}
