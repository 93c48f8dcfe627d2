package predictor

import (
	"math"
	"testing"
)

func TestUpperBound(t *testing.T) {
	for _, c := range []struct{ std, want float64 }{{0.1, 0.7}, {0, 0.5}, {-1, 0.5}} {
		if got := UpperBound(0.5, c.std, 2); math.Abs(got-c.want) > 1e-15 {
			t.Errorf("two deviations of %v above 0.5: %v; want %v", c.std, got, c.want)
		}
	}
}
