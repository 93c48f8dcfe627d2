package main

import (
	"slices"
	"testing"
	"time"
)

func TestMeasure(t *testing.T) {
	const limit = 40 * time.Millisecond
	for _, each := range []time.Duration{20 * time.Microsecond, time.Millisecond, limit} {
		n := 0
		got := measure(func() {
			n++
			for start := time.Now(); time.Since(start) < each; {
			}
		}, limit)
		if got.best < each.Seconds() || got.best > 1.5*each.Seconds() || got.median < got.best {
			t.Errorf("calls of %v: %+v", each, got)
		}
		if least := max(3, int(limit/each)/8); n < least {
			t.Errorf("calls of %v: %d, want at least %d", each, n, least)
		}
	}
	if got := measure(func() {}, time.Millisecond); got.best != 1e-7 {
		t.Errorf("nothing takes %g s, want 1e-7", got.best)
	}
}

func TestMedian(t *testing.T) {
	v := []float64{5, 1, 4, 2}
	if got := median(v); got != 3 || !slices.Equal(v, []float64{5, 1, 4, 2}) {
		t.Errorf("median %g of %v, want 3 and no change", got, v)
	}
	if got := median(v[:3]); got != 4 {
		t.Errorf("median %g of %v, want 4", got, v[:3])
	}
}
