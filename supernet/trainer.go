package supernet

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/espalier-nas/espalier/internal/stream"
	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/supernet/data"
)

// TrainOptions are the numbers of a training run. Rates are per step.
type TrainOptions struct {
	Batch       int          // images per step
	Steps       int          // optimiser steps in all
	LR, MinLR   float64      // peak and final learning rate of the cosine schedule
	Warmup      float64      // share of the steps over which the rate rises linearly from 0
	Momentum    float64      // of SGD
	Nesterov    bool         // Nesterov momentum
	WeightDecay float64      // L2, on convolution and linear weights only
	Smoothing   float64      // label smoothing
	Clip        float64      // largest global gradient norm; 0: no limit
	Seed        uint64       // of order, augmentation and sampled subnets
	Augment     data.Augment // of the training images
}

// Validate reports every value that is out of range.
func (o TrainOptions) Validate() error {
	var errs []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	check(o.Batch >= 1, "batch is %d; want at least 1", o.Batch)
	check(o.Steps >= 1, "steps is %d; want at least 1", o.Steps)
	check(o.LR > 0, "lr is %v; want more than 0", o.LR)
	check(o.MinLR >= 0 && o.MinLR <= o.LR, "min_lr is %v; want 0 to lr", o.MinLR)
	check(o.Warmup >= 0 && o.Warmup < 1, "warmup is %v; want a share below 1", o.Warmup)
	check(o.Momentum >= 0 && o.Momentum < 1, "momentum is %v; want 0 to below 1", o.Momentum)
	check(o.WeightDecay >= 0, "weight_decay is %v; want 0 or more", o.WeightDecay)
	check(o.Smoothing >= 0 && o.Smoothing < 1, "smoothing is %v; want 0 to below 1", o.Smoothing)
	check(o.Clip >= 0, "clip is %v; want 0 or more", o.Clip)
	return errors.Join(errs...)
}

// Progress describes the step just done.
type Progress struct {
	Step, Steps int     // steps done, steps in all
	Loss        float64 // mean over the batch, of the step's first lesson
	Accuracy    float64 // share of the batch that the first lesson got right
	LR          float64
	Lessons     int // subnets trained in the step
	Images      int // images in the batch
}

// Trainer trains the weights of a Net, step by step. What a step does is a
// function of the options, the sampler and the step's number; see Save.
type Trainer struct {
	exec    *ops.Exec
	net     *Net
	loader  *data.Loader
	sampler Sampler
	opt     *ops.SGD
	rate    ops.Cosine
	o       TrainOptions
	step    int

	views   views
	pcg     rand.PCG   // the source of rand
	rand    *rand.Rand // of lessons, at the start of its stream in each step
	lessons []Lesson
	pass    Pass
	teacher []float32
}

// NewTrainer returns a trainer at step 0. norm is the training split's
// normalisation.
func NewTrainer(e *ops.Exec, n *Net, set *data.Set, norm data.Normalization, s Sampler, o TrainOptions) (*Trainer, error) {
	if err := o.Validate(); err != nil {
		return nil, fmt.Errorf("training: %w", err)
	}
	if set.Len() < o.Batch {
		return nil, fmt.Errorf("training: %d images; want at least one batch of %d", set.Len(), o.Batch)
	}
	t := &Trainer{
		exec: e, net: n, sampler: s, o: o, views: newViews(n),
		loader: data.NewLoader(set, norm, o.Augment, o.Batch, o.Seed),
		opt:    ops.NewSGD(n.params, ops.SGDConfig{Momentum: o.Momentum, WeightDecay: o.WeightDecay, Nesterov: o.Nesterov}),
		rate:   ops.Cosine{Base: o.LR, Min: o.MinLR, Warmup: int(o.Warmup * float64(o.Steps)), Total: o.Steps},
	}
	t.rand = rand.New(&t.pcg)
	return t, nil
}

// Step returns the number of steps done.
func (t *Trainer) Step() int { return t.step }

// StepsPerEpoch returns the number of full batches in the training images.
func (t *Trainer) StepsPerEpoch() int { return t.loader.Batches() }

// Run trains until the given number of steps is done, at most the options'
// Steps. each, if not nil, is called after every step; its error ends the run.
// A done context ends it after the current step with the context's error.
func (t *Trainer) Run(ctx context.Context, until int, each func(Progress) error) error {
	until = min(until, t.o.Steps)
	if t.step >= until {
		return ctx.Err()
	}
	batches := data.NewPrefetcher(t.loader, prefetchDepth, t.step)
	defer batches.Close()
	for t.step < until {
		if err := ctx.Err(); err != nil {
			return err
		}
		p := t.train(batches.Next())
		if each != nil {
			if err := each(p); err != nil {
				return err
			}
		}
	}
	return nil
}

// prefetchDepth is the number of batches prepared ahead: enough to cover a
// slow one, few enough to stay in cache.
const prefetchDepth = 4

// train does one step: every lesson forward and backward, then one update. Once
// it has met the step's architectures it allocates nothing.
func (t *Trainer) train(b *data.Batch) Progress {
	lr := t.rate.At(t.step)
	stream.Seed(&t.pcg, t.o.Seed, "lessons", uint64(t.step))
	t.lessons = t.sampler.Sample(t.step, t.rand, t.lessons[:0])
	p := Progress{Steps: t.o.Steps, LR: lr, Lessons: len(t.lessons), Images: b.N}
	for i, lesson := range t.lessons {
		loss, correct := t.teach(b, lesson, i == 0)
		if i == 0 {
			p.Loss, p.Accuracy = loss, float64(correct)/float64(b.N)
		}
	}
	if t.o.Clip > 0 {
		ops.ClipGrad(t.net.params, t.o.Clip)
	}
	t.opt.Step(lr)
	t.step++
	p.Step = t.step
	return p
}

// teach runs one lesson forward and backward, adding its gradients.
func (t *Trainer) teach(b *data.Batch, l Lesson, first bool) (loss float64, correct int) {
	e := t.exec
	e.Begin(true)
	logits := t.views.of(l.Arch).Forward(e, &t.pass, e.Input(b.N, b.H, b.W, b.C, b.X), nil)
	if l.Soft && !first {
		loss = ops.SoftCrossEntropy(e, logits, t.teacher)
	} else {
		loss = ops.CrossEntropy(e, logits, b.Labels, float32(t.o.Smoothing))
	}
	if first {
		t.teacher = append(t.teacher[:0], logits.Data...)
		correct = ops.Correct(logits, b.Labels)
	}
	e.Backward()
	return loss, correct
}
