package main

import (
	"math"
	"slices"
	"testing"
	"time"
)

// stillClock goes on by what is added to it, and by a microsecond each time it is read.
type stillClock struct{ at time.Time }

func (c *stillClock) now() time.Time {
	c.at = c.at.Add(time.Microsecond)
	return c.at
}

func TestMeasure(t *testing.T) {
	const limit = 40 * time.Millisecond
	for _, each := range []time.Duration{20 * time.Microsecond, time.Millisecond, limit} {
		var c stillClock
		n := 0
		got := measure(func() {
			n++
			c.at = c.at.Add(each)
		}, limit, c.now)
		if got.best < each.Seconds() || got.best > 1.001*each.Seconds()+1e-6 || got.median < got.best || got.median > 1.001*each.Seconds()+1e-6 {
			t.Errorf("calls of %v: %+v", each, got)
		}
		if least := max(3, int(limit/each)); n < least || n > 2*least {
			t.Errorf("calls of %v: %d, want %d to twice as many", each, n, least)
		}
	}
	// every third block but the first two, of 5 calls, meets something else that runs for a while: the best one does not
	var c stillClock
	n := 0
	got := measure(func() {
		c.at = c.at.Add(time.Millisecond)
		if n++; n%15 == 0 {
			c.at = c.at.Add(10 * time.Millisecond)
		}
	}, limit, c.now)
	if math.Abs(got.best-0.001) > 1e-6 || math.Abs(got.median-0.001) > 1e-6 {
		t.Errorf("calls of 1 ms, one in 15 of 11 ms: %+v; want 1 ms", got)
	}
	c = stillClock{}
	if got := measure(func() {}, time.Millisecond, c.now); got.best != 1e-7 {
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
