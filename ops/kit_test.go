package ops_test

import (
	"math"
	"testing"

	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/ops/internal/kernel"
)

// forEachKernel runs f as a subtest for every kernel set of the machine.
func forEachKernel(t *testing.T, f func(t *testing.T, e *ops.Exec)) {
	t.Helper()
	for _, s := range kernel.Available() {
		t.Run(s.Name, func(t *testing.T) {
			e := newExec(t, s.Name, 0)
			if e.Kernel() != s.Name {
				t.Fatalf("asked for kernel %q, got %q", s.Name, e.Kernel())
			}
			f(t, e)
		})
	}
}

func newExec(t testing.TB, kernel string, workers int) *ops.Exec {
	t.Helper()
	e, err := ops.NewExec(ops.Config{Kernel: kernel, Workers: workers})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

// variable returns a tensor with a copy of data and, while e trains, a gradient.
func variable(e *ops.Exec, n, h, w, c int, data []float32) *ops.Tensor {
	x := e.New(n, h, w, c)
	if len(data) != x.Len() {
		panic("variable: length of data differs from the shape")
	}
	copy(x.Data, data)
	return x
}

// near fails unless got is within tol of want, relative to the largest |want|.
func near(t *testing.T, what string, got, want []float32, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d values; want %d", what, len(got), len(want))
		return
	}
	scale, worst, at := 0.0, 0.0, 0
	for _, v := range want {
		scale = max(scale, math.Abs(float64(v)))
	}
	for i, v := range want {
		d := math.Abs(float64(got[i]) - float64(v))
		if !(d <= worst) {
			worst, at = d, i
		}
	}
	if !(worst <= tol*scale) {
		t.Errorf("%s: element %d is %v; want %v: %.1e of the largest, %v; want %.1e at most", what, at, got[at], want[at], worst/scale, scale, tol)
	}
}

// nhwc reorders a row-major N, C, H, W array.
func nhwc(x []float32, n, c, h, w int) []float32 {
	y := make([]float32, len(x))
	for i := range x {
		img, ch, p := i/(c*h*w), i/(h*w)%c, i%(h*w)
		y[(img*h*w+p)*c+ch] = x[i]
	}
	return y
}
