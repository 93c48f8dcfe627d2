package search

import (
	"math"
	"testing"
	"time"
)

// Networks that take the next free lane, each for its share of the time, keep all lanes busy to the end.
func TestLanesEndTogether(t *testing.T) {
	for _, c := range []struct {
		lanes   int
		weights []float64
	}{
		{1, []float64{3, 2, 1}}, {2, []float64{1}}, {2, []float64{5, 5}}, {2, []float64{1255, 750, 666, 429}}, {2, []float64{9, 1, 1, 1}}, {2, []float64{5, 4, 3, 3, 2, 1, 1, 1}}, {3, []float64{6, 5, 4, 3, 2, 1}},
	} {
		const end = 1000 * time.Second
		table := newTimetable(c.lanes)
		until := make([]time.Duration, c.lanes) // of each lane
		took := make([]float64, len(c.weights))
		for i := range c.weights {
			lane, now := 0, end
			for k, u := range until {
				if u < now {
					lane, now = k, u
				}
			}
			for k, u := range table.until { // what ended before this one begins
				if u <= now {
					table.done(k)
				}
			}
			sum := 0.0
			for _, w := range c.weights[i:] {
				sum += w
			}
			span := time.Duration(table.shared(now, end, c.weights[i:]).Seconds() * c.weights[i] / sum * float64(time.Second))
			until[lane] = now + span
			table.start(until[lane])
			took[i] = span.Seconds()
		}
		for lane, u := range until {
			if idle := (end - u).Seconds(); lane < len(c.weights) && math.Abs(idle) > 1 {
				t.Errorf("%d lanes, weights %v: lane %d is idle for the last %v s (networks take %.0f s)", c.lanes, c.weights, lane+1, idle, took)
			}
		}
		for i := range c.weights {
			if i > 0 && c.weights[i] == c.weights[i-1] && took[i] > 2*took[i-1] {
				t.Errorf("%d lanes, weights %v: networks take %.0f s; want no more than twice as much for one of equal weight", c.lanes, c.weights, took)
			}
		}
	}
	if got := newTimetable(2).shared(5, 4, []float64{1}); got != 0 {
		t.Errorf("%v is left after the end; want nothing", got)
	}
}
