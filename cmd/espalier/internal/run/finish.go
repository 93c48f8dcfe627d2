package run

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/espalier-nas/espalier/cmd/espalier/internal/config"
	"github.com/espalier-nas/espalier/cmd/espalier/internal/progress"
	"github.com/espalier-nas/espalier/cmd/espalier/internal/rundir"
	"github.com/espalier-nas/espalier/internal/stream"
	"github.com/espalier-nas/espalier/supernet"
	"github.com/espalier-nas/espalier/supernet/data"
)

// finished is a candidate with what training it on has brought.
type finished struct {
	candidate                   // as judged with inherited weights
	arm       string            // that trained it
	index     int               // among the arm's candidates
	rungs     []rundir.Rung     // done so far
	net       *supernet.Network // after the last rung done; nil before the first
}

// last returns what the last rung found.
func (f *finished) last() rundir.Rung { return f.rungs[len(f.rungs)-1] }

// steps and seconds of training, over all rungs.
func (f *finished) steps() (n int) {
	for _, g := range f.rungs {
		n += g.Steps
	}
	return n
}

func (f *finished) seconds() (s float64) {
	for _, g := range f.rungs {
		s += g.Seconds
	}
	return s
}

// ladder finishes the candidates of one arm: successive halving (Jamieson and
// Talwalkar 2016) over the whole range of latencies. On each rung candidates
// train on from where they stand, each alone, with a whole schedule of the rate;
// weights are carried on. What it decides it takes from the folder if that knows.
type ladder struct {
	r       *Run
	arm     string
	all     []*finished
	done    map[string]rundir.Rung // by rung and candidate, from the folder
	log     *rundir.Journal[rundir.Rung]
	ends    time.Duration     // time spent in the run at which the arm must be through
	plan    []int             // steps decided on so far
	taken   int               // entries of the plan that were used
	targets *supernet.Targets // of the arm's teacher; nil: none
	more    chooser           // of further candidates; nil: none
}

// finish takes an arm's candidates up the ladder and returns those that came to
// the top, by rising latency.
//
// more, if it is not nil, chooses further candidates once the first ones have
// been on the first rung.
func (r *Run) finish(ctx context.Context, arm string, all []candidate, span time.Duration, more chooser) ([]*finished, error) {
	l, err := r.openLadder(arm, all, span)
	if err != nil {
		return nil, err
	}
	l.more = more
	top, err := l.climb(ctx)
	return top, errors.Join(err, l.log.Close())
}

// finishFolder holds the networks that are on their way up.
const finishFolder = "finish"

func (r *Run) openLadder(arm string, all []candidate, span time.Duration) (*ladder, error) {
	if err := os.MkdirAll(r.dir.Path(finishFolder), 0o755); err != nil {
		return nil, fmt.Errorf("finish: %w", err)
	}
	log, lines, _, err := rundir.OpenJournal[rundir.Rung](r.dir.Path(rundir.Finish))
	if err != nil {
		return nil, err
	}
	l := &ladder{r: r, arm: arm, log: log, done: make(map[string]rundir.Rung), ends: r.spent() + span, plan: r.cfg.Finish.Plan[arm]}
	for _, g := range lines {
		if g.Arm == arm {
			l.done[rungKey(g.Rung, g.Candidate)] = g
		}
	}
	for i, c := range all {
		l.all = append(l.all, &finished{candidate: c, arm: arm, index: i})
	}
	return l, nil
}

func rungKey(rung, candidate int) string { return fmt.Sprintf("%d.%d", rung, candidate) }

// chooser chooses n further candidates after the first ones have been on a rung.
type chooser func(ctx context.Context, done []*finished, n int) ([]candidate, error)

// climb goes up rung by rung.
func (l *ladder) climb(ctx context.Context) ([]*finished, error) {
	on := l.all
	for rung := range rungs - 1 {
		if err := l.rung(ctx, rung, on); err != nil {
			return nil, err
		}
		if rung == 0 {
			on = l.all
		}
		on = l.promote(rung, on)
	}
	return l.lastRung(ctx, on)
}

