package ops_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/espalier-nas/espalier/ops"
)

// outcome is what one run of a case leaves.
type outcome struct {
	objective float64     // loss + sum of the outputs times fixed random numbers
	values    [][]float32 // outputs, then gradients of inputs, then of parameters
}

// draw fills a slice with numbers in [-2, 2).
func draw(r *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = 4*r.Float32() - 2
	}
	return x
}

// inputs returns the case's random inputs.
func (c *opCase) inputs() [][]float32 {
	r := rand.New(rand.NewPCG(1, 2))
	var in [][]float32
	for _, s := range c.in {
		in = append(in, draw(r, s[0]*s[1]*s[2]*s[3]))
	}
	return in
}

// run computes the case from the given inputs; with train also its gradients.
func (c *opCase) run(e *ops.Exec, in [][]float32, train bool) outcome {
	e.Begin(train)
	r := rand.New(rand.NewPCG(3, 4))
	var x []*ops.Tensor
	for i, s := range c.in {
		x = append(x, variable(e, s[0], s[1], s[2], s[3], in[i]))
	}
	outs, loss := c.f(e, x, c.params)
	o := outcome{objective: loss}
	for _, y := range outs {
		dy := draw(r, y.Len())
		for i, v := range y.Data {
			o.objective += float64(v) * float64(dy[i])
		}
		o.values = append(o.values, slices.Clone(y.Data))
		if train {
			y.SetGrad(dy)
		}
	}
	if !train {
		return o
	}
	e.Backward()
	for _, x := range x {
		o.values = append(o.values, slices.Clone(x.Grad))
	}
	for _, p := range c.params {
		o.values = append(o.values, slices.Clone(p.Grad))
		p.ZeroGrad()
	}
	return o
}

// TestGradients compares the gradient of every case, along random directions of
// each input and parameter, with central differences.
func TestGradients(t *testing.T) {
	forEachKernel(t, func(t *testing.T, e *ops.Exec) {
		for _, c := range opCases() {
			t.Run(c.name, func(t *testing.T) { c.checkGradients(t, e) })
		}
	})
}

func (c *opCase) checkGradients(t *testing.T, e *ops.Exec) {
	in := c.inputs()
	o := c.run(e, in, true)
	grads := o.values[len(o.values)-len(in)-len(c.params):]
	r := rand.New(rand.NewPCG(5, 6))
	for i := range grads {
		at, what := []float32(nil), fmt.Sprintf("input %d", i)
		if i < len(in) {
			at = in[i]
		} else {
			p := c.params[i-len(in)]
			at, what = p.Data, p.Name
		}
		for range 3 {
			c.checkDirection(t, e, what, in, at, grads[i], r)
		}
	}
}

// checkDirection moves at, an input or a parameter, both ways.
func (c *opCase) checkDirection(t *testing.T, e *ops.Exec, what string, in [][]float32, at, grad []float32, r *rand.Rand) {
	t.Helper()
	step := float32(1) / 512
	if c.tol == kinked {
		step /= 16
	}
	saved, dir, want, size := slices.Clone(at), make([]float32, len(at)), 0.0, 0.0
	for i := range dir {
		dir[i] = float32(r.IntN(2)*2 - 1)
		want += float64(grad[i]) * float64(dir[i])
		size += float64(grad[i]) * float64(grad[i])
	}
	objective := func(h float32) float64 {
		for i := range at {
			at[i] = saved[i] + h*dir[i]
		}
		return c.run(e, in, false).objective
	}
	got := (objective(step) - objective(-step)) / (2 * float64(step))
	copy(at, saved)
	if math.Abs(got-want) > c.tol*math.Sqrt(size) {
		t.Errorf("%s: slope %v by differences, %v by gradient (norm %v)", what, got, want, math.Sqrt(size))
	}
}

// TestKernelsAgree compares outputs and gradients of every kernel set with
// those of the plain-Go one.
func TestKernelsAgree(t *testing.T) {
	reference := newExec(t, "go", 1)
	forEachKernel(t, func(t *testing.T, e *ops.Exec) {
		for _, c := range opCases() {
			in := c.inputs()
			want, got := c.run(reference, in, true), c.run(e, in, true)
			for i := range want.values {
				near(t, fmt.Sprintf("%s: value %d", c.name, i), got.values[i], want.values[i], 5e-6)
			}
		}
	})
}

// TestWorkersAgree demands the same bits from one worker and from several.
func TestWorkersAgree(t *testing.T) {
	forEachKernel(t, func(t *testing.T, e *ops.Exec) {
		alone := newExec(t, e.Kernel(), 1)
		if e.Workers() < 2 {
			t.Skip("one processor")
		}
		for _, c := range opCases() {
			in := c.inputs()
			want, got := c.run(alone, in, true), c.run(e, in, true)
			for i := range want.values {
				if !sameBits(want.values[i], got.values[i]) {
					t.Errorf("%s: value %d differs between 1 and %d workers", c.name, i, e.Workers())
				}
			}
		}
	})
}

// TestInferenceAgrees demands that passes which record nothing compute what
// training passes do.
func TestInferenceAgrees(t *testing.T) {
	forEachKernel(t, func(t *testing.T, e *ops.Exec) {
		for _, c := range opCases() {
			in := c.inputs()
			want, got := c.run(e, in, true), c.run(e, in, false)
			for i := range got.values {
				near(t, c.name, got.values[i], want.values[i], exactTol)
			}
		}
	})
}

func sameBits(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) })
}

// BenchmarkOps times every case, forward and with its gradients.
func BenchmarkOps(b *testing.B) {
	for _, train := range []bool{false, true} {
		for _, c := range opCases() {
			b.Run(fmt.Sprintf("%s/train=%v", c.name, train), func(b *testing.B) { c.bench(b, train) })
		}
	}
}

func (c *opCase) bench(b *testing.B, train bool) {
	e, in := newExec(b, "", 0), c.inputs()
	for b.Loop() {
		e.Begin(train)
		var x []*ops.Tensor
		for i, s := range c.in {
			x = append(x, variable(e, s[0], s[1], s[2], s[3], in[i]))
		}
		outs, _ := c.f(e, x, c.params)
		if train {
			for _, y := range outs {
				y.SetGrad(y.Data)
			}
			e.Backward()
		}
	}
	passes := 1.0
	if train {
		passes = 3
	}
	if c.flops > 0 {
		b.ReportMetric(passes*c.flops*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
	}
}
