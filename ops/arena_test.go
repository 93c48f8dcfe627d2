package ops

import (
	"math/rand/v2"
	"testing"

	"github.com/espalier-nas/espalier/internal/allocs"
)

// TestArena hands out passes of random sizes: pieces never overlap, start on
// lines of their own, and after the largest pass nothing is allocated.
func TestArena(t *testing.T) {
	var a arena
	r := rand.New(rand.NewPCG(1, 1))
	pass := func(n, size int) {
		a.reset()
		for i := range n {
			f := a.floats(1 + r.IntN(size))
			for j := range f {
				f[j] = float32(i)
			}
			m := a.mark()
			clear(a.floats(1 + r.IntN(size)))
			a.tensor().N = i
			a.release(m)
			if f[0] != float32(i) || f[len(f)-1] != float32(i) {
				t.Fatal("pieces overlap")
			}
			if cap(f) != len(f) {
				t.Fatal("a piece can grow into the next one")
			}
		}
	}
	for range 3 {
		pass(40, slabFloats/4)
	}
	if n := allocs.PerRun(20, func() { pass(20, slabFloats/8) }); n != 0 {
		t.Errorf("%v allocations in a pass smaller than earlier ones", n)
	}
	if len(a.slabs) != 1 {
		t.Errorf("%d slabs after a small pass; want one", len(a.slabs))
	}
}
