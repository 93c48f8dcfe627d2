package main

import (
	"slices"
	"time"
)

// times are seconds per call.
type times struct{ median, best float64 }

// measure calls f in blocks of about an eighth of limit, for about limit in all
// and in at least two blocks, and returns the median and the best of the blocks'
// means. Every arm times itself in this way.
func measure(f func(), limit time.Duration) times {
	start := time.Now()
	f()
	one := max(time.Since(start), time.Microsecond/10)
	calls := max(1, int(limit/8/one))
	if calls > 1 { // again: the first call may have woken workers
		start = time.Now()
		for range calls {
			f()
		}
		one = max(time.Since(start)/time.Duration(calls), time.Microsecond/10)
		calls = max(1, int(limit/8/one))
	}
	var means []float64
	for begin := time.Now(); len(means) < 2 || time.Since(begin) < limit; {
		start := time.Now()
		for range calls {
			f()
		}
		means = append(means, time.Since(start).Seconds()/float64(calls))
	}
	slices.Sort(means)
	return times{median(means), means[0]}
}

// median returns the median of sorted or unsorted values, which it does not
// change. It panics on an empty slice.
func median(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}
