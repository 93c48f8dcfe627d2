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
				time.Sleep(2 * spinTime) // long enough for workers to park
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

// setUpTask counts how often it was set up on each worker's thread, and the chunks that
// ran before.
type setUpTask struct {
	setUps [3]atomic.Int32
	early  atomic.Int32
}

func (e *setUpTask) setUp(worker int) { e.setUps[worker].Add(1) }

func (e *setUpTask) Do(_, worker int) {
	if e.setUps[worker].Load() != 1 {
		e.early.Add(1)
	}
}

func TestPoolSetsUpWorkersOnce(t *testing.T) {
	for workers := 1; workers <= 3; workers++ {
		p := NewPool(workers)
		for n := range 7 {
			for range 300 {
				var e setUpTask
				p.Run(n, &e)
				if e.early.Load() > 0 {
					t.Fatalf("%d workers, %d chunks: %d chunks ran on workers set up %v times", workers, n, e.early.Load(), &e.setUps)
				}
				if total := e.setUps[0].Load() + e.setUps[1].Load() + e.setUps[2].Load(); n > 0 && total == 0 || int(total) > n {
					t.Fatalf("%d workers, %d chunks: set up on %d", workers, n, total)
				}
			}
		}
		p.Close()
	}
}

// TestCallLeft checks what a counter of an earlier, the same or a later call leaves of
// a share.
func TestCallLeft(t *testing.T) {
	c := func(number, chunks uint64) call { return call(number<<chunkBits | chunks) }
	for _, x := range []struct {
		call        call
		taken       call
		w, workers  int
		first, last int
	}{
		{c(7, 10), c(6, 5), 1, 2, 5, 10}, // no chunk is taken yet
		{c(7, 10), c(7, 2), 1, 2, 7, 10},
		{c(7, 10), c(7, 5), 1, 2, 10, 10},
		{c(7, 10), c(8, 0), 1, 2, 10, 10}, // this call is over
		{c(7, 1), c(3, 9), 0, 2, 0, 0},    // an empty share
		{c(7, 1), c(3, 9), 1, 2, 0, 1},
		{c(1, mostChunks), 0, 2, 3, 2 * mostChunks / 3, mostChunks},
	} {
		if first, last := x.call.left(uint64(x.taken), x.w, x.workers); first != x.first || last != x.last {
			t.Errorf("call %d of %d chunks, counter %d of %d, share %d of %d: chunks %d to %d are left, want %d to %d",
				x.call.number(), x.call.chunks(), x.taken.number(), x.taken.chunks(), x.w, x.workers, first, last, x.first, x.last)
		}
	}
}
