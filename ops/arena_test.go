package ops

import (
	"math/rand/v2"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

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

// When many slabs become one, nothing keeps the old ones.
func TestOldSlabsAreLetGo(t *testing.T) {
	e, err := NewExec(Config{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	const maps = 12
	var gone atomic.Int64
	e.Begin(true)
	x := e.New(1, 1, 1, slabFloats)
	for range maps {
		x = Activate(e, x, ReLU)
	}
	x.SetGrad(make([]float32, slabFloats))
	e.Backward()
	for i := range e.mem.slabs {
		runtime.AddCleanup(&e.mem.slabs[i][0], func(int) { gone.Add(1) }, i)
	}
	n := len(e.mem.slabs)
	e.Begin(true)
	for range 10 {
		runtime.GC()
		time.Sleep(time.Millisecond) // cleanups run beside this
	}
	if got := gone.Load(); n < maps || int(got) != n || len(e.mem.slabs) != 1 {
		t.Errorf("%d of %d old slabs are gone, %d are left in use; want all and one", got, n, len(e.mem.slabs))
	}
}
