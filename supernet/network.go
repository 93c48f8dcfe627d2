package supernet

import (
	"context"
	"fmt"

	"gorgonia.org/tensor"

	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/supernet/data"
	"github.com/espalier-nas/espalier/supernet/space"
)

// Label tells where a Network comes from and how to feed it.
type Label struct {
	Arch    string    `json:"arch"`     // its architecture, in the text form of its space
	SpaceID string    `json:"space_id"` // of the space it was searched in
	Classes []string  `json:"classes"`
	Mean    []float32 `json:"mean"` // per channel, of pixels in 0..1
	Std     []float32 `json:"std"`
	// View is how pictures became the pixels that it learnt from; nil in files that were
	// written before it was noted, see PlainView.
	View *data.View `json:"view,omitempty"`
}

// Network is a network ready to classify: weights of its own, batch-norm
// statistics, and the normalisation its input needs.
type Network struct {
	net    *Net
	view   *Subnet
	stats  []*ops.Stats
	label  Label
	passes []Pass                 // by worker
	bytes  int                    // of the largest layer, see imageBytes
	last   []int                  // see lastReaders
	tuners map[int]*ops.Autotuner // by batch
	slices slicedForward
}

// Deploy extracts architecture a with freshly calibrated statistics. l names
// its origin and classes; the normalisation is the evaluator's.
func (v *Evaluator) Deploy(ctx context.Context, a space.Arch, l Label) (*Network, error) {
	stats, err := v.Calibrate(ctx, a)
	if err != nil {
		return nil, err
	}
	l.Mean, l.Std = v.norm.Mean, v.norm.Std
	return newNetwork(v.net.Extract(a, v.exec.Kernel()), stats, l), nil
}

// NewNetwork returns a network of plan p with random weights and the
// statistics of standard normal activations, for timing.
func NewNetwork(p space.Plan, seed uint64) (*Network, error) {
	f, err := space.NewFixed(p)
	if err != nil {
		return nil, err
	}
	n := New(f, seed)
	stats := make([]*ops.Stats, len(p))
	for i, s := range p {
		if s.Norm != "" {
			stats[i] = ops.NewStats(s.Layer.OutC)
		}
	}
	return newNetwork(n, stats, Label{}), nil
}

func newNetwork(n *Net, stats []*ops.Stats, l Label) *Network {
	f, ok := n.family.(*space.Fixed)
	if !ok {
		panic("supernet: a network needs a fixed family")
	}
	view := n.Subnet(f.Arch())
	w := &Network{net: n, view: view, stats: stats, label: l, passes: make([]Pass, 1), last: view.lastReaders(), tuners: map[int]*ops.Autotuner{}}
	for _, s := range view.plan {
		w.bytes = max(w.bytes, imageBytes(s.Layer))
	}
	return w
}

// Net returns the network's weights, to train or evaluate them on.
func (w *Network) Net() *Net { return w.net }

// Label tells where the network comes from and how to feed it.
func (w *Network) Label() Label { return w.label }

// Plan returns the network's layers.
func (w *Network) Plan() space.Plan { return w.view.plan }

// Input returns the shape of one picture.
func (w *Network) Input() (height, width, channels int) {
	l := w.view.plan[0].Layer
	return l.H, l.W, l.InC
}

// Normalization returns the normalisation of the network's input.
func (w *Network) Normalization() data.Normalization {
	return data.Normalization{Mean: w.label.Mean, Std: w.label.Std}
}

// Forward returns the logits of a batch of normalised pictures. It belongs to
// the caller's pass on e, which must not be training.
func (w *Network) Forward(e *ops.Exec, x *ops.Tensor) *ops.Tensor {
	if images, yes := sliced(e, x.N, w.bytes); yes {
		for len(w.passes) < e.Workers() {
			w.passes = append(w.passes, Pass{})
		}
		w.slices = slicedForward{w, x, w.view.output(e, x.N)}
		e.BatchParallel(x.N, images, &w.slices)
		return w.slices.y
	}
	c := w.tuners[x.N]
	if c == nil {
		c = new(ops.Autotuner)
		w.tuners[x.N] = c
	}
	c.Start(e)
	y := w.view.serve(e, &w.passes[0], x, w.stats, w.last)
	c.Done(e)
	return y
}

