package search

import (
	"math"
	"testing"
	"time"
)

// The steps that a span is divided into take that span, evaluating included.
func TestStepsFillTheSpan(t *testing.T) {
	each := []float64{0.004, 0.001, 0.02}
	const evaluating = 30
	n := equalSteps(10*time.Second, each, evaluating)
	took := 0.0
	for _, s := range each {
		took += s * (float64(n) + evaluating)
	}
	if took > 10 || took < 9.9 {
		t.Errorf("%d steps of each take %v s; want 10", n, took)
	}
	for _, power := range []float64{0, 0.6, 1} {
		left, took := 10*time.Second, 0.0
		var seconds, weights []float64
		for _, s := range each {
			weights = append(weights, math.Pow(s, power))
		}
		for i, s := range each {
			steps := lastSteps(left, weights[i:], s, evaluating)
			own := s * (float64(steps) + evaluating)
			seconds = append(seconds, own)
			took += own
			left -= time.Duration(own * float64(time.Second))
		}
		if took > 10 || took < 9.9 {
			t.Errorf("power %v: the last rung takes %v s; want 10", power, took)
		}
		if want := math.Pow(each[2]/each[1], power); math.Abs(seconds[2]/seconds[1]/want-1) > 0.02 {
			t.Errorf("power %v: times of %v; want the third to have %v times that of the second", power, seconds, want)
		}
	}
	if n := equalSteps(0, each, evaluating); n != 1 {
		t.Errorf("%d steps in no time; want 1", n)
	}
}

// What one network does not need goes to the others; nothing is lost while one can
// take it.
func TestFillRespectsTheMost(t *testing.T) {
	for _, c := range []struct {
		weights, most []float64
		total         float64
		want          []float64
	}{
		{[]float64{1, 1, 2}, []float64{9, 9, 9}, 8, []float64{2, 2, 4}},
		{[]float64{1, 1, 2}, []float64{1, 9, 9}, 8, []float64{1, 7.0 / 3, 14.0 / 3}},
		{[]float64{1, 1, 2}, []float64{1, 9, 3}, 8, []float64{1, 4, 3}},
		{[]float64{1, 1}, []float64{1, 2}, 8, []float64{1, 2}},
		{[]float64{1}, []float64{math.Inf(1)}, 8, []float64{8}},
	} {
		got := fill(c.weights, c.most, c.total)
		for i := range got {
			if math.Abs(got[i]-c.want[i]) > 1e-9 {
				t.Errorf("%v of %v with at most %v is %v; want %v", c.total, c.weights, c.most, got, c.want)
			}
		}
	}
}

func TestInterpolate(t *testing.T) {
	xs, ys := []float64{1, 4, 8}, []float64{10, 40, 40}
	for x, want := range map[float64]float64{0.5: 5, 1: 10, 2: 20, 4: 40, 6: 40, 16: 80} {
		if got := interpolate(x, xs, ys); math.Abs(got-want) > 1e-9 {
			t.Errorf("at %v it is %v; want %v", x, got, want)
		}
	}
}
