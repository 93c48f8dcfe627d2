package bench

import (
	"context"
	"fmt"

	"github.com/espalier-nas/espalier/ops"
)

// Bandwidth is how fast workers move memory that lies in one level, in GB/s for
// all workers together: the best of a few rounds, as a limit must be. Copy and
// triad count loads and stores, not what a store makes the caches load.
type Bandwidth struct {
	Level string  `json:"level"`
	Bytes int     `json:"bytes"` // that each worker walked over
	Read  float64 `json:"read"`
	Copy  float64 `json:"copy"`
	Triad float64 `json:"triad"`
}

// Best returns the fastest way to move memory: the roof of all others.
func (b Bandwidth) Best() float64 { return max(b.Read, b.Copy, b.Triad) }

const (
	leastDRAM = 128 << 20 // bytes that are walked over to measure memory
	mostDRAM  = 512 << 20 // the same, of each worker
)

// workingSet returns the bytes that each of so many workers walks over to
// measure a level: half its share of the cache, more than the level before holds,
// or several times the last cache.
func workingSet(levels []Level, i, workers int) int {
	l := levels[i]
	var before Level
	if i > 0 {
		before = levels[i-1]
	}
	if l.Bytes == 0 {
		together := max(1, min(workers, before.Sharers))
		return min(max(4*before.Bytes, leastDRAM)/together, mostDRAM)
	}
	return max(l.Bytes/min(workers, l.Sharers)/2, 2*before.Bytes)
}

// measureBandwidth measures one level with all workers of e.
func measureBandwidth(ctx context.Context, e *ops.Exec, levels []Level, i int, m Effort) (Bandwidth, error) {
	p := ops.NewProbe(e, workingSet(levels, i, e.Workers()))
	b := Bandwidth{Level: levels[i].Name, Bytes: p.Bytes()}
	for _, loop := range []struct {
		run  func() int
		rate *float64
	}{{p.Read, &b.Read}, {p.Copy, &b.Copy}, {p.Triad, &b.Triad}} {
		var err error
		if *loop.rate, err = m.rate(ctx, loop.run); err != nil {
			return Bandwidth{}, fmt.Errorf("bandwidth of %s: %w", b.Level, err)
		}
	}
	return b, nil
}

// rate returns what f reports per second, in billions, at best.
func (m Effort) rate(ctx context.Context, f func() int) (float64, error) {
	var done int
	s, err := m.measure(ctx, func() { done = f() })
	if err != nil {
		return 0, err
	}
	return float64(done) / s.Best / 1e9, nil
}
