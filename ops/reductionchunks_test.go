package ops

import (
	"testing"

	"pgregory.net/rapid"
)

// TestReductionChunks compares the bounds of chunks with a walk over all pixels.
func TestReductionChunks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		side := rapid.IntRange(1, 70)
		x := &Tensor{N: rapid.IntRange(1, 9).Draw(t, "n"), H: side.Draw(t, "h"), W: side.Draw(t, "w"), C: rapid.IntRange(1, 70).Draw(t, "c")}
		p := reductionChunksOf(x)
		at := 0
		for i := range p.count() {
			lo, hi := p.bounds(i)
			if lo != at || hi <= lo || lo%x.C != 0 {
				t.Fatalf("chunk %d of %v has bounds %d, %d; want %d first", i, p, lo, hi, at)
			}
			if first, last := lo/p.image, (hi-1)/p.image; first != last && (lo%p.image != 0 || hi%p.image != 0) {
				t.Fatalf("chunk %d of %v, %d to %d, takes a part of an image and another one", i, p, lo, hi)
			}
			at = hi
		}
		if at != x.Len() {
			t.Fatalf("%v ends at %d of %d", p, at, x.Len())
		}
		lo := rapid.IntRange(0, x.Rows()).Draw(t, "lo") * x.C
		hi := rapid.IntRange(lo/x.C, x.Rows()).Draw(t, "hi") * x.C
		first, end := p.within(lo, hi)
		for i := range p.count() {
			from, to := p.bounds(i)
			if want := from >= lo && to <= hi; want != (first <= i && i < end) {
				t.Fatalf("%v: chunks within %d and %d are %d to %d; chunk %d is %d to %d", p, lo, hi, first, end, i, from, to)
			}
		}
	})
}

// TestReductionChunksStaySmall demands chunks that a unit of a convolution can hold, and few
// of them.
func TestReductionChunksStaySmall(t *testing.T) {
	for _, x := range []*Tensor{{N: 64, H: 32, W: 32, C: 96}, {N: 64, H: 28, W: 28, C: 16}, {N: 1, H: 224, W: 224, C: 16}, {N: 256, H: 1, W: 1, C: 8}} {
		p := reductionChunksOf(x)
		if lo, hi := p.bounds(0); hi-lo > 2*maxReductionChunk || p.count() > 4*x.N+x.Len()/(maxReductionChunk/2) {
			t.Errorf("%dx%dx%dx%d: %d chunks of %d floats", x.N, x.H, x.W, x.C, p.count(), hi-lo)
		}
	}
}
