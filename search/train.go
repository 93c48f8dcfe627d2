package search

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/espalier-nas/espalier/search/config"
	"github.com/espalier-nas/espalier/search/rundir"
	"github.com/espalier-nas/espalier/supernet"
)

// Train trains the shared weights up to the configured number of steps, going
// on from the folder's checkpoint. When ctx ends it stops after the current
// step, with everything saved.
func (r *Run) Train(ctx context.Context) error {
	_, err := phase(r, phaseTrain, func() (struct{}, error) { return struct{}{}, r.train(ctx) })
	return err
}

func (r *Run) train(ctx context.Context) error {
	if err := r.fixSteps(ctx); err != nil {
		return err
	}
	l, err := r.sampling()
	if err != nil {
		return err
	}
	t, err := supernet.NewTrainer(r.exec, r.net, r.splits.Train, r.norm, l.sampler, r.trainOptions(r.cfg.Train.Steps))
	if err != nil {
		return err
	}
	loop := trainLoop{
		trainer: t, path: r.dir.Path(rundir.Supernet), every: r.cfg.Train.Checkpoint,
		owner: func() (json.RawMessage, error) {
			if err := r.account(); err != nil { // what the last step told, before the step counts as done
				return nil, err
			}
			return l.state()
		},
		monitor: r.monitor, resume: r.dir.Has(rundir.Supernet), restore: l.restore, between: l.between, chunk: l.chunk,
		last: func(p supernet.Progress) { r.state.Train = &lastStep{p.Loss, p.Accuracy} },
	}
	if err := loop.run(ctx); err != nil {
		return err
	}
	r.net = t.Averaged()
	r.monitor.Log.Info("weights of the supernet", "hash", r.net.Hash())
	if err := r.keepPool(); err != nil {
		return err
	}
	if l.policy != nil {
		r.policy = l.policy.State()
	}
	return nil
}

// trainOptions returns what the trainer of the supernet needs for a run of so many steps.
func (r *Run) trainOptions(steps int) supernet.TrainOptions {
	t := r.cfg.Train
	return supernet.TrainOptions{
		Batch: t.Batch, Steps: steps, LR: t.LR, MinLR: t.MinLR, Warmup: t.Warmup, Schedule: t.Schedule,
		Momentum: t.Momentum, Nesterov: t.Nesterov, WeightDecay: t.WeightDecay, Smoothing: t.Smoothing, Clip: t.Clip, Average: t.Average,
		Seed: r.cfg.Seed, Augment: r.augment(), Plain: float64(t.Plain), Balance: r.cfg.Data.Balance,
	}
}

// sampler returns the sampler of train.sampler, one of supernet.Samplers.
func (r *Run) sampler() (supernet.Sampler, error) {
	return r.samplerOf(r.cfg.Train.Steps, int(r.cfg.Train.Alone*float64(r.cfg.Train.Steps)))
}

// samplerAlone returns the sampler with a first stage of so many steps for the
// largest subnet, where the sampler has one, and then as at the end of training.
func (r *Run) samplerAlone(alone int) (supernet.Sampler, error) { return r.samplerOf(0, alone) }

// samplerOf returns the sampler for a training of so many steps.
func (r *Run) samplerOf(steps, alone int) (supernet.Sampler, error) {
	o := supernet.SamplerOptions{
		Narrow: r.family.Extremes().Narrow, Max: r.largest(), Fits: r.fits(), Random: r.cfg.Train.Random, Between: r.cfg.Train.Between, Alone: alone, Steps: steps,
		Stratify: r.cfg.Train.Stratify, Sort: r.cfg.Train.Sort, FLOPs: r.flops,
	}
	return supernet.NewSampler(r.cfg.Train.Sampler, r.family.Space(), o)
}

