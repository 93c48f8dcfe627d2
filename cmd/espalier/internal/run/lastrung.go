package run

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/espalier-nas/espalier/cmd/espalier/internal/progress"
	"github.com/espalier-nas/espalier/supernet"
)

// lastRung trains those that may be handed over, the slowest first, each for its
// share of the time that is left by then. All arms have as much of it.
func (l *ladder) lastRung(ctx context.Context) error {
	on := l.all()
	slices.SortStableFunc(on, func(a, b *finished) int { return sign(a.latency() > b.latency()) })
	weights, err := l.lastWeights(ctx, on)
	if err != nil {
		return err
	}
	for i, f := range on {
		if err := l.teach(ctx, f.arm); err != nil {
			return err
		}
		steps, err := l.decide(func() (int, error) {
			if !l.r.budgeted() {
				return l.r.finishSteps(rungs - 1), nil
			}
			each, err := l.stepTimes(ctx, on[i:i+1])
			if err != nil {
				return 0, err
			}
			return lastSteps(l.ends-l.r.spent(), weights[i:], each[0], l.judging(l.r.splits.Val)), nil
		})
		if err != nil {
			return err
		}
		if err := l.train(ctx, rungs-1, f, steps, l.r.splits.Val); err != nil {
			return err
		}
		l.r.screen.Log.Info("finished", "arm", f.arm.name, "latency", fmt.Sprintf("%.4g ms", 1e3*f.latency()), "steps", steps,
			"inherited", fmt.Sprintf("%.4f", f.Accuracy), "now", fmt.Sprintf("%.4f", f.last().Accuracy))
		l.r.screen.Display.Update(progress.Status{Done: float64(i + 1), Total: float64(len(on)), Unit: "networks", Note: "last rung"})
	}
	return nil
}

// lastWeights returns the shares of the last rung's time: within an arm they grow
// with the seconds of a step to the power finish.power.
func (l *ladder) lastWeights(ctx context.Context, on []*finished) ([]float64, error) {
	weights := make([]float64, len(on))
	if !l.r.budgeted() {
		return weights, nil
	}
	each, err := l.stepTimes(ctx, on)
	if err != nil {
		return nil, err
	}
	sums := make(map[*arm]float64)
	for i, f := range on {
		weights[i] = math.Pow(each[i], l.r.cfg.Finish.Power)
		sums[f.arm] += weights[i]
	}
	for i, f := range on {
		weights[i] /= sums[f.arm]
	}
	return weights, nil
}

// teachingShare is how long, as a part of the teacher's training on the last rung,
// its outputs on the training images may take.
const teachingShare = 0.25

// teach makes the first finished network of an arm, the slowest, the teacher of
// those that follow. Its outputs on the training images are computed once; where
// that would take too long they learn from labels alone.
func (l *ladder) teach(ctx context.Context, a *arm) error {
	weight := l.r.cfg.Finish.Distill
	if weight == 0 || a.targets != nil {
		return nil
	}
	at := slices.IndexFunc(a.on, func(f *finished) bool { return len(f.rungs) == rungs })
	if at < 0 {
		return nil
	}
	teacher, set := a.on[at], l.r.splits.Train
	passes := forwardShare * float64(set.Len()) / float64(l.r.finishBatch())
	if passes > teachingShare*float64(teacher.last().Steps) {
		return nil
	}
	logits, err := teacher.net.Logits(ctx, l.r.exec, set, l.r.cfg.Evaluate.Batch)
	if err != nil {
		return err
	}
	a.targets = &supernet.Targets{Logits: logits, Weight: weight}
	return nil
}

// timedCandidates are trained for a few steps each, to learn how long those take.
const timedCandidates = 6

// stepTimes returns the seconds of a training step of each candidate: what its
// last rung took or, before the first, an estimate from a few candidates that are
// timed for it.
func (l *ladder) stepTimes(ctx context.Context, on []*finished) ([]float64, error) {
	each := make([]float64, len(on))
	if len(on) > 0 && len(on[0].rungs) > 0 {
		for i, f := range on {
			g := f.last()
			each[i] = g.Seconds / (float64(g.Steps) + l.judging(l.r.comparedOn()))
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

// timeSome times the training steps of some candidates, spread over latency, and
// returns latencies, rising, and seconds. It does so once.
func (l *ladder) timeSome(ctx context.Context, on []*finished) (xs, ys []float64, err error) {
	if l.timedAt != nil {
		return l.timedAt, l.timed, nil
	}
	sorted := slices.Clone(on)
	slices.SortStableFunc(sorted, func(a, b *finished) int { return sign(a.latency() < b.latency()) })
	n := min(timedCandidates, len(sorted))
	for k := range n {
		f := sorted[k*(len(sorted)-1)/max(1, n-1)]
		if len(xs) > 0 && !(f.latency() > xs[len(xs)-1]) {
			continue
		}
		net := l.r.net.Extract(f.Arch)
		t, err := l.r.timeSteps(ctx, net, single(net), l.r.finishOptions(manySteps, 0), time.Millisecond, 2, 6)
		if err != nil {
			return nil, nil, err
		}
		xs, ys = append(xs, f.latency()), append(ys, t.Seconds())
	}
	l.timedAt, l.timed = xs, ys
	return xs, ys, nil
}
