package supernet

import (
	"context"
	"errors"
	"fmt"

	"github.com/espalier-nas/espalier/internal/stream"
	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/supernet/data"
	"github.com/espalier-nas/espalier/supernet/space"
)

// EvalOptions fix how subnets are evaluated.
type EvalOptions struct {
	Calibration int    // training images for batch-norm statistics
	Batch       int    // images per pass; statistics are means over batches of this size
	Seed        uint64 // of the choice of calibration images
}

// Validate reports every value that is out of range.
func (o EvalOptions) Validate() error {
	var errs []error
	if o.Calibration < 2 {
		errs = append(errs, fmt.Errorf("calibration is %d images; want at least 2", o.Calibration))
	}
	if o.Batch < 2 {
		errs = append(errs, fmt.Errorf("batch is %d; want at least 2", o.Batch))
	}
	return errors.Join(errs...)
}

// Score is how well a subnet did on the images it was evaluated on.
type Score struct {
	Accuracy float64 // share of images whose largest logit is the label's
	Loss     float64 // mean cross entropy, nats
}

// Evaluator evaluates subnets with the shared weights as they are. Batch-norm
// statistics are measured anew for each of them on a fixed set of training
// images, in buffers of its own: evaluation never changes the Net, and no
// subnet's result depends on which others are evaluated with it.
type Evaluator struct {
	exec   *ops.Exec
	net    *Net
	calib  *data.Loader
	val    *data.Loader
	norm   data.Normalization
	o      EvalOptions
	batch  data.Batch
	passes []Pass        // by worker
	logits []*ops.Tensor // of a batch, by subnet

	computed, saved int64
}

// NewEvaluator returns an evaluator that calibrates on images of train and
// evaluates on val. It fails with options that Validate refuses, fewer than two images in train
// and none in val.
func NewEvaluator(e *ops.Exec, n *Net, train, val *data.Set, norm data.Normalization, o EvalOptions) (*Evaluator, error) {
	if err := o.Validate(); err != nil {
		return nil, fmt.Errorf("evaluation: %w", err)
	}
	if train.Len() < 2 || val.Len() < 1 {
		return nil, fmt.Errorf("evaluation: %d training and %d validation images; want at least 2 and 1", train.Len(), val.Len())
	}
	o.Calibration = min(o.Calibration, train.Len())
	o.Batch = min(o.Batch, o.Calibration)
	picked, err := train.Subset(stream.New(o.Seed, "calibration").Perm(train.Len())[:o.Calibration]).Load()
	if err != nil {
		return nil, fmt.Errorf("evaluation: %w", err)
	}
	return &Evaluator{
		exec: e, net: n, norm: norm, o: o, passes: make([]Pass, e.Workers()),
		calib: data.NewLoader(picked, norm, data.Augment{}, o.Batch, o.Seed),
		val:   data.NewLoader(val, norm, data.Augment{}, o.Batch, o.Seed),
	}, nil
}

// Logits returns what the view of architecture a says of the images of a set, images x
// classes, with statistics calibrated as Deploy does: what a deployed network must say too,
// to the bit.
func (v *Evaluator) Logits(ctx context.Context, a space.Arch, set *data.Set) ([]float32, error) {
	stats, err := v.Calibrate(ctx, a)
	if err != nil {
		return nil, err
	}
	var all []float32
	view, l := v.net.Subnet(a), data.NewLoader(set, v.norm, data.Augment{}, v.o.Batch, v.o.Seed)
	err = v.each(ctx, l, func(x *ops.Tensor) {
		all = append(all, view.Forward(v.exec, &v.passes[0], x, stats).Data...)
	})
	return all, err
}

// Evaluate returns the score of each architecture. A done context ends it
// between batches with the context's error.
func (v *Evaluator) Evaluate(ctx context.Context, archs []space.Arch) ([]Score, error) {
	return v.evaluate(ctx, archs, nil)
}

// EvaluateByClass returns the score of each architecture as Evaluate does, and what each says of the
// images of each class.
func (v *Evaluator) EvaluateByClass(ctx context.Context, archs []space.Arch) ([]Score, []Confusion, error) {
	tables := make([]Confusion, len(archs))
	for i := range tables {
		tables[i] = NewConfusion(len(v.val.Set().Classes))
	}
	scores, err := v.evaluate(ctx, archs, tables)
	return scores, tables, err
}

