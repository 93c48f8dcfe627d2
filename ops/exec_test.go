package ops_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/espalier-nas/espalier/internal/allocs"
	"github.com/espalier-nas/espalier/ops"
)

// TestUnusedBranch computes a branch that no loss depends on: its weights get
// no gradient and count as unused, so an optimiser leaves them alone.
func TestUnusedBranch(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	a, b := ops.NewDense("a", 4, 8, 1, 1, 1), ops.NewDense("b", 4, 8, 1, 1, 1)
	ops.InitHe(a, r)
	ops.InitHe(b, r)
	before := slices.Clone(b.Data)
	forEachKernel(t, func(t *testing.T, e *ops.Exec) {
		e.Begin(true)
		x := variable(e, 2, 1, 1, 8, draw(r, 16))
		y := ops.Linear(e, x, a.All(), nil)
		ops.Activate(e, ops.Linear(e, x, b.All(), nil), ops.GELU)
		ops.CrossEntropy(e, y, []int32{1, 2}, 0)
		e.Backward()
		if len(a.Used()) != 1 || len(b.Used()) != 0 {
			t.Errorf("%d and %d windows are in use; want 1 and 0", len(a.Used()), len(b.Used()))
		}
		ops.NewSGD([]*ops.Param{a, b}, ops.SGDConfig{Momentum: 0.9, WeightDecay: 1}).Step(0.1)
		if !sameBits(before, b.Data) {
			t.Error("the unused weight moved")
		}
	})
}

// TestPassesAdd demands that the gradients of several passes before a step add
// up, as the subnets of one sandwich step do.
func TestPassesAdd(t *testing.T) {
	forEachKernel(t, func(t *testing.T, e *ops.Exec) {
		r := rand.New(rand.NewPCG(9, 9))
		n := newWindowNet(r)
		cuts := []cut{{in: 21, mid: 37, k: 5, dwK: 7, out: 20}, {in: 4, mid: 9, k: 1, dwK: 3, out: 5}}
		want := map[string][]float32{}
		for i, c := range cuts {
			n.train(e, c, rand.New(rand.NewPCG(uint64(i), 1)))
			for _, p := range n.params() {
				if want[p.Name] == nil {
					want[p.Name] = make([]float32, len(p.Grad))
				}
				for j, g := range p.Grad {
					want[p.Name][j] += g
				}
				p.ZeroGrad()
			}
		}
		for i, c := range cuts {
			n.train(e, c, rand.New(rand.NewPCG(uint64(i), 1)))
		}
		for _, p := range n.params() {
			near(t, p.Name, p.Grad, want[p.Name], sumTol)
			p.ZeroGrad()
			if slices.ContainsFunc(p.Grad, func(g float32) bool { return g != 0 }) {
				t.Errorf("%s: ZeroGrad leaves a gradient", p.Name)
			}
		}
	})
}

// TestInferenceAllocates runs many candidates in one pass, as an evaluator
// does, taking memory back after each.
func TestInferenceAllocates(t *testing.T) {
	forEachKernel(t, func(t *testing.T, e *ops.Exec) {
		cases := opCases()
		for _, c := range cases {
			in := c.inputs()
			e.Begin(false)
			x := make([]*ops.Tensor, len(in))
			for i, s := range c.in {
				x[i] = e.Input(s[0], s[1], s[2], s[3], in[i])
			}
			c.f(e, x, c.params)
			start, outs := e.Mark(), 0
			run := func() {
				y, _ := c.f(e, x, c.params)
				outs += len(y)
				e.Release(start)
			}
			run()
			// the closures and slices of the case itself, at most
			if a := allocs.PerRun(5, run); a > 4 {
				t.Errorf("%s: %v allocations", c.name, a)
			}
		}
	})
}

// TestTrainingAllocates runs every case forward and backward and demands that
// repeating it allocates no more than its own closures and slices.
func TestTrainingAllocates(t *testing.T) {
	forEachKernel(t, func(t *testing.T, e *ops.Exec) {
		for _, c := range opCases() {
			in := c.inputs()
			x := make([]*ops.Tensor, len(in))
			run := func() {
				e.Begin(true)
				for i, s := range c.in {
					x[i] = variable(e, s[0], s[1], s[2], s[3], in[i])
				}
				outs, _ := c.f(e, x, c.params)
				for _, y := range outs {
					y.SetGrad(y.Data)
				}
				e.Backward()
				for _, p := range c.params {
					p.ZeroGrad()
				}
			}
			run()
			run() // the second pass finds the memory that the first one asked for
			if a := allocs.PerRun(3, run); a > 4 {
				t.Errorf("%s: %v allocations", c.name, a)
			}
		}
	})
}
