package predictor

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestEvidence(t *testing.T) {
	// Errors 1 and 1.02 over 50 examples: a ratio of 1.02^25.
	share := evidence([]float64{1, 1.02}, 50)
	if want := 1 / (1 + math.Pow(1.02, -25)); math.Abs(share[0]-want) > 1e-12 || math.Abs(share[0]+share[1]-1) > 1e-12 {
		t.Errorf("shares %v; want %v and the rest", share, want)
	}
	if share := evidence([]float64{2, 1, 4}, 400); share[1] < 0.999 {
		t.Errorf("shares %v; want all for a clear winner of 400 examples", share)
	}
	if share := evidence([]float64{0, 0}, 30); share[0] != 0.5 {
		t.Errorf("shares %v of two perfect models; want halves", share)
	}
}

func TestAllotIsProportional(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weights := rapid.SliceOfN(rapid.Float64Range(0.01, 1), 1, 5).Draw(t, "weights")
		n := rapid.IntRange(1, 12).Draw(t, "n")
		var sum float64
		for _, w := range weights {
			sum += w
		}
		ranks := make([]int, len(weights))
		for k := range weights {
			weights[k] /= sum
			ranks[k] = 3 * k
		}
		got := allot(ranks, weights, n)
		if len(got) != n || !slices.IsSorted(got) {
			t.Fatalf("allotted %v; want %d, ascending", got, n)
		}
		for k, w := range weights {
			count := 0
			for _, r := range got {
				if r == ranks[k] {
					count++
				}
			}
			if math.Abs(float64(count)-w*float64(n)) >= 1+1e-9 {
				t.Fatalf("rank %d got %d of %d chains for a share of %v", ranks[k], count, n, w)
			}
		}
	})
}
