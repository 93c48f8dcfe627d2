package report

import (
	"math"
	"testing"
)

// Half of the interval is 1.96 standard errors where there are errors of some number. Of n
// pictures that are all right it reaches down to the accuracy with which that happens once in 40
// times, and a few errors leave no less.
func TestBinomialError(t *testing.T) {
	if got, want := BinomialError(0.8, 400), 1.96*0.02; math.Abs(got-want) > 1e-12 {
		t.Errorf("of 0.8 on 400 pictures %v; want %v", got, want)
	}
	for _, n := range []int{1, 20, 1200} {
		least := 1 - BinomialError(1, n)
		chance := 1.0
		for range n {
			chance *= least
		}
		if math.Abs(chance-0.025) > 1e-9 {
			t.Errorf("all of %d right: the interval reaches down to %v, with which that happens at %v; want 0.025", n, least, chance)
		}
		if none := BinomialError(0, n); none != BinomialError(1, n) {
			t.Errorf("none of %d right: %v; want what all right leave", n, none)
		}
		if few := BinomialError(1-1/float64(n), n); few < BinomialError(1, n) {
			t.Errorf("one of %d wrong: %v; want no less than %v", n, few, BinomialError(1, n))
		}
	}
}

// Half of the interval of a difference is 1.96 standard errors of the mean difference per picture; two networks that agree on
// all pictures may differ on others as much as one that is right on all may be wrong.
func TestPairedError(t *testing.T) {
	for _, k := range []struct{ onlyA, onlyB, n int }{{30, 10, 200}, {5, 60, 1000}, {7, 7, 100}, {400, 0, 1000}} {
		differences := make([]float64, k.n)
		for i := range k.onlyA {
			differences[i] = 1
		}
		for i := range k.onlyB {
			differences[k.n-1-i] = -1
		}
		mean, squares := 0.0, 0.0
		for _, d := range differences {
			mean += d / float64(k.n)
		}
		for _, d := range differences {
			squares += (d - mean) * (d - mean) / float64(k.n)
		}
		if got, want := PairedError(k.onlyA, k.onlyB, k.n), 1.96*math.Sqrt(squares/float64(k.n)); math.Abs(got-want) > 1e-12 {
			t.Errorf("%+v: %v; want %v", k, got, want)
		}
	}
	for _, both := range []int{0, 40} {
		if got, want := PairedError(both, 0, 40), BinomialError(1, 40); got != want {
			t.Errorf("%d of 40 differ, all one way: %v; want %v", both, got, want)
		}
	}
}
