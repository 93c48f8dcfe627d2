package data

import (
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/espalier-nas/espalier/internal/allocs"
)

// What the prefetcher hands out is what Fill writes, for any depth, any number of processors and any first step.
func TestPrefetcherEqualsFill(t *testing.T) {
	l := NewLoader(randomSet(22, 6, 5, 3, 4), testNorm(3), Augment{Crop: 2, Flip: true, Cutout: 3}, 4, 11)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, procs := range []int{1, 2, 4} {
		runtime.GOMAXPROCS(procs)
		for _, depth := range []int{1, 2, 5} {
			for _, from := range []int{0, 13} {
				p := NewPrefetcher(l, depth, from)
				var want Batch
				for step := from; step < from+17; step++ {
					l.Fill(&want, step/l.Batches(), step%l.Batches())
					got := p.Next()
					if !slices.Equal(got.X, want.X) || !slices.Equal(got.Labels, want.Labels) {
						t.Fatalf("%d processors, depth %d: step %d differs from Fill", procs, depth, step)
					}
				}
				p.Close()
			}
		}
	}
}

// The batch in the caller's hands must not change until the next call.
func TestPrefetcherLeavesHeldBatchAlone(t *testing.T) {
	l := NewLoader(randomSet(40, 4, 4, 1, 4), testNorm(1), Augment{Flip: true}, 4, 2)
	p := NewPrefetcher(l, 1, 0)
	defer p.Close()
	for range 20 {
		b := p.Next()
		before := slices.Clone(b.X)
		time.Sleep(time.Millisecond)
		if !slices.Equal(before, b.X) {
			t.Fatal("the batch changed while it was held")
		}
	}
}

// While one batch is held, depth others must come to lie ready.
func TestPrefetcherWorksAhead(t *testing.T) {
	l := NewLoader(randomSet(40, 4, 4, 1, 4), testNorm(1), Augment{}, 4, 2)
	for _, depth := range []int{1, 3} {
		p := NewPrefetcher(l, depth, 0)
		p.Next()
		ready := 0
		for wait := time.Millisecond; ready < depth && wait < time.Second; wait *= 2 {
			time.Sleep(wait)
			ready = 0
			for i := range p.slots {
				ready += len(p.slots[i].ready)
			}
		}
		if ready != depth {
			t.Errorf("depth %d: %d batches ready", depth, ready)
		}
		p.Close()
	}
}

// Close must wait for a batch that is being filled.
func TestPrefetcherCloseWaits(t *testing.T) {
	l := NewLoader(randomSet(100, 64, 64, 3, 4), testNorm(3), Augment{}, 100, 2)
	for range 5 {
		p := NewPrefetcher(l, 1, 0)
		for len(p.slots[0].free) > 0 {
			runtime.Gosched()
		}
		p.Close()
		filled := &p.slots[0]
		if len(filled.ready) != 1 {
			t.Fatal("Close returned while a batch was being filled")
		}
	}
}

func TestPrefetcherCloseLeavesNoGoroutine(t *testing.T) {
	l := NewLoader(randomSet(40, 4, 4, 1, 4), testNorm(1), Augment{}, 4, 2)
	before := runtime.NumGoroutine()
	for taken := range 12 {
		p := NewPrefetcher(l, 3, 0)
		for range taken {
			p.Next()
		}
		p.Close()
		p.Close()
	}
	// A goroutine counts for a moment after it has reported its end.
	for wait := time.Millisecond; runtime.NumGoroutine() > before && wait < time.Second; wait *= 2 {
		time.Sleep(wait)
	}
	if after := runtime.NumGoroutine(); after > before {
		t.Errorf("%d goroutines after Close, %d before", after, before)
	}
}

func TestPrefetcherAllocatesNothing(t *testing.T) {
	l := NewLoader(randomSet(64, 28, 28, 1, 4), testNorm(1), Augment{Crop: 2, Flip: true}, 16, 2)
	p := NewPrefetcher(l, 3, 0)
	defer p.Close()
	for range 8 {
		p.Next()
	}
	if n := allocs.PerRun(100, func() { p.Next() }); n != 0 {
		t.Errorf("%v allocations per batch, want 0", n)
	}
}

func TestPrefetcherNextAfterClosePanics(t *testing.T) {
	p := NewPrefetcher(NewLoader(randomSet(4, 2, 2, 1, 2), testNorm(1), Augment{}, 2, 1), 1, 0)
	p.Close()
	defer func() {
		if recover() == nil {
			t.Error("Next after Close did not panic")
		}
	}()
	p.Next()
}
