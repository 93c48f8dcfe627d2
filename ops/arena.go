package ops

import (
	"runtime"

	"github.com/espalier-nas/espalier/ops/internal/kernel"
)

// arena hands out float slices, tensors and parameters in stack order and keeps what it
// got from the runtime for the next pass.
type arena struct {
	slabs   [][]float32
	at      mark
	tensors []*Tensor
	params  []*Param
}

// mark is a point in the arena: slab, floats used of it, tensors and
// parameters used.
type mark struct{ slab, off, tensors, params int }

const (
	slabFloats = 1 << 20
	lineFloats = 16 // slices start on cache lines of their own
	// goneFloats are worth collecting when they are replaced, before their successor is there.
	goneFloats = 8 << 20
)

func (a *arena) mark() mark     { return a.at }
func (a *arena) release(m mark) { a.at = m }

// overflowed reports whether one slab did not suffice: reset will replace all by one.
func (a *arena) overflowed() bool { return len(a.slabs) > 1 }

// reset takes everything back. If one slab did not suffice, the next pass finds
// one that is as large as all of them: passes of different shapes would leave
// different holes at the ends of many. What refers to the old ones keeps them; see forget.
func (a *arena) reset() {
	a.at = mark{}
	if !a.overflowed() {
		return
	}
	total := 0
	for _, s := range a.slabs {
		total += len(s)
	}
	clear(a.slabs)
	if total >= goneFloats {
		runtime.GC()
	}
	a.slabs = append(a.slabs[:0], kernel.Floats(total))
}

// forget lets go of what tensors and parameters of earlier passes refer to.
func (a *arena) forget() {
	for _, t := range a.tensors {
		*t = Tensor{}
	}
	for _, p := range a.params {
		*p = Param{used: p.used[:0], spans: p.spans[:0]}
	}
}

// floats returns n floats with undefined contents.
func (a *arena) floats(n int) []float32 {
	need := (n + lineFloats - 1) / lineFloats * lineFloats
	for ; a.at.slab < len(a.slabs); a.at.slab, a.at.off = a.at.slab+1, 0 {
		if s := a.slabs[a.at.slab]; a.at.off+need <= len(s) {
			f := s[a.at.off : a.at.off+n : a.at.off+n]
			a.at.off += need
			return f
		}
	}
	a.slabs = append(a.slabs, kernel.Floats(max(need, slabFloats)))
	a.at.off = need
	return a.slabs[a.at.slab][:n:n]
}

func (a *arena) tensor() *Tensor {
	if a.at.tensors == len(a.tensors) {
		a.tensors = append(a.tensors, new(Tensor))
	}
	a.at.tensors++
	return a.tensors[a.at.tensors-1]
}

// param returns a parameter that lives no longer than the tensors around it,
// without data and gradient.
func (a *arena) param() *Param {
	if a.at.params == len(a.params) {
		a.params = append(a.params, new(Param))
	}
	a.at.params++
	p := a.params[a.at.params-1]
	*p = Param{used: p.used[:0], spans: p.spans[:0]}
	return p
}

// freelist hands out records of one type and takes them all back at once.
type freelist[T any] struct {
	all   []*T
	used  int
	spare T // for passes that record nothing
}

func (f *freelist[T]) get() *T {
	if f.used == len(f.all) {
		f.all = append(f.all, new(T))
	}
	f.used++
	return f.all[f.used-1]
}

// forget lets go of what the records refer to.
func (f *freelist[T]) forget() {
	var none T
	for _, r := range f.all {
		*r = none
	}
	f.spare = none
}