// evaluate scores architectures and counts into tables, one for each, unless that is nil.
func (v *Evaluator) evaluate(ctx context.Context, archs []space.Arch, tables []Confusion) ([]Score, error) {
	subnets, flops := v.views(archs)
	t := newTrie(subnets)
	if err := v.calibrate(ctx, t); err != nil {
		return nil, err
	}
	scores := make([]Score, len(archs))
	err := v.each(ctx, v.val, func(x *ops.Tensor) {
		for i, logits := range v.run(t, subnets, x) {
			scores[i].Accuracy += float64(ops.Correct(logits, v.batch.Labels))
			scores[i].Loss = ops.AddLosses(v.exec, scores[i].Loss, logits, v.batch.Labels)
			if tables != nil {
				tables[i].Add(logits, v.batch.Labels)
			}
		}
	})
	if err != nil {
		return nil, err
	}
	n := float64(v.val.Set().Len())
	for i := range scores {
		scores[i].Accuracy /= n
		scores[i].Loss /= n
	}
	v.count(t, flops)
	return scores, nil
}

// count adds the work of evaluating the subnets of t, of so many operations an image if each were
// computed alone.
func (v *Evaluator) count(t *trie, flops int64) {
	images := int64(v.calib.Set().Len() + v.val.Set().Len())
	v.computed += t.flops * images
	v.saved += (flops - t.flops) * images
}

// Count adds to what Shared returns the work of evaluating architectures in one call, without
// doing it: an earlier process has done it.
func (v *Evaluator) Count(archs []space.Arch) {
	subnets, flops := v.views(archs)
	v.count(newTrie(subnets), flops)
}

// run returns the logits of subnets, those of t, for a batch.
func (v *Evaluator) run(t *trie, subnets []*Subnet, x *ops.Tensor) []*ops.Tensor {
	v.logits = v.logits[:0]
	for _, s := range subnets {
		v.logits = append(v.logits, s.output(v.exec, x.N))
	}
	if images, yes := sliced(v.exec, x.N, t.bytes); yes {
		v.exec.BatchParallel(x.N, images, &slicedWalk{t, v.passes, x, v.logits})
		return v.logits
	}
	t.walk(v.exec, &v.passes[0], x, ops.NormRunning, func(i int, logits *ops.Tensor) { put(v.logits[i], 0, logits) })
	return v.logits
}

// Shared returns the floating-point operations computed so far, and counted, and those that
// shared prefixes saved.
func (v *Evaluator) Shared() (computed, saved int64) { return v.computed, v.saved }

// Calibrate returns the batch-norm statistics of one architecture, an entry
// per step of its plan (nil for steps without batch norm).
func (v *Evaluator) Calibrate(ctx context.Context, a space.Arch) ([]*ops.Stats, error) {
	subnets, _ := v.views([]space.Arch{a})
	t := newTrie(subnets)
	if err := v.calibrate(ctx, t); err != nil {
		return nil, err
	}
	return t.statsOf(subnets[0]), nil
}

func (v *Evaluator) views(archs []space.Arch) (subnets []*Subnet, flops int64) {
	for _, a := range archs {
		s := v.net.Subnet(a)
		subnets = append(subnets, s)
		flops += s.plan.FLOPs()
	}
	return subnets, flops
}

// calibrate normalises each layer with its batch's statistics while their
// means over the batches are collected (Once-for-All's set_running_statistics).
func (v *Evaluator) calibrate(ctx context.Context, t *trie) error {
	err := v.each(ctx, v.calib, func(x *ops.Tensor) {
		t.walk(v.exec, &v.passes[0], x, ops.NormCalibrate, func(int, *ops.Tensor) {})
	})
	if err != nil {
		return err
	}
	for _, s := range t.norms {
		s.Finish()
	}
	return nil
}

// each runs f on all of l's images in stored order, a batch at a time.
func (v *Evaluator) each(ctx context.Context, l *data.Loader, f func(x *ops.Tensor)) error {
	for first := 0; first < l.Set().Len(); first += v.o.Batch {
		if err := ctx.Err(); err != nil {
			return err
		}
		b := &v.batch
		if l.Sequential(b, first, min(v.o.Batch, l.Set().Len()-first)); b.Err != nil {
			return b.Err
		}
		v.exec.Begin(false)
		f(v.exec.Input(b.N, b.H, b.W, b.C, b.X))
	}
	return nil
}
