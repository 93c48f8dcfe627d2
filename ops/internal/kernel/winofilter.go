package kernel

import (
	"sync/atomic"
	"unsafe"
)

// winoFilterTask transforms a weight for Winograd's algorithm to 36 planes
// [blocks of out][in][16]. A chunk is some input channels of one block.
type winoFilterTask struct {
	r       correlation
	form    *winoForm
	w, u    []float32
	own     []float32 // of the last call
	plane   int       // floats
	pieces  int       // parts of a block's input channels
	taps    [winoTaps]int
	workers []filterWorker
	scratch []float32
}

// filterWorker is the memory of one worker.
type filterWorker struct {
	tile winoTile
	_    padding
}

// filterChannels is how many input channels a chunk of the transform takes.
const filterChannels = 16

// Kept is a weight laid out for one convolution, to be used again as long as
// neither changes. It is safe for concurrent use; the zero value is ready.
type Kept struct{ u atomic.Pointer[keptWeight] }

// keptWeight is a transformed weight and the layer that it is for.
type keptWeight struct {
	k, in, out int
	u          []float32
}

// winogradFilter returns the transformed weight of r, valid until the next call;
// with keep it is made once.
func (e *Engine) winogradFilter(f *winoForm, r *correlation, w []float32, keep *Kept) []float32 {
	t := &e.wino.filter
	if keep == nil {
		t.own = aligned(t.own, winoPlanes*planeFloats(padded(r.out)*r.in))
		return e.runFilter(f, r, w, t.own)
	}
	have := keep.u.Load()
	if have == nil || have.k != f.taps || have.in != r.in || have.out != r.out {
		u := aligned(nil, winoPlanes*planeFloats(padded(r.out)*r.in))
		have = &keptWeight{f.taps, r.in, r.out, e.runFilter(f, r, w, u)}
		keep.u.Store(have)
	}
	return have.u
}

// runFilter transforms the weight of r into u.
func (e *Engine) runFilter(f *winoForm, r *correlation, w, u []float32) []float32 {
	t := &e.wino.filter
	t.r, t.form, t.w, t.u, t.plane = *r, f, w, u, planeFloats(padded(r.out)*r.in)
	t.taps = r.places(f)
	t.pieces = parts(r.in, filterChannels)
	n := e.Pool.Workers()
	t.workers = grown(t.workers, n)
	t.scratch = aligned(t.scratch, n*winoPlanes*Block)
	for i := range t.workers {
		t.workers[i].tile.scratch = at(t.scratch, i*winoPlanes*Block)
	}
	e.run(parts(r.out, Block)*t.pieces, floatFLOPs*len(u), t)
	return t.u
}

// Do implements Task.
func (t *winoFilterTask) Do(i, worker int) {
	b, first := i/t.pieces, i%t.pieces*filterChannels
	a := &t.workers[worker].tile
	a.taps, a.plane = t.taps, 4*t.plane
	a.n = min(filterChannels, t.r.in-first)
	a.src, a.dst = at(t.w, b*t.r.blockStride+first*Block), at(t.u, (b*t.r.in+first)*Block)
	t.form.filter((*byte)(unsafe.Pointer(a)))
}

// places returns where the taps of r lie in a block of the weight, in bytes, row
// by row.
func (r *correlation) places(f *winoForm) (at [winoTaps]int) {
	for _, p := range r.taps {
		at[(p.dy-r.dy0)*f.taps+p.dx-r.dx0] = 4 * p.w
	}
	return at
}