// rung trains all that are on a rung for the same number of steps. On the first
// one further candidates may join.
func (l *ladder) rung(ctx context.Context, rung int, on []*finished) error {
	joining := 0
	if rung == 0 && l.more != nil {
		joining = max(0, l.r.cfg.Search.Top-len(on))
	}
	steps, err := l.decide(func() (int, error) {
		if !l.r.budgeted() {
			return l.r.finishSteps(rung), nil
		}
		each, err := l.stepTimes(ctx, on)
		if err != nil {
			return 0, err
		}
		span := l.share(rung) * time.Duration(len(on)) / time.Duration(len(on)+joining)
		return equalSteps(span, each, l.judging(l.r.comparedOn())), nil
	})
	if err != nil {
		return err
	}
	if err := l.trainAll(ctx, rung, on, steps); err != nil || joining == 0 {
		return err
	}
	further, err := l.more(ctx, on, joining)
	if err != nil {
		return err
	}
	for _, c := range further {
		l.all = append(l.all, &finished{candidate: c, arm: l.arm, index: len(l.all)})
	}
	return l.trainAll(ctx, rung, l.all[len(on):], steps)
}

// trainAll takes candidates over a rung, each for so many steps.
func (l *ladder) trainAll(ctx context.Context, rung int, on []*finished, steps int) error {
	for i, f := range on {
		if err := l.train(ctx, rung, f, steps, l.r.comparedOn()); err != nil {
			return err
		}
		l.r.screen.Display.Update(progress.Status{
			Done: float64(i + 1), Total: float64(len(on)), Unit: "networks",
			Note: fmt.Sprintf("rung %d of %d, %d steps each", rung+1, rungs, steps),
		})
	}
	l.r.screen.Log.Info("rung", "arm", l.arm, "number", rung+1, "of", rungs, "networks", len(on), "steps", steps)
	return nil
}

// share returns how long a rung may take: its part of what is left.
func (l *ladder) share(rung int) time.Duration {
	rest := 0.0
	for _, s := range rungShare[rung:] {
		rest += s
	}
	return time.Duration(rungShare[rung] / rest * float64(max(0, l.ends-l.r.spent())))
}

// judging returns how many training steps take as long as judging a network on
// a set, calibration included.
func (l *ladder) judging(on *data.Set) float64 {
	images := l.r.cfg.Evaluate.Calibration + on.Len()
	return forwardShare * float64(images) / float64(l.r.finishOptions(1, 0, l.arm).Batch)
}

// promote returns those that leave a rung for the next, by rising latency: to the
// last rung as many as are to be handed over.
func (l *ladder) promote(rung int, on []*finished) []*finished {
	places := make([]place, len(on))
	for i, f := range on {
		places[i] = place{f.latency(), l.r.rungValue(f.last())}
	}
	want := l.r.cfg.Finish.Networks
	slots := want
	var chosen []int
	if rung == rungs-2 {
		chosen = layered(places, slots, want)
	} else {
		chosen = choose(places, slots, max(want, int(keep*float64(len(on))+0.5)))
	}
	next := make([]*finished, len(chosen))
	for k, i := range chosen {
		next[k] = on[i]
	}
	return next
}

