package ops_test

import (
	"math/rand/v2"
	"testing"

	"github.com/espalier-nas/espalier/internal/allocs"
	"github.com/espalier-nas/espalier/ops"
)

// conv6 is a plain network of six convolutions for 28 x 28 pictures with one
// channel: 3x3 to 16 and 16, pool, 3x3 to 32, 5x5 to 32, pool, 3x3 to 64 and 64,
// mean, linear.
type conv6 struct {
	params []*ops.Param
	layers []conv6Layer
	fc     *ops.Param
	bias   *ops.Param
	input  []float32
	labels []int32
	batch  int
}

type conv6Layer struct {
	w, gamma, beta *ops.Param
	pool           bool
}

func newConv6(batch int) *conv6 {
	n := &conv6{batch: batch}
	r := rand.New(rand.NewPCG(1, 1))
	in := 1
	for i, l := range []struct {
		out, k int
		pool   bool
	}{{16, 3, false}, {16, 3, true}, {32, 3, false}, {32, 5, true}, {64, 3, false}, {64, 3, false}} {
		name := string(rune('a' + i))
		layer := conv6Layer{ops.NewDense(name, l.out, in, l.k, l.k, 1), ops.NewVector(name+".gamma", l.out), ops.NewVector(name+".beta", l.out), l.pool}
		ops.InitHe(layer.w, r)
		layer.gamma.Fill(1)
		n.layers = append(n.layers, layer)
		n.params = append(n.params, layer.w, layer.gamma, layer.beta)
		in = l.out
	}
	n.fc, n.bias = ops.NewDense("fc", 10, in, 1, 1, 1), ops.NewVector("fc.bias", 10)
	ops.InitHe(n.fc, r)
	n.params = append(n.params, n.fc, n.bias)
	n.input = draw(r, batch*28*28)
	for range batch {
		n.labels = append(n.labels, int32(r.IntN(10)))
	}
	return n
}

func (n *conv6) step(e *ops.Exec, o ops.Optimizer) float64 {
	e.Begin(true)
	x := e.Input(n.batch, 28, 28, 1, n.input)
	for _, l := range n.layers {
		x = ops.Conv(e, x, ops.ConvSpec{W: l.w.All(), S: 1, PadH: l.w.KH / 2, PadW: l.w.KW / 2})
		x = ops.BatchNorm(e, x, ops.NormSpec{Gamma: l.gamma, Beta: l.beta, C: x.C, Eps: 1e-5, Act: ops.ReLU})
		if l.pool {
			x = ops.MaxPool(e, x, ops.PoolSpec{KH: 2, KW: 2, S: 2, PadH: 0, PadW: 0})
		}
	}
	loss := ops.CrossEntropy(e, ops.Linear(e, ops.GlobalAvgPool(e, x), n.fc.All(), n.bias), n.labels, 0)
	e.Backward()
	ops.ClipGrad(n.params, 5)
	o.Step(0.01)
	return loss
}

func (n *conv6) sgd() ops.Optimizer {
	return ops.NewSGD(n.params, ops.SGDConfig{Momentum: 0.9, WeightDecay: 1e-4, Nesterov: true})
}

// TestStepAllocates demands that a training step allocates nothing once its
// shapes have been met.
func TestStepAllocates(t *testing.T) {
	forEachKernel(t, func(t *testing.T, e *ops.Exec) {
		n := newConv6(2)
		for name, o := range map[string]ops.Optimizer{"SGD": n.sgd(), "Adam": ops.NewAdam(n.params, ops.AdamConfig{Beta1: 0.9})} {
			n.step(e, o)
			if a := allocs.PerRun(3, func() { n.step(e, o) }); a != 0 {
				t.Errorf("%s: %v allocations in a step; want none", name, a)
			}
		}
	})
}

// TestStepWorkers trains the same network with one worker and with several and
// demands the same weights.
func TestStepWorkers(t *testing.T) {
	forEachKernel(t, func(t *testing.T, e *ops.Exec) {
		a, b, alone := newConv6(6), newConv6(6), newExec(t, e.Kernel(), 1)
		oa, ob := a.sgd(), b.sgd()
		for range 3 {
			if la, lb := a.step(e, oa), b.step(alone, ob); la != lb {
				t.Fatalf("loss %v with %d workers, %v with one", la, e.Workers(), lb)
			}
		}
		for i, p := range a.params {
			if !sameBits(p.Data, b.params[i].Data) {
				t.Errorf("%s differs between 1 and %d workers", p.Name, e.Workers())
			}
		}
	})
}

// TestStepLearns overfits one batch: gradients, optimiser and schedule together.
func TestStepLearns(t *testing.T) {
	n, e := newConv6(16), newExec(t, "", 0)
	o, first, last := n.sgd(), 0.0, 0.0
	for i := range 30 {
		if last = n.step(e, o); i == 0 {
			first = last
		}
	}
	if last > first/4 {
		t.Errorf("loss went from %v to %v in 30 steps on one batch; want a quarter or less", first, last)
	}
}

// BenchmarkStep times a training step of conv6 at batch 64.
func BenchmarkStep(b *testing.B) {
	n, e := newConv6(64), newExec(b, "", 0)
	o := n.sgd()
	n.step(e, o)
	for b.Loop() {
		n.step(e, o)
	}
	b.ReportMetric(64*float64(b.N)/b.Elapsed().Seconds(), "images/s")
}
