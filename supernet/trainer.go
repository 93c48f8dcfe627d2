package supernet

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/espalier-nas/espalier/internal/stream"
	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/supernet/data"
)

// Progress describes the step just done.
type Progress struct {
	Step, Steps int     // steps done, steps in all
	Loss        float64 // mean over the batch, of the step's first sample; with an auxiliary head, its share of the head's added
	Accuracy    float64 // share of the batch that the first sample got right
	LR          float64
	Subnets     int // subnets trained in the step
	Images      int // images in the batch
}

// Trainer trains the weights of a Net, step by step. What a step does is a
// function of the options, the sampler and the step's number; see Save.
type Trainer struct {
	exec    *ops.Exec
	own     *Net // what is trained for
	net     *Net // what is trained: own or, with an auxiliary head, own and the head
	output  int  // with a head, the step that puts out the logits of own
	norm    data.Normalization
	varied  data.Augment // as the loader varies images
	loader  *data.Loader
	sampler Sampler
	opt     ops.Optimizer
	rate    ops.Schedule
	average average
	o       TrainOptions
	course  course
	step    int

	smallH, smallW int  // sides of small pictures
	small          bool // the step at hand is on them

	views   views
	pcg     rand.PCG   // the source of rand
	rand    *rand.Rand // of samples, at the start of its stream in each step
	samples []Sample
	pass    Pass
	teacher []float32

	targets   Targets // none without logits
	targetsID string  // their fingerprint; empty without them
	soft      []float32
	drop      dropPath
}

// NewTrainer returns a trainer of n at step 0. set is the training split and norm its
// normalisation. It fails with options that Validate refuses, with fewer images than a batch,
// and with an auxiliary head where n has several architectures or its plan has no place for one.
func NewTrainer(e *ops.Exec, n *Net, set *data.Set, norm data.Normalization, s Sampler, o TrainOptions) (*Trainer, error) {
	if err := o.Validate(); err != nil {
		return nil, fmt.Errorf("training: %w", err)
	}
	if set.Len() < o.Batch {
		return nil, fmt.Errorf("training: %d images; want at least one batch of %d", set.Len(), o.Batch)
	}
	own, output := n, 0
	if o.Auxiliary > 0 {
		var err error
		if n, output, err = own.withAuxiliary(o.Seed); err != nil {
			return nil, fmt.Errorf("training: auxiliary is %v: %w", o.Auxiliary, err)
		}
	}
	o = o.For(n)
	opt, err := o.optimizer(e, n)
	if err != nil {
		return nil, fmt.Errorf("training: %w", err)
	}
	varied := o.augment(set.Len() / o.Batch)
	t := &Trainer{
		exec: e, own: own, net: n, output: output, sampler: s, o: o, course: newCourse(o.Steps), views: newViews(n),
		norm: norm, varied: varied, loader: o.loader(set, norm, varied),
		opt:  opt,
		rate: o.rate(), average: newAverage(n, o.Average),
	}
	t.rand = rand.New(&t.pcg)
	t.smallH, t.smallW, _ = n.smallSides()
	return t, nil
}

// Step returns the number of steps done.
func (t *Trainer) Step() int { return t.step }

// StepsPerEpoch returns the number of full batches in the training images.
func (t *Trainer) StepsPerEpoch() int { return t.loader.Batches() }

// Run trains until the given number of steps is done, at most Steps. each, if not nil, is called
// after every step; its error ends the run. So does divergence, with a *DivergedError, before the
// step changes any weight. A done context ends it after the current step with the context's
// error.
func (t *Trainer) Run(ctx context.Context, until int, each func(Progress) error) error {
	until = min(until, t.course.total)
	if t.step >= until {
		return ctx.Err()
	}
	batches := data.NewPrefetcher(t.loader, prefetchDepth, t.step)
	defer batches.Close()
	for t.step < until {
		if err := ctx.Err(); err != nil {
			return err
		}
		b := batches.Next()
		if b.Err != nil {
			return b.Err
		}
		p, err := t.train(b)
		if err != nil {
			return err
		}
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

// train does one step: every sample forward and backward, then one update. Once
// it has met the step's architectures it allocates nothing.
func (t *Trainer) train(b *data.Batch) (Progress, error) {
	if s, ok := t.sampler.(Sorter); ok && s.Sorts(t.step) {
		t.sort()
	}
	planned := t.course.at(t.step)
	lr := t.rate.At(int(planned))
	t.small = t.o.showsSmall(planned)
	stream.Seed(&t.pcg, t.o.Seed, "lessons", uint64(t.step))
	t.samples = t.sampler.Sample(t.step, t.rand, t.samples[:0])
	t.settle(b)
	if t.o.DropPath > 0 {
		t.drop.begin(&t.o, t.step, planned)
		t.pass.drop = &t.drop
	}
	p := Progress{Steps: t.course.total, LR: lr, Subnets: len(t.samples), Images: b.N}
	for i, sample := range t.samples {
		loss, correct := t.accumulate(b, sample, i == 0)
		if diverged(loss) {
			return p, &DivergedError{t.step + 1, t.course.total, loss, t.net.family.Space().Format(sample.Arch), lr}
		}
		if i == 0 {
			p.Loss, p.Accuracy = loss, float64(correct)/float64(b.N)
		}
	}
	if t.o.Clip > 0 {
		ops.ClipGrad(t.net.params, t.o.Clip)
	}
	t.opt.Step(lr)
	t.step++
	t.average.after(t.step, t.course.total, t.net)
	p.Step = t.step
	return p, nil
}

// accumulate runs one sample forward and backward, adding its gradients.
func (t *Trainer) accumulate(b *data.Batch, l Sample, first bool) (loss float64, correct int) {
	e := t.exec
	e.Begin(true)
	logits := t.views.of(l.Arch).Forward(e, &t.pass, t.pictures(b), nil)
	if t.o.Auxiliary > 0 {
		loss = t.o.Auxiliary * t.loss(b, l, first, logits)
		scaleGrad(logits, t.o.Auxiliary)
		logits = t.pass.outs[t.output]
	}
	loss += t.loss(b, l, first, logits)
	if first {
		t.teacher = append(t.teacher[:0], logits.Data...)
		correct = ops.Correct(logits, b.Labels)
	}
	e.Backward()
	return loss, correct
}

// loss returns the loss of a sample's logits and puts its gradient down at them.
func (t *Trainer) loss(b *data.Batch, l Sample, first bool, logits *ops.Tensor) float64 {
	switch smoothing := float32(t.o.Smoothing); {
	case l.Distill && !first:
		return ops.SoftCrossEntropy(t.exec, logits, t.teacher)
	case t.targets.Logits != nil:
		t.soft = t.targets.of(b, logits.C, t.soft[:0])
		return ops.MixedCrossEntropy(t.exec, logits, b.Labels, smoothing, t.soft, t.targets.Weight)
	default:
		return ops.CrossEntropy(t.exec, logits, b.Labels, smoothing)
	}
}
