package ops_test

import (
	"math"
	"testing"

	"github.com/espalier-nas/espalier/ops"
)

func TestCosine(t *testing.T) {
	c := ops.Cosine{Base: 1, Min: 0.1, Warmup: 4, Total: 104}
	for step, want := range map[int]float64{0: 0.25, 3: 1, 4: 1, 54: 0.55, 104: 0.1, 1000: 0.1} {
		if got := c.At(step); math.Abs(got-want) > 1e-12 {
			t.Errorf("step %d: rate %v; want %v", step, got, want)
		}
	}
	for step := 4; step < 104; step++ {
		if c.At(step+1) > c.At(step) {
			t.Fatalf("the rate rises at step %d", step)
		}
	}
}

func TestTriangle(t *testing.T) {
	c := ops.Triangle{Base: 1, Min: 0.1, Warmup: 4, Total: 104}
	for step, want := range map[int]float64{0: 0.25, 3: 1, 4: 1, 29: 0.775, 54: 0.55, 104: 0.1, 1000: 0.1} {
		if got := c.At(step); math.Abs(got-want) > 1e-12 {
			t.Errorf("step %d: rate %v; want %v", step, got, want)
		}
	}
}

func TestRestarts(t *testing.T) {
	c := ops.Restarts{Base: 1, Min: 0, Warmup: 2, First: 10, Factor: 2}
	for step, want := range map[int]float64{0: 0.5, 2: 1, 7: 0.5, 12: 1, 22: 0.5, 32: 1, 52: 0.5, 72: 1} {
		if got := c.At(step); math.Abs(got-want) > 1e-12 {
			t.Errorf("step %d: rate %v; want %v", step, got, want)
		}
	}
	same := ops.Restarts{Base: 1, First: 10}
	for step := range 40 {
		if same.At(step) != same.At(step%10) {
			t.Fatalf("without a factor, step %d differs from step %d", step, step%10)
		}
	}
}
