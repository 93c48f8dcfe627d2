package kernel

import (
	"runtime"
	"sync/atomic"
	"testing"
	"time"
)

// counting counts how often each chunk was run, and by workers out of range.
type counting struct {
	runs    []atomic.Int32
	workers int
	strange atomic.Int32
}

func (c *counting) Do(i, worker int) {
	if worker < 0 || worker >= c.workers {
		c.strange.Add(1)
	}
	c.runs[i].Add(1)
}

func TestPoolRunsEachChunkOnce(t *testing.T) {
	for workers := range 4 {
		p := NewPool(workers)
		c := &counting{runs: make([]atomic.Int32, 9), workers: p.Workers()}
		const rounds = 3000
		for round := range rounds {
			p.Run(round%len(c.runs)+1, c)
			if round%1000 == 999 {
				time.Sleep(2 * spinTime) // long enough for helpers to park
			}
		}
		p.Close()
		for i := range c.runs {
			want := int32(0)
			for round := range rounds {
				if i <= round%len(c.runs) {
					want++
				}
			}
			if got := c.runs[i].Load(); got != want {
				t.Errorf("%d workers: chunk %d ran %d times, want %d", workers, i, got, want)
			}
		}
		if n := c.strange.Load(); n > 0 {
			t.Errorf("%d workers: %d chunks saw a worker out of range", workers, n)
		}
	}
}

func TestPoolCloseEndsHelpers(t *testing.T) {
	before := runtime.NumGoroutine()
	c := &counting{runs: make([]atomic.Int32, 4), workers: 4}
	for i := range 200 {
		p := NewPool(4)
		for range i % 20 {
			p.Run(4, c)
		}
		if i%40 == 0 {
			time.Sleep(2 * spinTime)
		}
		p.Close()
	}
	for range 100 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Errorf("%d goroutines are left of %d pools", runtime.NumGoroutine()-before, 200)
}

func TestPoolSizes(t *testing.T) {
	for _, ask := range []int{-1, 0, 1, 2, 1000} {
		p := NewPool(ask)
		if want := max(1, min(ask, runtime.GOMAXPROCS(0))); p.Workers() != want {
			t.Errorf("NewPool(%d) has %d workers, want %d", ask, p.Workers(), want)
		}
		p.Close()
	}
}