// fixSteps turns epochs or budget into a number of steps, once: it is written
// into the folder's configuration before the first step.
func (r *Run) fixSteps(ctx context.Context) error {
	t := &r.cfg.Train
	if t.Steps > 0 {
		return nil
	}
	if t.Epochs > 0 {
		t.Steps = max(1, int(math.Round(t.Epochs*float64(r.splits.Train.Len()/t.Batch))))
	} else {
		steps, err := r.affordable(ctx)
		if err != nil {
			return err
		}
		t.Steps = steps
	}
	t.Epochs = 0
	r.monitor.Log.Info("training", "steps", t.Steps, "images", t.Steps*t.Batch, "sampler", t.Sampler)
	return r.saveConfig()
}

// trainLoop drives a trainer through its steps with checkpoints.
type trainLoop struct {
	trainer *supernet.Trainer
	path    string        // of the checkpoint
	every   time.Duration // between checkpoints
	monitor Monitor
	silent  bool // shows no progress
	resume  bool // path holds a checkpoint to go on from
	owner   func() (json.RawMessage, error)
	restore func(json.RawMessage) error
	chunk   int                         // steps between two calls of between; 0: never
	between func(context.Context) error // what happens between chunks
	last    func(supernet.Progress)
	pace    *pacing        // makes it end in time; nil: it takes what it takes
	before  *time.Duration // that earlier processes took, which counts for pace; nil: nothing is to end in time

	saved time.Time
	cost  time.Duration // of the last checkpoint
}

// saveShare is how much of the time, at most, checkpoints take: where one takes long, as on
// a slow disk, they are further apart than train.checkpoint says.
const saveShare = 0.02

// run trains to the end. Whatever ends it early, it saves the steps done.
func (l *trainLoop) run(ctx context.Context) error {
	if l.resume {
		owner, err := l.trainer.Load(l.path)
		if err != nil {
			return fmt.Errorf("resume: %w", err)
		}
		if err := l.restore(owner); err != nil {
			return fmt.Errorf("resume: %s: %w", l.path, err)
		}
	}
	if l.trainer.Step() >= l.trainer.Steps() {
		return ctx.Err()
	}
	l.saved = time.Now()
	if l.pace != nil {
		var before time.Duration
		if l.before != nil {
			before = *l.before
		}
		if err := l.pace.begin(l.trainer, before); err != nil {
			return err
		}
	}
	for l.trainer.Step() < l.trainer.Steps() {
		if err := l.part(ctx); err != nil {
			if serr := l.save(); serr != nil {
				return serr
			}
			return err
		}
	}
	return l.save()
}

// part runs what is due between two chunks and then the rest of a chunk.
func (l *trainLoop) part(ctx context.Context) error {
	until := l.trainer.Steps()
	if l.pace != nil {
		var err error
		if until, err = l.pace.next(l.trainer); err != nil {
			return err
		}
	}
	if l.chunk > 0 {
		if err := l.between(ctx); err != nil {
			return err
		}
		until = min(until, (l.trainer.Step()/l.chunk+1)*l.chunk)
	}
	return l.trainer.Run(ctx, until, l.each)
}

// each follows every step.
func (l *trainLoop) each(p supernet.Progress) error {
	if l.last != nil {
		l.last(p)
	}
	if !l.silent {
		l.show(p)
	}
	if time.Since(l.saved) < max(l.every, time.Duration(float64(l.cost)/saveShare)) {
		return nil
	}
	return l.save()
}

func (l *trainLoop) show(p supernet.Progress) {
	l.monitor.Events.Update(Status{
		Done: float64(p.Step * p.Images), Total: float64(p.Steps * p.Images), Ahead: l.trainer.Ahead() * float64(p.Images), Unit: "images",
		Note: fmt.Sprintf("loss %.3f  accuracy %.3f", p.Loss, p.Accuracy),
	})
}

func (l *trainLoop) save() error {
	start := time.Now()
	owner, err := l.owner()
	if err != nil {
		return err
	}
	if err := l.trainer.Save(l.path, owner); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	l.saved = time.Now()
	l.cost = l.saved.Sub(start)
	return nil
}

// noOwner is the owner's document of a trainer whose sampler has no state.
func noOwner() (json.RawMessage, error) { return nil, nil }

func ignoreOwner(json.RawMessage) error { return nil }

// enas reports whether weights and controller take turns.
func (r *Run) enas() bool { return r.cfg.Train.Sampler == config.SamplerENAS }
