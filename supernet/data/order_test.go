package data

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// The order of an epoch must be a permutation, whatever the number of pictures.
func TestOrderIsPermutation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 3000).Draw(t, "n")
		o := newOrder(rapid.Uint64().Draw(t, "seed"), rapid.IntRange(0, 1000).Draw(t, "epoch"), n)
		seen := make([]bool, n)
		for pos := range n {
			i := o.at(pos)
			if i < 0 || i >= n || seen[i] {
				t.Fatalf("n %d: position %d gives picture %d, out of range or for the second time", n, pos, i)
			}
			seen[i] = true
		}
	})
}

// Over many epochs, every picture must come up equally often in every position: chi-square of the n x n table.
func TestOrderIsUniform(t *testing.T) {
	const epochs = 20000
	for _, n := range []int{2, 3, 5, 12} {
		counts := make([]int, n*n)
		for epoch := range epochs {
			o := newOrder(7, epoch, n)
			for pos := range n {
				counts[pos*n+o.at(pos)]++
			}
		}
		var chi float64
		want := float64(epochs) / float64(n)
		for _, c := range counts {
			chi += (float64(c) - want) * (float64(c) - want) / want
		}
		// (n-1)^2 degrees of freedom; the limit is the mean plus eight standard deviations.
		df := float64((n - 1) * (n - 1))
		if limit := df + 8*math.Sqrt(2*df); chi > limit {
			t.Errorf("n %d: chi-square %.1f, want at most %.1f", n, chi, limit)
		}
	}
}

// All 120 orders of five pictures must occur, about equally often: the rounds reach every permutation.
func TestOrderReachesEveryPermutation(t *testing.T) {
	const epochs, orders = 24000, 120
	seen := map[[5]int]int{}
	for epoch := range epochs {
		o := newOrder(3, epoch, 5)
		var p [5]int
		for pos := range p {
			p[pos] = o.at(pos)
		}
		seen[p]++
	}
	if len(seen) != orders {
		t.Fatalf("%d different orders of 5 pictures, want %d", len(seen), orders)
	}
	for p, n := range seen {
		if n < epochs/orders/2 || n > epochs/orders*2 {
			t.Errorf("order %v came up %d times, want about %d", p, n, epochs/orders)
		}
	}
}

func TestOrderDependsOnSeedAndEpoch(t *testing.T) {
	of := func(seed uint64, epoch int) []int {
		o := newOrder(seed, epoch, 50)
		p := make([]int, 50)
		for pos := range p {
			p[pos] = o.at(pos)
		}
		return p
	}
	base := of(1, 1)
	if !slices.Equal(base, of(1, 1)) {
		t.Error("the same seed and epoch gave two orders")
	}
	if slices.Equal(base, of(2, 1)) || slices.Equal(base, of(1, 2)) {
		t.Error("another seed or epoch gave the same order")
	}
}
