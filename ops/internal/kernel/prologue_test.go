package kernel

import (
	"math"
	"slices"
	"sync"
	"testing"
)

// copyPrologue gives an operand its values by copying them, and counts.
type copyPrologue struct {
	mu       sync.Mutex
	from, to []float32
	times    []int
	pixel    int // floats
	broken   bool
}

// newCopyPrologue returns one for a copy of from, which holds NaN as yet.
func newCopyPrologue(from []float32, pixel int) *copyPrologue {
	p := &copyPrologue{from: from, to: make([]float32, len(from)), times: make([]int, len(from)), pixel: pixel}
	for i := range p.to {
		p.to[i] = float32(math.NaN())
	}
	return p
}

func (p *copyPrologue) ApplyPrologue(lo, hi, _ int) {
	copy(p.to[lo:hi], p.from[lo:hi])
	p.mu.Lock()
	defer p.mu.Unlock()
	p.broken = p.broken || lo%p.pixel != 0 || hi%p.pixel != 0
	for i := lo; i < hi; i++ {
		p.times[i]++
	}
}

// check fails unless the prologue was applied to each float once.
func (p *copyPrologue) check(t *testing.T) {
	t.Helper()
	for i, n := range p.times {
		if n != 1 || p.broken {
			t.Fatalf("the prologue was applied %d times to float %d; parts of pixels: %v", n, i, p.broken)
		}
	}
}

// TestPrologues runs passes over an operand of NaN that a prologue fills: part by part on
// the thread that reads the part or, where several read one, all of it first. It must be
// applied to each float once, before that is read: results have the bits of a pass whose
// operand was there from the start.
func TestPrologues(t *testing.T) {
	for _, s := range Available() {
		for _, k := range fusedPasses {
			for _, workers := range []int{1, 2, 3} {
				t.Run(s.Name+"/"+k.name, func(t *testing.T) { checkPrologue(t, s, workers, k.c) })
			}
		}
	}
}

func checkPrologue(t *testing.T, s *Set, workers int, c Conv) {
	c, random, e := fusedPass(t, s, workers, c)
	x, w := random(c.N*c.H*c.W*c.InC), random(weightLen(c))
	want := random(c.N * c.OutH() * c.OutW() * c.OutC)
	got := slices.Clone(want)
	e.Forward(c, x, w, want, Epilogue{}, Fusion{})
	p := newCopyPrologue(x, c.InC)
	e.Forward(c, p.to, w, got, Epilogue{}, Fusion{Before: p})
	p.check(t)
	if !slices.Equal(got, want) {
		t.Errorf("%d workers: the output has other bits when x has a prologue", workers)
	}
	e.Forward(c, p.to, w, got, Epilogue{}, Fusion{})
	p.check(t) // the next pass has no prologue

	dy := random(len(want))
	want = random(weightLen(c))
	got = slices.Clone(want)
	e.BackwardWeights(c, x, dy, want, Fusion{})
	p = newCopyPrologue(dy, c.OutC)
	e.BackwardWeights(c, x, p.to, got, Fusion{Before: p})
	p.check(t)
	if !slices.Equal(got, want) {
		t.Errorf("%d workers: the gradient has other bits when dy has a prologue", workers)
	}
	e.BackwardWeights(c, x, p.to, got, Fusion{})
	p.check(t) // nor does this
}