// lastRung trains those that are handed over, the slowest first, each for its
// share of the time that is left by then, and returns them by rising latency.
func (l *ladder) lastRung(ctx context.Context, on []*finished) ([]*finished, error) {
	on = slices.Clone(on)
	slices.Reverse(on)
	for i, f := range on {
		if err := l.teach(ctx, on[:i]); err != nil {
			return nil, err
		}
		steps, err := l.decide(func() (int, error) {
			if !l.r.budgeted() {
				return l.r.finishSteps(rungs - 1), nil
			}
			each, err := l.stepTimes(ctx, on[i:])
			if err != nil {
				return 0, err
			}
			return lastSteps(l.ends-l.r.spent(), each, l.r.cfg.Finish.Power, l.judging(l.r.splits.Val)), nil
		})
		if err != nil {
			return nil, err
		}
		if err := l.train(ctx, rungs-1, f, steps, l.r.splits.Val); err != nil {
			return nil, err
		}
		g := f.last()
		l.r.screen.Log.Info("finished", "arm", l.arm, "latency", fmt.Sprintf("%.4g ms", 1e3*f.latency()), "steps", steps,
			"inherited", fmt.Sprintf("%.4f", f.Accuracy), "now", fmt.Sprintf("%.4f", g.Accuracy))
		l.r.screen.Display.Update(progress.Status{Done: float64(i + 1), Total: float64(len(on)), Unit: "networks", Note: "last rung"})
	}
	slices.Reverse(on)
	return on, nil
}

// teachingShare is how long, as a part of the teacher's training on the last rung,
// its outputs on the training images may take.
const teachingShare = 0.25

// teach makes the first of the finished networks, the slowest, the teacher of
// those that follow. Its outputs on the training images are computed once; where
// that would take too long they learn from labels alone.
func (l *ladder) teach(ctx context.Context, done []*finished) error {
	weight := l.r.cfg.Finish.Distill
	if len(done) != 1 || weight == 0 {
		return nil
	}
	teacher, set := done[0], l.r.splits.Train
	passes := forwardShare * float64(set.Len()) / float64(l.r.finishOptions(1, 0, l.arm).Batch)
	if passes > teachingShare*float64(teacher.last().Steps) {
		l.r.screen.Log.Info("no teacher", "arm", l.arm, "why", fmt.Sprintf("its outputs would take as long as %.0f training steps, of %d", passes, teacher.last().Steps))
		return nil
	}
	logits, err := teacher.net.Logits(ctx, l.r.exec, set, l.r.cfg.Evaluate.Batch)
	if err != nil {
		return err
	}
	l.targets = &supernet.Targets{Logits: logits, Weight: weight}
	return nil
}

// decide returns the next number of steps of the plan, or what f says, which
// enters the plan.
func (l *ladder) decide(f func() (int, error)) (int, error) {
	if l.taken < len(l.plan) {
		l.taken++
		return l.plan[l.taken-1], nil
	}
	steps, err := f()
	if err != nil {
		return 0, err
	}
	l.plan = append(l.plan, steps)
	l.taken = len(l.plan)
	fin := &l.r.cfg.Finish
	if fin.Plan == nil {
		fin.Plan = make(map[string][]int)
	}
	fin.Plan[l.arm] = l.plan
	return steps, l.r.saveConfig()
}

// train takes one candidate over one rung and judges it on a set.
func (l *ladder) train(ctx context.Context, rung int, f *finished, steps int, on *data.Set) error {
	path := l.path(rung, f.index)
	g, known := l.done[rungKey(rung, f.index)]
	arch := l.r.family.Space().Format(f.Arch)
	if known && (g.Arch != arch || g.Steps != steps) {
		return fmt.Errorf("%s: rung %d of candidate %d of %s is %s after %d steps; want %s after %d, which this run trains there", l.r.dir.Path(rundir.Finish), rung, f.index, l.arm, g.Arch, g.Steps, arch, steps)
	}
	if !known {
		start := time.Now()
		net, score, err := l.r.alone(ctx, aloneTraining{
			net: l.weights(f), label: l.r.label(f.Arch), options: l.r.finishOptions(steps, rung, l.arm), targets: l.targets, checkpoint: finishCheckpoint, on: on,
		})
		if err != nil {
			return err
		}
		if err := net.Save(path); err != nil {
			return err
		}
		g = rundir.Rung{Arm: l.arm, Rung: rung, Candidate: f.index, Arch: arch, Steps: steps, Seconds: time.Since(start).Seconds(), Accuracy: score.Accuracy, Loss: score.Loss}
		if err := errors.Join(l.log.Append(g), l.log.Sync(), remove(l.r.dir.Path(finishCheckpoint))); err != nil {
			return err
		}
	}
	f.rungs = append(f.rungs, g)
	var err error
	if f.net, err = l.kept(path, f, rung); err != nil {
		return err
	}
	if rung > 0 {
		return remove(l.path(rung-1, f.index))
	}
	return nil
}

