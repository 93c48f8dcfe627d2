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
	c := ops.Restarts{Base: 1, Min: 0, Warmup: 2, Total: 72, Cycles: 3}
	for step, want := range map[int]float64{0: 0.5, 2: 1, 7: 0.5, 12: 1, 22: 0.5, 32: 1, 52: 0.5, 72: 0, 100: 0} {
		if got := c.At(step); math.Abs(got-want) > 1e-12 {
			t.Errorf("step %d: rate %v; want %v", step, got, want)
		}
	}
	for step := range 2000 {
		one, cosine := ops.Restarts{Base: 1, Min: 0.1, Warmup: 3, Total: 1000, Cycles: 1}, ops.Cosine{Base: 1, Min: 0.1, Warmup: 3, Total: 1000}
		if one.At(step) != cosine.At(step) {
			t.Fatalf("step %d of one cycle: rate %v; want that of a cosine, %v", step, one.At(step), cosine.At(step))
		}
	}
}

// However many steps there are, cycles fill them: each ends where a cosine of its length ends, one step before Min, and the
// cycles are of 1, 2 and 4 parts, to the nearest step.
func TestRestartsOfAnyLength(t *testing.T) {
	for total := 1; total < 200; total++ {
		c := ops.Restarts{Base: 1, Min: 0.01, Total: total, Cycles: 3}
		var lengths []int
		for begin, step := 0, 0; step < total; step++ {
			if step+1 < total && c.At(step+1) < c.At(step) {
				continue
			}
			n := step + 1 - begin
			if want := 0.01 + 0.99*(1+math.Cos(math.Pi*float64(n-1)/float64(n)))/2; math.Abs(c.At(step)-want) > 1e-12 {
				t.Fatalf("%d steps: a cycle of %d ends at %v in step %d; want %v", total, n, c.At(step), step, want)
			}
			lengths, begin = append(lengths, n), step+1
		}
		if total < 7 { // some have no step
			continue
		}
		if len(lengths) != 3 {
			t.Fatalf("%d steps: cycles of %v", total, lengths)
		}
		for k, n := range lengths {
			if part := float64(total) * float64(int(1)<<k) / 7; math.Abs(float64(n)-part) > 1 {
				t.Fatalf("%d steps: cycles of %v; want parts of 1, 2 and 4", total, lengths)
			}
		}
	}
}
