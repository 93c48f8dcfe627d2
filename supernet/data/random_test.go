package data

import "testing"

// Streams of different seed, purpose or numbers must start with different values.
func TestStreamsAreApart(t *testing.T) {
	seen := map[uint64]bool{}
	n := 0
	for _, p := range []purpose{forSplit, forSplitOrder, forEpochOrder, forAugment} {
		for seed := range uint64(8) {
			for a := range uint64(8) {
				for b := range uint64(8) {
					g := stream(seed, p, a, b)
					seen[g.Uint64()] = true
					n++
				}
			}
		}
	}
	if len(seen) != n {
		t.Errorf("%d streams start with %d different values", n, len(seen))
	}
}

func TestBelowStaysInRange(t *testing.T) {
	g := stream(1, forAugment, 0, 0)
	var counts [7]int
	for range 7000 {
		counts[below(g.Uint64(), len(counts))]++
	}
	for v, n := range counts {
		if n < 800 || n > 1200 {
			t.Errorf("value %d came up %d times of 7000, want about 1000", v, n)
		}
	}
	if below(1<<64-1, 3) != 2 || below(0, 3) != 0 || below(1<<64-1, 1) != 0 {
		t.Error("the ends of the range are wrong")
	}
}
