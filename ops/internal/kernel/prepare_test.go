package kernel

import (
	"math"
	"slices"
	"sync"
	"testing"
)

// copier prepares dy by copying it, and counts.
type copier struct {
	mu       sync.Mutex
	from, dy []float32
	times    []int
	pixel    int // floats
	broken   bool
}

func (p *copier) Prepare(lo, hi, _ int) {
	copy(p.dy[lo:hi], p.from[lo:hi])
	p.mu.Lock()
	defer p.mu.Unlock()
	p.broken = p.broken || lo%p.pixel != 0 || hi%p.pixel != 0
	for i := lo; i < hi; i++ {
		p.times[i]++
	}
}

// TestPreparers has weight gradients prepare a dy of NaN, by one worker for each part
// or, where workers share the parts, before. Each float is prepared once, before it is
// read: the gradient has the bits of one whose dy was there from the start.
func TestPreparers(t *testing.T) {
	for _, s := range Available() {
		for _, k := range followed {
			for _, workers := range []int{1, 2, 3} {
				t.Run(s.Name+"/"+k.name, func(t *testing.T) { checkPreparer(t, s, workers, k.c) })
			}
		}
	}
}

func checkPreparer(t *testing.T, s *Set, workers int, c Conv) {
	c, random, e := followedPass(t, s, workers, c)
	out := c.N * c.OutH() * c.OutW() * c.OutC
	x, dy := random(c.N*c.H*c.W*c.InC), random(out)
	want := random(weightLen(c))
	got := slices.Clone(want)
	e.BackwardWeights(c, x, dy, want)

	p := &copier{from: dy, dy: make([]float32, out), times: make([]int, out), pixel: c.OutC}
	for i := range p.dy {
		p.dy[i] = float32(math.NaN())
	}
	e.Prepared(p)
	e.BackwardWeights(c, x, p.dy, got)
	for i, n := range p.times {
		if n != 1 || p.broken {
			t.Fatalf("%d workers: float %d of dy was prepared %d times; parts of pixels: %v", workers, i, n, p.broken)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("%d workers: the gradient has other bits when dy is prepared", workers)
	}
	e.BackwardWeights(c, x, p.dy, got)
	if p.times[0] != 1 {
		t.Errorf("%d workers: the next pass prepares too", workers)
	}
}
