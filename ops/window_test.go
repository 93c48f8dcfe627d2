package ops_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/espalier-nas/espalier/ops"
)

// windowNet is shared weights, larger than what one step uses: a convolution, a
// norm, a depthwise convolution, a norm and a linear layer.
type windowNet struct {
	conv, gamma, beta, dw, gamma2, beta2, fc, bias *ops.Param
}

func newWindowNet(r *rand.Rand) *windowNet {
	n := &windowNet{
		ops.NewDense("conv", 37, 21, 5, 5, 1), ops.NewVector("gamma", 37), ops.NewVector("beta", 37),
		ops.NewDepthwise("dw", 37, 7, 7), ops.NewVector("gamma2", 37), ops.NewVector("beta2", 37),
		ops.NewDense("fc", 20, 37, 1, 1, 1), ops.NewVector("bias", 20),
	}
	for _, p := range n.params() {
		ops.InitUniform(p, 1, r)
		p.Decay = true
	}
	return n
}

func (n *windowNet) params() []*ops.Param {
	return []*ops.Param{n.conv, n.gamma, n.beta, n.dw, n.gamma2, n.beta2, n.fc, n.bias}
}

// cut is the part of a windowNet that a step uses.
type cut struct{ in, mid, k, dwK, out int }

func drawCut(t *rapid.T) cut {
	return cut{
		rapid.IntRange(1, 21).Draw(t, "in"), rapid.IntRange(1, 37).Draw(t, "mid"),
		rapid.SampledFrom([]int{1, 3, 5}).Draw(t, "k"), rapid.SampledFrom([]int{1, 3, 5, 7}).Draw(t, "dwK"), rapid.IntRange(1, 20).Draw(t, "out"),
	}
}

// train runs the part forward and backward.
func (n *windowNet) train(e *ops.Exec, c cut, r *rand.Rand) {
	e.Begin(true)
	x := variable(e, 2, 4, 5, c.in, draw(r, 2*4*5*c.in))
	x = ops.Conv(e, x, ops.ConvSpec{W: ops.Window{P: n.conv, OutC: c.mid, KH: c.k, KW: c.k, InC: c.in}, S: 1, PadH: c.k / 2, PadW: c.k / 2})
	x = ops.BatchNorm(e, x, ops.NormSpec{Gamma: n.gamma, Beta: n.beta, C: c.mid, Eps: 1e-3, Act: ops.HardSwish})
	x = ops.Conv(e, x, ops.ConvSpec{W: ops.Window{P: n.dw, OutC: c.mid, KH: c.dwK, KW: c.dwK, InC: c.mid}, S: 1, PadH: c.dwK / 2, PadW: c.dwK / 2})
	x = ops.BatchNorm(e, x, ops.NormSpec{Gamma: n.gamma2, Beta: n.beta2, C: c.mid, Eps: 1e-3})
	y := ops.Linear(e, ops.GlobalAvgPool(e, x), ops.Window{P: n.fc, OutC: c.out, KH: 1, KW: 1, InC: c.mid}, n.bias)
	ops.CrossEntropy(e, y, []int32{0, int32(c.out - 1)}, 0.1)
	e.Backward()
}

// inside tells for each stored value of a parameter whether the part uses it.
func (n *windowNet) inside(p *ops.Param, c cut) []bool {
	in := make([]bool, len(p.Data))
	w := ops.Window{P: p, OutC: c.mid, KH: 1, KW: 1, InC: 1}
	switch p {
	case n.conv:
		w.KH, w.KW, w.InC = c.k, c.k, c.in
	case n.dw:
		w.KH, w.KW = c.dwK, c.dwK
	case n.fc:
		w.OutC, w.InC = c.out, c.mid
	case n.bias:
		w.OutC = c.out
	}
	lo := (p.KH - w.KH) / 2
	for o := range w.OutC {
		for i := range w.InC {
			for k := range w.KH * w.KW {
				in[p.Index(o, i, lo+k/w.KW, lo+k%w.KW)] = true
			}
		}
	}
	return in
}

