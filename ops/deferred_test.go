package ops_test

import (
	"math/rand/v2"
	"testing"

	"github.com/espalier-nas/espalier/ops"
)

// deferredNet is the weights and the pictures of TestDeferredNorms: maps of side x side pixels.
type deferredNet struct {
	first, pointwise, dense, depthwise, head, gamma, beta *ops.Param

	x      []float32
	labels []int32
}

const lateBatch, lateSide, deferredChannels = 20, 8, 40

func newLateNet(r *rand.Rand) *deferredNet {
	const c = deferredChannels
	n := &deferredNet{
		first: ops.NewDense("first", c, 8, 3, 3, 1), pointwise: ops.NewDense("pointwise", c, c, 1, 1, 1), dense: ops.NewDense("dense", c, c, 3, 3, 1),
		depthwise: ops.NewDepthwise("depthwise", c, 5, 5), head: ops.NewDense("head", 10, c*lateSide*lateSide, 1, 1, 1),
		gamma: ops.NewVector("g", c), beta: ops.NewVector("b", c),
		x: random(r, lateBatch*lateSide*lateSide*8), labels: make([]int32, lateBatch),
	}
	for _, p := range n.params() {
		ops.InitUniform(p, 1, r)
	}
	return n
}

func (n *deferredNet) params() []*ops.Param {
	return []*ops.Param{n.first, n.pointwise, n.dense, n.depthwise, n.head, n.gamma, n.beta}
}

func (n *deferredNet) conv(p *ops.Param, k, in int) ops.ConvSpec {
	return ops.ConvSpec{W: ops.Window{P: p, OutC: deferredChannels, KH: k, KW: k, InC: in}, S: 1, PadH: k / 2, PadW: k / 2}
}

// lateReader is an operation, or some, on the output y of a norm; more norms are s.
type lateReader func(e *ops.Exec, y *ops.Tensor, s ops.NormSpec) *ops.Tensor

func (n *deferredNet) readers() map[string]lateReader {
	const c = deferredChannels
	return map[string]lateReader{
		"pointwise": func(e *ops.Exec, y *ops.Tensor, deferred ops.NormSpec) *ops.Tensor {
			return ops.ConvNorm(e, y, n.conv(n.pointwise, 1, c), deferred)
		},
		"dense": func(e *ops.Exec, y *ops.Tensor, deferred ops.NormSpec) *ops.Tensor {
			return ops.ConvNorm(e, y, n.conv(n.dense, 3, c), deferred)
		},
		"depthwise": func(e *ops.Exec, y *ops.Tensor, deferred ops.NormSpec) *ops.Tensor {
			return ops.ConvNorm(e, y, n.conv(n.depthwise, 5, c), deferred)
		},
		"a chain": func(e *ops.Exec, y *ops.Tensor, deferred ops.NormSpec) *ops.Tensor {
			for range 2 {
				y = ops.ConvNorm(e, ops.ConvNorm(e, y, n.conv(n.depthwise, 3, c), deferred), n.conv(n.pointwise, 1, c), deferred)
			}
			return y
		},
		"two readers": func(e *ops.Exec, y *ops.Tensor, deferred ops.NormSpec) *ops.Tensor {
			z := ops.ConvNorm(e, y, n.conv(n.pointwise, 1, c), deferred)
			return ops.Add(e, ops.ReLU, []*ops.Tensor{ops.ConvNorm(e, y, n.conv(n.depthwise, 3, c), deferred), z, y})
		},
		"convolution": func(e *ops.Exec, y *ops.Tensor, _ ops.NormSpec) *ops.Tensor {
			return ops.Conv(e, y, n.conv(n.depthwise, 3, c))
		},
		"convolution added": func(e *ops.Exec, y *ops.Tensor, deferred ops.NormSpec) *ops.Tensor {
			z := ops.Conv(e, y, n.conv(n.pointwise, 1, c))
			return ops.AddConv(e, z, ops.ConvNorm(e, y, n.conv(n.pointwise, 1, c), deferred), n.conv(n.dense, 3, c))
		},
		"norm": func(e *ops.Exec, y *ops.Tensor, deferred ops.NormSpec) *ops.Tensor {
			return ops.BatchNorm(e, y, deferred)
		},
		"activation": func(e *ops.Exec, y *ops.Tensor, _ ops.NormSpec) *ops.Tensor { return ops.Activate(e, y, ops.SiLU) },
		"pool": func(e *ops.Exec, y *ops.Tensor, _ ops.NormSpec) *ops.Tensor {
			return ops.MaxPool(e, y, ops.PoolSpec{KH: 3, KW: 3, S: 1, PadH: 1, PadW: 1})
		},
		"scale": func(e *ops.Exec, y *ops.Tensor, _ ops.NormSpec) *ops.Tensor {
			return ops.Scale(e, y, ops.GlobalAvgPool(e, y))
		},
		"loss": func(e *ops.Exec, y *ops.Tensor, _ ops.NormSpec) *ops.Tensor {
			ops.CrossEntropy(e, y, n.labels, 0)
			return y
		},
		"none": func(_ *ops.Exec, y *ops.Tensor, _ ops.NormSpec) *ops.Tensor { return y },
	}
}

// pass trains a step on the first norm, deferred or not, read by the operation called name,
// and returns all results.
func (n *deferredNet) pass(t *testing.T, e *ops.Exec, name string, deferred bool) (out [][]float32) {
	copied := func(f []float32) { out = append(out, append([]float32(nil), f...)) }
	for _, p := range n.params() {
		clear(p.Grad)
	}
	s := ops.NormSpec{Gamma: n.gamma, Beta: n.beta, C: deferredChannels, Eps: 1e-5, Act: ops.ReLU, Deferred: deferred}
	e.Begin(true)
	in := variable(e, lateBatch, lateSide, lateSide, 8, n.x)
	y := ops.ConvNorm(e, in, n.conv(n.first, 3, 8), s)
	if deferred != (y.Data == nil) {
		t.Fatalf("the norm was deferred: %v; want %v", y.Data == nil, deferred)
	}
	z := n.readers()[name](e, y, s)
	if name != "loss" && name != "none" {
		logits := ops.Linear(e, z, ops.Window{P: n.head, OutC: 10, KH: 1, KW: 1, InC: z.H * z.W * z.C}, nil)
		ops.CrossEntropy(e, logits, n.labels, 0.1)
	}
	e.Backward()
	copied(y.Data)
	copied(z.Data)
	for _, p := range n.params() {
		copied(p.Grad)
	}
	copied(in.Grad)
	return out
}

// TestDeferredNorms has every operation read the output of a norm that was left to it, or to
// another one before it, and compares results and gradients with those of one that was
// computed at once.
func TestDeferredNorms(t *testing.T) {
	n := newLateNet(rand.New(rand.NewPCG(8, 8)))
	forEachKernel(t, func(t *testing.T, e *ops.Exec) {
		alone := newExec(t, e.Kernel(), 1)
		for name := range n.readers() {
			want := n.pass(t, e, name, false)
			for _, e := range []*ops.Exec{e, alone} {
				for i, got := range n.pass(t, e, name, true) {
					if !sameBits(got, want[i]) {
						t.Errorf("%s, %d workers: result %d of %d has other bits when the norm is deferred", name, e.Workers(), i, len(want))
					}
				}
			}
		}
	})
}
