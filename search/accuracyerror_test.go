package search

import (
	"math"
	"testing"
)

// A network that is right on all of a few pictures is not sure to be right on all there are: of one that is right as
// rarely as the interval allows, so many pictures would be right with probability 0.025.
func TestAccuracyErrorOfAllOrNone(t *testing.T) {
	for _, n := range []int{1, 18, 120, 10000} {
		for _, accuracy := range []float64{0, 1} {
			if p := math.Pow(1-AccuracyError(accuracy, n), float64(n)); math.Abs(p-0.025) > 1e-9 {
				t.Errorf("accuracy %v of %d pictures: probability %v at the end of the interval; want 0.025", accuracy, n, p)
			}
		}
		if n > 1 {
			low, deviation := 1-1/float64(n), math.Sqrt(1/float64(n)*(1-1/float64(n))/float64(n))
			if e := AccuracyError(low, n); math.Abs(e/deviation-1.96) > 1e-9 {
				t.Errorf("accuracy %v of %d pictures: %v; want 1.96 deviations of %v", low, n, e, deviation)
			}
		}
	}
}
