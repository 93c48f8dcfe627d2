package search

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/espalier-nas/espalier/internal/stream"
	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/search/rundir"
	"github.com/espalier-nas/espalier/supernet"
	"github.com/espalier-nas/espalier/supernet/data"
)

// train takes one candidate over one rung and evaluates it on a set. pace, if not nil, may change
// the steps.
func (l *ladder) train(ctx context.Context, x *ops.Exec, rung int, f *finished, steps int, on *data.Set, pace *pacing) error {
	g, err := l.rungOf(ctx, x, rung, f, steps, on, pace)
	if err != nil {
		return err
	}
	f.rungs = append(f.rungs, g)
	if f.net, err = l.kept(rung, f); err != nil {
		return err
	}
	if rung > 0 {
		return remove(l.path(rung-1, f))
	}
	return nil
}

// rungOf returns what a rung made of a candidate, from the folder if that knows.
func (l *ladder) rungOf(ctx context.Context, x *ops.Exec, rung int, f *finished, steps int, on *data.Set, pace *pacing) (rundir.Rung, error) {
	arch := l.r.family.Space().Format(f.Arch)
	g, known := l.done[rungKey(f.arm.name, rung, f.index)]
	if known && (g.Arch != arch || g.Steps != pace.stepsOf(steps)) {
		return g, fmt.Errorf("%s: rung %d of candidate %d of %s is %s after %d steps; want %s after %d, which this run trains there",
			l.r.dir.Path(rundir.Finish), rung, f.index, f.arm.name, g.Arch, g.Steps, arch, pace.stepsOf(steps))
	}
	checkpoint := l.checkpoint(rung, f)
	if known { // a process that ended after the line was written may have left its checkpoint
		return g, remove(l.r.dir.Path(checkpoint))
	}
	start, before := l.r.now(), time.Duration(0)
	net, score, err := l.r.alone(ctx, aloneTraining{
		net: l.weights(f), exec: x, silent: true, label: l.r.label(f.Arch), options: l.r.finishOptions(steps, rung), targets: f.arm.targets, checkpoint: checkpoint, before: &before, on: on, pace: pace,
	})
	if err != nil {
		return g, err
	}
	if err := net.Save(l.path(rung, f)); err != nil {
		return g, err
	}
	g = rundir.Rung{
		Arm: f.arm.name, Rung: rung, Candidate: f.index, Arch: arch, Steps: pace.stepsOf(steps),
		Seconds: (before + l.r.since(start)).Seconds(), Accuracy: score.Accuracy, Loss: score.Loss,
	}
	if err := l.note(g); err != nil {
		return g, err
	}
	return g, remove(l.r.dir.Path(checkpoint))
}

// note writes a line to the disk.
func (l *ladder) note(g rundir.Rung) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.log.Append(g); err != nil {
		return err
	}
	return l.log.Sync()
}

// kept reads a network back from the folder. One whose next rung is done too
// need not be there any more.
func (l *ladder) kept(rung int, f *finished) (*supernet.Network, error) {
	n, err := supernet.LoadNetwork(l.path(rung, f))
	if _, later := l.done[rungKey(f.arm.name, rung+1, f.index)]; later && errors.Is(err, fs.ErrNotExist) {
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
		return l.r.fresh(f.Arch, l.r.seed())
	default:
		return l.r.net.Extract(f.Arch, l.r.exec.Kernel())
	}
}

// path returns the file of a candidate after a rung.
func (l *ladder) path(rung int, f *finished) string {
	return l.r.dir.Path(rundir.Finishing, fmt.Sprintf("%s-%02d-%d.msgpack", f.arm.name, f.index, rung))
}

// checkpoint returns the file, within the folder, of a candidate in training on a
// rung.
func (l *ladder) checkpoint(rung int, f *finished) string {
	return filepath.Join(rundir.Finishing, fmt.Sprintf("%s-%02d-%d.training", f.arm.name, f.index, rung))
}

func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

const (
	// firstWarmup is the part of the first rung on which the rate rises.
	firstWarmup = 0.5
	// rungAverage is the mean age of the averaged weights that candidates are
	// compared by before the last rung, a share of the rung's steps: while the rate
	// is high they stand for what a fallen rate would bring.
	rungAverage = 0.1
	// rungPlain is how many passes at the end of such a rung, at most, show pictures as
	// they are; those of train.plain belong to the end of the schedule, on the last rung.
	rungPlain = 1
)

// finishOptions returns how a candidate trains on a rung. All rungs together are
// one schedule of the rate: it rises on the first, stays, and falls on the last,
// so that what a rung has trained is not undone by the next one's warm-up.
func (r *Run) finishOptions(steps, rung int) supernet.TrainOptions {
	o := r.aloneOptions(steps)
	o.LR, o.MinLR, o.Warmup = r.cfg.Finish.LR, r.cfg.Finish.LR, 0
	switch rung {
	case 0:
		o.Warmup, o.Average, o.Plain = firstWarmup, rungAverage, min(o.Plain, rungPlain)
	case rungs - 1:
		o.MinLR = 0
	default:
		o.Average, o.Plain = rungAverage, min(o.Plain, rungPlain)
	}
	o.Seed = stream.New(r.seed(), "finish", uint64(rung)).Uint64()
	o.Batch = r.finishBatch()
	return o
}

// finishBatch returns the images of a step of finishing.
func (r *Run) finishBatch() int {
	if r.cfg.Finish.Batch > 0 {
		return r.cfg.Finish.Batch
	}
	return r.cfg.Train.Batch
}

// finishSteps returns the steps of a rung where no budget says how many.
func (r *Run) finishSteps(rung int) int {
	last := r.cfg.Finish.Steps
	if last == 0 {
		last = max(1, r.cfg.Train.Steps/4)
	}
	return max(1, int(rungSteps[rung]*float64(last)))
}