// kept reads a network back from the folder. One whose next rung is done too
// need not be there any more.
func (l *ladder) kept(path string, f *finished, rung int) (*supernet.Network, error) {
	n, err := supernet.LoadNetwork(path)
	if _, later := l.done[rungKey(rung+1, f.index)]; later && errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return n, err
}

// weights returns what a candidate's next rung begins with.
func (l *ladder) weights(f *finished) *supernet.Net {
	switch {
	case f.net != nil:
		return f.net.Net()
	case l.r.cfg.Finish.Scratch:
		return l.r.fresh(f.Arch)
	default:
		return l.r.net.Extract(f.Arch)
	}
}

func (l *ladder) path(rung, candidate int) string {
	return l.r.dir.Path(finishFolder, fmt.Sprintf("%s-%02d-%d.msgpack", l.arm, candidate, rung))
}

// finishCheckpoint is the training in progress.
var finishCheckpoint = filepath.Join(finishFolder, "training.msgpack")

func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// finishOptions returns how a candidate trains on a rung.
func (r *Run) finishOptions(steps, rung int, arm string) supernet.TrainOptions {
	o := r.trainOptions(steps)
	o.LR, o.MinLR = r.cfg.Finish.LR, 0
	o.Seed = stream.New(r.seed(), "finish "+arm, uint64(rung)).Uint64()
	if r.cfg.Finish.Batch > 0 {
		o.Batch = r.cfg.Finish.Batch
	}
	return o
}

// finishSteps returns the steps of a rung where no budget says how many.
func (r *Run) finishSteps(rung int) int {
	last := r.cfg.Finish.Steps
	if last == 0 {
		last = max(1, r.cfg.Train.Steps/4)
	}
	return max(1, int(rungSteps[rung]*float64(last)))
}

// rungValue is what candidates are compared by after a rung.
func (r *Run) rungValue(g rundir.Rung) float64 { return r.value(g.Accuracy, g.Loss) }

// value returns what a score is worth: higher is better.
func (r *Run) value(accuracy, loss float64) float64 {
	if r.cfg.Search.By == config.ByAccuracy {
		return accuracy
	}
	return -loss
}

// timedCandidates are trained for a few steps each, to learn how long those take.
const timedCandidates = 6

// stepTimes returns the seconds of a training step of each candidate: what its
// last rung took, or, before the first, an estimate from a few candidates that
// are timed for it.
func (l *ladder) stepTimes(ctx context.Context, on []*finished) ([]float64, error) {
	each := make([]float64, len(on))
	if len(on[0].rungs) > 0 {
		for i, f := range on {
			g := f.last()
			each[i] = g.Seconds / (float64(g.Steps) + l.judging(l.r.comparedOn()))
		}
		return each, nil
	}
	sorted := slices.Clone(on)
	slices.SortStableFunc(sorted, func(a, b *finished) int { return sign(a.latency() < b.latency()) })
	var xs, ys []float64
	for k := range min(timedCandidates, len(sorted)) {
		f := sorted[k*(len(sorted)-1)/max(1, min(timedCandidates, len(sorted))-1)]
		net := l.r.net.Extract(f.Arch)
		t, err := l.r.timeSteps(ctx, net, single(net), l.r.finishOptions(manySteps, 0, l.arm), 0, 2, 6)
		if err != nil {
			return nil, err
		}
		if len(xs) > 0 && !(f.latency() > xs[len(xs)-1]) {
			continue
		}
		xs, ys = append(xs, f.latency()), append(ys, t.Seconds())
	}
	for i, f := range on {
		each[i] = interpolate(f.latency(), xs, ys)
	}
	return each, nil
}
