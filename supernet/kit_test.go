package supernet

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/supernet/data"
	"github.com/espalier-nas/espalier/supernet/space"
	"github.com/espalier-nas/espalier/supernet/space/chain"
)

// exec returns an Exec that ends with the test.
func exec(t testing.TB, workers int) *ops.Exec {
	t.Helper()
	e, err := ops.NewExec(ops.Config{Workers: workers})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

// smallChain is a space with every op, odd widths, skips, elastic kernels and
// two sizes, small enough to train in milliseconds.
func smallChain(t testing.TB) *chain.Family {
	t.Helper()
	c, err := chain.New(chain.Config{
		Name: "small", Stem: 8, Head: 20, Layers: 4,
		Ops:    []string{"conv3x3", "conv5x5", "sep3x3", "sep5x5", "maxpool3x3", "avgpool3x3", "identity"},
		Widths: []int{8, 12, 24}, Skips: true, Activations: []string{"relu", "hardswish"},
		Downsample: []int{2}, ElasticKernel: true,
	}, space.Input{H: 9, W: 9, C: 2, Classes: 3})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// shapes returns n pictures of three classes that a small network can tell
// apart: a bright row, a bright column, or noise.
func shapes(n int, seed uint64) *data.Set {
	r := rand.New(rand.NewPCG(seed, 1))
	s := &data.Set{H: 9, W: 9, C: 2, Classes: []string{"row", "column", "noise"}}
	for i := range n {
		class, at := i%3, r.IntN(9)
		for y := range 9 {
			for x := range 9 {
				v := r.IntN(100)
				if (class == 0 && y == at) || (class == 1 && x == at) {
					v += 120
				}
				s.Pix = append(s.Pix, uint8(v), uint8(r.IntN(100)))
			}
		}
		s.Labels = append(s.Labels, uint16(class))
	}
	return s
}

var trainOptions = TrainOptions{Batch: 16, Steps: 6, LR: 0.05, Momentum: 0.9, Nesterov: true, WeightDecay: 1e-3, Smoothing: 0.1, Warmup: 0.2, Seed: 5, Augment: data.Augment{Crop: 1, Flip: true}}

// trainer returns a trainer of fresh weights of f on shapes.
func trainer(t testing.TB, e *ops.Exec, f space.Family, s Sampler, o TrainOptions) *Trainer {
	t.Helper()
	set := shapes(60, 1)
	tr, err := NewTrainer(e, New(f, 3), set, data.Measure(set), s, o)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

func sampler(t testing.TB, name string, c *chain.Family) Sampler {
	t.Helper()
	flops := func(a space.Arch) int64 { return c.Plan(a).FLOPs() }
	s, err := NewSampler(name, c.Space(), SamplerOptions{Narrow: c.Extremes().Narrow, Max: c.Extremes().Largest, Random: 2, Between: 0.5, Alone: 1, FLOPs: flops})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func run(t testing.TB, tr *Trainer, until int) {
	t.Helper()
	if err := tr.Run(context.Background(), until, nil); err != nil {
		t.Fatal(err)
	}
}

// evaluator evaluates n on shapes that it was not trained on.
func evaluator(t testing.TB, e *ops.Exec, n *Net) *Evaluator {
	t.Helper()
	train := shapes(60, 1)
	v, err := NewEvaluator(e, n, train, shapes(50, 2), data.Measure(train), EvalOptions{Calibration: 40, Batch: 16, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	return v
}
