package kernel

import (
	"math"
	"slices"
	"sync"
	"testing"
)

// copier prepares an operand by copying it, and counts.
type copier struct {
	mu       sync.Mutex
	from, to []float32
	times    []int
	pixel    int // floats
	broken   bool
}

// newCopier returns one for a copy of from, which holds NaN as yet.
func newCopier(from []float32, pixel int) *copier {
	p := &copier{from: from, to: make([]float32, len(from)), times: make([]int, len(from)), pixel: pixel}
	for i := range p.to {
		p.to[i] = float32(math.NaN())
	}
	return p
}

func (p *copier) Prepare(lo, hi, _ int) {
	copy(p.to[lo:hi], p.from[lo:hi])
	p.mu.Lock()
	defer p.mu.Unlock()
	p.broken = p.broken || lo%p.pixel != 0 || hi%p.pixel != 0
	for i := lo; i < hi; i++ {
		p.times[i]++
	}
}

// check fails unless each float has been prepared once.
func (p *copier) check(t *testing.T) {
	t.Helper()
	for i, n := range p.times {
		if n != 1 || p.broken {
			t.Fatalf("float %d was prepared %d times; parts of pixels: %v", i, n, p.broken)
		}
	}
}

// TestPreparers has passes prepare an operand of NaN, by one worker for each part or,
// where workers share the parts, before. Each float is prepared once, before it is read:
// results have the bits of a pass whose operand was there from the start.
func TestPreparers(t *testing.T) {
	for _, s := range Available() {
		for _, k := range followed {
			for _, workers := range []int{1, 2, 3} {
				t.Run(s.Name+"/"+k.name, func(t *testing.T) { checkPrologue(t, s, workers, k.c) })
			}
		}
	}
}

func checkPrologue(t *testing.T, s *Set, workers int, c Conv) {
	c, random, e := followedPass(t, s, workers, c)
	x, w := random(c.N*c.H*c.W*c.InC), random(weightLen(c))
	want := random(c.N * c.OutH() * c.OutW() * c.OutC)
	got := slices.Clone(want)
	e.Forward(c, x, w, want, Epilogue{}, Fusion{})
	p := newCopier(x, c.InC)
	e.Forward(c, p.to, w, got, Epilogue{}, Fusion{Before: p})
	p.check(t)
	if !slices.Equal(got, want) {
		t.Errorf("%d workers: the output has other bits when x is prepared", workers)
	}
	e.Forward(c, p.to, w, got, Epilogue{}, Fusion{})
	p.check(t) // the next pass prepares nothing

	dy := random(len(want))
	want = random(weightLen(c))
	got = slices.Clone(want)
	e.BackwardWeights(c, x, dy, want, Fusion{})
	p = newCopier(dy, c.OutC)
	e.BackwardWeights(c, x, p.to, got, Fusion{Before: p})
	p.check(t)
	if !slices.Equal(got, want) {
		t.Errorf("%d workers: the gradient has other bits when dy is prepared", workers)
	}
	e.BackwardWeights(c, x, p.to, got, Fusion{})
	p.check(t) // nor does this
}
