package kernel

import "time"

const (
	peakRounds = 100_000 // of the tile, in one run
	peakFMAs   = 48      // multiply-adds of registers in one round
	peakRuns   = 5
)

// Peak measures the multiply-add peak of one core in GFLOP/s: the best of a few
// short runs, 0 for a set without tiles.
func (s *Set) Peak() float64 {
	if s.tiles == nil {
		return 0
	}
	var best float64
	for range peakRuns {
		start := time.Now()
		flops := s.PeakLoop(peakRounds)
		best = max(best, float64(flops)/1e9/time.Since(start).Seconds())
	}
	return best
}
