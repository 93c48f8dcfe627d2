package kernel

import "unsafe"

// winoFilter is a weight transformed for Winograd's algorithm to 36 planes
// [blocks of out][in][16].
type winoFilter struct {
	r         correlation
	form      *winoForm
	from      weights
	plane     int // floats
	taps      [winoTaps]int
	prepacked []float32 // of a weight that does not change
	workers   []filterWorker
}

// filterWorker is the memory of one worker.
type filterWorker struct {
	tile    winoTile
	scratch []float32
	u       []float32
	packed  packCache
	_       padding
}

// begin makes t the transform of the weight of r; with prepacked it is made at once, for
// all calls.
func (t *winoFilter) begin(f *winoForm, r *correlation, from weights, prepacked *Prepacked, workers int) {
	t.r, t.form, t.from, t.plane = *r, f, from, planeFloats(padded(r.out)*r.in)
	t.taps, t.prepacked = r.places(f), nil
	t.workers = grown(t.workers, workers)
	if prepacked == nil {
		return
	}
	t.prepacked = prepacked.layout(packKey{f.taps, r.in, r.out}, winoPlanes*t.plane, func(u []float32) {
		t.prepacked = u
		t.setUp(0)
		for b := range padded(r.out) / Block {
			t.block(0, b, u)
		}
	})
}

// setUp makes a worker's memory.
func (t *winoFilter) setUp(worker int) {
	k := &t.workers[worker]
	k.scratch = aligned(k.scratch, winoPlanes*Block)
	k.tile.scratch = at(k.scratch, 0)
	if t.prepacked == nil {
		k.u = aligned(k.u, winoPlanes*t.plane)
		k.packed.begin(padded(t.r.out) / Block)
	}
}

// planes returns the transform, of which n blocks from block first on are ready
// for one worker.
func (t *winoFilter) planes(worker, first, n int) []float32 {
	if t.prepacked != nil {
		return t.prepacked
	}
	k := &t.workers[worker]
	for b := first; b < first+n; b++ {
		if k.packed.miss(b) {
			t.block(worker, b, k.u)
		}
	}
	return k.u
}

// block transforms block b of the weight into u.
func (t *winoFilter) block(worker, b int, u []float32) {
	a := &t.workers[worker].tile
	a.taps, a.plane, a.n = t.taps, 4*t.plane, t.r.in
	a.src, a.dst = at(t.from.blocks(worker, b, 1), 0), at(u, b*t.r.in*Block)
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
