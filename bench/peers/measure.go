package main

import (
	"slices"
	"time"
)

// times are seconds per call.
type times struct{ median, best float64 }

// measure calls f in blocks of about an eighth of limit, for about limit in all
// and in at least two blocks, and returns the median and the best of the blocks'
// means, by the clock now. Every arm times itself in this way.
func measure(f func(), limit time.Duration, now func() time.Time) times {
	calls := func(one float64) int { return max(1, int(limit.Seconds()/8/one)) }
	n := calls(block(f, 1, now))
	if n > 1 { // again: the first call may have had to wake workers
		n = calls(block(f, n, now))
	}
	var means []float64
	for begin := now(); len(means) < 2 || now().Sub(begin) < limit; {
		means = append(means, block(f, n, now))
	}
	slices.Sort(means)
	return times{median(means), means[0]}
}

// block returns the mean seconds of n calls, at least a tenth of a microsecond.
func block(f func(), n int, now func() time.Time) float64 {
	start := now()
	for range n {
		f()
	}
	return max(now().Sub(start).Seconds()/float64(n), 1e-7)
}

// median returns the median of v, which it does not change. It panics on an
// empty slice.
func median(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}