// Predict returns logits, N x classes, for normalised pictures x of shape
// N x H x W x C and type float32. The result is a copy.
func (w *Network) Predict(e *ops.Exec, x *tensor.Dense) (*tensor.Dense, error) {
	h, wd, c := w.Input()
	s := x.Shape()
	if len(s) != 4 || s[1] != h || s[2] != wd || s[3] != c {
		return nil, fmt.Errorf("predict: input has shape %v; want (N, %d, %d, %d)", s, h, wd, c)
	}
	pixels, ok := x.Data().([]float32)
	if !ok || x.RequiresIterator() || len(pixels) != s.TotalSize() {
		return nil, fmt.Errorf("predict: input is %v, or a strided view; want contiguous float32", x.Dtype())
	}
	e.Begin(false)
	y := w.Forward(e, e.Input(s[0], h, wd, c, pixels))
	logits := append([]float32(nil), y.Data...)
	return tensor.New(tensor.WithShape(s[0], y.C), tensor.WithBacking(logits)), nil
}

// Score returns how well the network does on a set, batch images at a time.
func (w *Network) Score(ctx context.Context, e *ops.Exec, set *data.Set, batch int) (Score, error) {
	return w.evaluate(ctx, e, set, batch, nil)
}

// EvaluateByClass returns the score on a set, and what the network says of each class, from one pass
// over the pictures.
func (w *Network) EvaluateByClass(ctx context.Context, e *ops.Exec, set *data.Set, batch int) (Score, Confusion, error) {
	c := NewConfusion(len(set.Classes))
	s, err := w.evaluate(ctx, e, set, batch, c)
	return s, c, err
}

// evaluate scores the network and counts into c, unless that is nil.
func (w *Network) evaluate(ctx context.Context, e *ops.Exec, set *data.Set, batch int, c Confusion) (Score, error) {
	var s Score
	err := w.each(ctx, e, set, batch, func(b *data.Batch, logits *ops.Tensor) {
		s.Accuracy += float64(ops.Correct(logits, b.Labels))
		s.Loss = ops.AddLosses(e, s.Loss, logits, b.Labels)
		if c != nil {
			c.Add(logits, b.Labels)
		}
	})
	if err != nil {
		return Score{}, err
	}
	s.Accuracy /= float64(set.Len())
	s.Loss /= float64(set.Len())
	return s, nil
}

// Right returns which pictures of a set the network tells right, in the set's order, with batch of them at a time.
func (w *Network) Right(ctx context.Context, e *ops.Exec, set *data.Set, batch int) ([]bool, error) {
	all := make([]bool, 0, set.Len())
	err := w.each(ctx, e, set, batch, func(b *data.Batch, logits *ops.Tensor) {
		for i, l := range b.Labels {
			all = append(all, said(logits.Data[i*logits.C:][:logits.C]) == int(l))
		}
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// Logits returns what the network says of the images of a set, not augmented and
// batch of them at a time: images x classes, in the set's order.
func (w *Network) Logits(ctx context.Context, e *ops.Exec, set *data.Set, batch int) ([]float32, error) {
	all := make([]float32, 0, set.Len()*len(set.Classes))
	err := w.each(ctx, e, set, batch, func(_ *data.Batch, logits *ops.Tensor) {
		all = append(all, logits.Data...)
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// each calls f with the batches of a set, in stored order, and their logits.
func (w *Network) each(ctx context.Context, e *ops.Exec, set *data.Set, batch int, f func(b *data.Batch, logits *ops.Tensor)) error {
	l := data.NewLoader(set, w.Normalization(), data.Augment{}, batch, 0)
	var b data.Batch
	for first := 0; first < set.Len(); first += batch {
		if err := ctx.Err(); err != nil {
			return err
		}
		if l.Sequential(&b, first, min(batch, set.Len()-first)); b.Err != nil {
			return b.Err
		}
		e.Begin(false)
		f(&b, w.Forward(e, e.Input(b.N, b.H, b.W, b.C, b.X)))
	}
	return nil
}
