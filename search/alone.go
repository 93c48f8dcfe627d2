package search

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/search/rundir"
	"github.com/espalier-nas/espalier/supernet"
	"github.com/espalier-nas/espalier/supernet/data"
	"github.com/espalier-nas/espalier/supernet/space"
)

// aloneCheckpoint is the training of train.arch.
const aloneCheckpoint = "alone.msgpack"

// TrainOnly trains without what a search does afterwards: the whole budget is
// for training. What is trained is the supernet or, with train.arch, that
// architecture alone, which is returned as a network with its score on the
// validation split.
func (r *Run) TrainOnly(ctx context.Context) (*supernet.Network, supernet.Score, error) {
	r.onlyTrain = true
	if r.cfg.Train.Arch == "" {
		return nil, supernet.Score{}, r.Train(ctx)
	}
	a, err := r.Arch(r.cfg.Train.Arch)
	if err != nil {
		return nil, supernet.Score{}, r.refused(fmt.Errorf("train.arch: %w", err))
	}
	var s supernet.Score
	n, err := phase(r, "train alone", func() (n *supernet.Network, err error) {
		fresh := r.cfg.Train.Steps == 0
		if err := r.fixSteps(ctx); err != nil {
			return nil, err
		}
		pace, err := r.alonePace(fresh)
		if err != nil {
			return nil, err
		}
		var before *time.Duration
		if pace.span > 0 { // else the checkpoint, which stays in the folder, is one of the same bits each time
			before = new(time.Duration)
		}
		n, s, err = r.alone(ctx, aloneTraining{
			net: r.fresh(a, r.cfg.Seed), label: r.label(a), options: r.aloneOptions(r.cfg.Train.Steps), checkpoint: aloneCheckpoint, before: before, on: r.splits.Val, pace: pace,
		})
		return n, err
	})
	if err != nil {
		return nil, s, err
	}
	if err := os.MkdirAll(r.dir.Path(rundir.Networks), 0o755); err != nil {
		return nil, s, fmt.Errorf("networks: %w", err)
	}
	return n, s, r.save(rundir.Alone, n)
}

// alonePace returns what keeps train.arch to the budget, where this run decided on its steps, and
// does what was done for that before. fresh: it decided just now.
func (r *Run) alonePace(fresh bool) (*pacing, error) {
	t := &r.cfg.Train
	p := &pacing{kept: slices.Clone(t.Replans), clock: r.spent, evaluating: r.evaluating(r.splits.Val, t.Batch)}
	p.decided = func(change supernet.Replan) error {
		t.Replans = append(t.Replans, change)
		return r.saveConfig()
	}
	if fresh && r.budgeted() {
		if err := r.give(rundir.Alone, paced{Seconds: r.left().Seconds()}); err != nil {
			return nil, err
		}
	}
	p.keepTo(r.state.Paces[rundir.Alone])
	return p, nil
}

// LastStep returns loss and accuracy of the last training step of the supernet, on its batch;
// ok is false if there was none.
func (r *Run) LastStep() (loss, accuracy float64, ok bool) {
	if r.state.Train == nil {
		return 0, 0, false
	}
	return r.state.Train.Loss, r.state.Train.Accuracy, true
}

// fresh returns untrained weights of one architecture, initialised for its own
// sizes.
func (r *Run) fresh(a space.Arch, seed uint64) *supernet.Net {
	own := r.net.Extract(a, r.exec.Kernel())
	return supernet.New(own.Family(), seed)
}

// single returns the sampler of a net that has one architecture.
func single(n *supernet.Net) supernet.Single { return supernet.Single{Arch: soleArch(n)} }

// soleArch returns the architecture of a net that has only one.
func soleArch(n *supernet.Net) space.Arch { return n.Family().(*space.Fixed).Arch() }

// aloneOptions returns what the trainer of a network of its own needs for so many steps.
func (r *Run) aloneOptions(steps int) supernet.TrainOptions {
	o, t := r.trainOptions(steps), r.cfg.Train
	o.DropPath, o.Auxiliary, o.Small = t.DropPath, t.Auxiliary, float64(t.Small)
	if t.Optimizer != supernet.OptimizerSGD { // SGD stays unsaid, as in recipes of earlier versions
		o.Optimizer, o.MuonRatio = t.Optimizer, t.MuonRatio
	}
	return o
}

// aloneTraining is the training of a net of one architecture.
type aloneTraining struct {
	net        *supernet.Net
	exec       *ops.Exec // nil: the run's
	label      supernet.Label
	options    supernet.TrainOptions
	targets    *supernet.Targets // of a teacher; nil: labels alone
	checkpoint string            // file of the folder that is gone on from
	before     *time.Duration    // is set to what earlier processes took, which the checkpoint keeps; nil: it keeps none
	on         *data.Set         // that the network is evaluated on afterwards
	silent     bool              // shows no progress: others train beside it
	pace       *pacing           // makes it end in time; nil: it takes what it takes
}

// alone trains a net of one architecture and returns it as a network with its
// score.
func (r *Run) alone(ctx context.Context, l aloneTraining) (*supernet.Network, supernet.Score, error) {
	net, o, exec := l.net, l.options, l.exec
	if exec == nil {
		exec = r.exec
	}
	took := newStopwatch(l.before, r.now)
	t, err := supernet.NewTrainer(exec, net, r.splits.Train, r.norm, single(net), o)
	if err != nil {
		return nil, supernet.Score{}, err
	}
	if l.targets != nil {
		if err := t.Distil(*l.targets); err != nil {
			return nil, supernet.Score{}, err
		}
	}
	loop := trainLoop{
		trainer: t, pace: l.pace, before: l.before, path: r.dir.Path(l.checkpoint), every: r.cfg.Train.Checkpoint, monitor: r.monitor, silent: l.silent,
		resume: r.dir.Has(l.checkpoint), restore: took.restore, owner: func() (json.RawMessage, error) {
			if err := r.account(); err != nil {
				return nil, err
			}
			return took.owner()
		},
	}
	if err := loop.run(ctx); err != nil {
		return nil, supernet.Score{}, err
	}
	net = t.Averaged()
	by, err := r.evaluatorOn(exec, net, l.on)
	if err != nil {
		return nil, supernet.Score{}, err
	}
	scores, err := by.Evaluate(ctx, []space.Arch{soleArch(net)})
	if err != nil {
		return nil, supernet.Score{}, err
	}
	n, err := by.Deploy(ctx, soleArch(net), l.label)
	return n, scores[0], err
}