// TestOutsideWindow trains random parts of shared weights and demands that
// nothing outside them has a gradient, and that no weight or piece of the
// optimisers' memory there changes a bit.
func TestOutsideWindow(t *testing.T) {
	optimisers := map[string]func([]*ops.Param) ops.Optimizer{
		"sgd": func(p []*ops.Param) ops.Optimizer {
			return ops.NewSGD(p, ops.SGDConfig{Momentum: 0.9, WeightDecay: 0.1, Nesterov: true})
		},
		"adam": func(p []*ops.Param) ops.Optimizer {
			return ops.NewAdam(p, ops.AdamConfig{Beta1: 0.9, WeightDecay: 0.1, Decoupled: true})
		},
	}
	forEachKernel(t, func(t *testing.T, e *ops.Exec) {
		for name, make := range optimisers {
			t.Run(name, func(t *testing.T) {
				rapid.Check(t, func(t *rapid.T) {
					r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
					n := newWindowNet(r)
					o := make(n.params())
					for range 2 { // the second step meets momentum from the first
						checkOutside(t, e, n, o, []cut{drawCut(t), drawCut(t)}[:rapid.IntRange(1, 2).Draw(t, "parts")], r)
					}
				})
			})
		}
	})
}

func checkOutside(t *rapid.T, e *ops.Exec, n *windowNet, o ops.Optimizer, cuts []cut, r *rand.Rand) {
	before := snapshot(n, o)
	for _, c := range cuts {
		n.train(e, c, r)
	}
	for _, p := range n.params() {
		used := n.used(p, cuts)
		for i, g := range p.Grad {
			if !used[i] && math.Float32bits(g) != 0 {
				t.Fatalf("%s: gradient %v outside the windows", p.Name, g)
			}
		}
	}
	ops.ClipGrad(n.params(), 1)
	o.Step(0.1)
	after, moved := snapshot(n, o), 0
	for i, p := range n.params() {
		used := n.used(p, cuts)
		for b := i; b < len(after); b += len(n.params()) { // weights, then each of the optimiser's buffers
			for j := range after[b] {
				same := math.Float32bits(after[b][j]) == math.Float32bits(before[b][j])
				if !used[j] && !same {
					t.Fatalf("%s: value %d outside the windows changed in buffer %d", p.Name, j, b)
				}
				if !same {
					moved++
				}
			}
		}
		if slices.ContainsFunc(p.Grad, func(g float32) bool { return g != 0 }) {
			t.Fatalf("%s: a gradient is left after the step", p.Name)
		}
	}
	if moved == 0 {
		t.Fatal("the step changed nothing")
	}
}

func (n *windowNet) used(p *ops.Param, cuts []cut) []bool {
	used := make([]bool, len(p.Data))
	for _, c := range cuts {
		for i, in := range n.inside(p, c) {
			used[i] = used[i] || in
		}
	}
	return used
}

// snapshot copies the weights and those of the optimiser's buffers that have a
// parameter's layout.
func snapshot(n *windowNet, o ops.Optimizer) [][]float32 {
	var s [][]float32
	for _, p := range n.params() {
		s = append(s, slices.Clone(p.Data))
	}
	for i, b := range o.State() {
		if p := n.params()[i%len(n.params())]; len(b.Data) == len(p.Data) {
			s = append(s, slices.Clone(b.Data))
		}
	}
	return s
}

// TestWindowEqualsCopy demands that a window of a larger weight computes, bit
// for bit, what a weight of its own size does.
func TestWindowEqualsCopy(t *testing.T) {
	forEachKernel(t, func(t *testing.T, e *ops.Exec) {
		rapid.Check(t, func(t *rapid.T) {
			r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
			n, c := newWindowNet(r), drawCut(t)
			s := ops.ConvSpec{W: ops.Window{P: n.conv, OutC: c.mid, KH: c.k, KW: c.k, InC: c.in}, S: 1, PadH: c.k / 2, PadW: c.k / 2}
			alone := ops.NewDense("alone", c.mid, c.in, c.k, c.k, 1)
			if err := alone.ImportOIHW(s.W.Export(nil)); err != nil {
				t.Fatal(err)
			}
			e.Begin(true)
			x := variable(e, 2, 4, 5, c.in, draw(r, 2*4*5*c.in))
			y := ops.Conv(e, x, s)
			y.SetGrad(draw(r, y.Len()))
			dy := slices.Clone(y.Grad)
			e.Backward()
			want := [][]float32{slices.Clone(y.Data), slices.Clone(x.Grad), s.W.ExportGrad(nil)}

			data := slices.Clone(x.Data)
			e.Begin(true)
			x = variable(e, 2, 4, 5, c.in, data)
			y = ops.Conv(e, x, ops.ConvSpec{W: alone.All(), S: 1, PadH: c.k / 2, PadW: c.k / 2})
			y.SetGrad(dy)
			e.Backward()
			for i, got := range [][]float32{y.Data, x.Grad, alone.All().ExportGrad(nil)} {
				if !sameBits(got, want[i]) {
					t.Fatalf("%s differs between the window and a copy of it", []string{"output", "input gradient", "weight gradient"}[i])
				}
			}
		})
	})
}
