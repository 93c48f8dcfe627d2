package kernel

// ChunkEpilogue goes on with the output of a pass, chunk by chunk, on the thread that
// computed the chunk, while it is in that core's cache.
type ChunkEpilogue interface {
	// Follow gets floats lo to hi of the output, whole pixels of all channels, once they
	// have their values. It is called by several threads at the same time, and never
	// twice for one float.
	Follow(lo, hi, worker int)
}

// Grain is the least part of an output that a chunk epilogue takes, in pixels: runs of
// Stretch pixels from the start of each image, which has Image of them. Chunks are made to
// end where runs do, if that can be.
type Grain struct{ Stretch, Image int }

// following is the chunk epilogue of a pass, f, and its grain; without one, f is nil.
type following struct {
	f     ChunkEpilogue
	grain Grain
}

// Fusion is what other operations do beside a pass, part by part, while their operands are
// in the cache: an argument of the pass.
type Fusion struct {
	// Before makes the parts of x (of Forward and ForwardAdd) or dy (of BackwardWeights)
	// what they should be before they are read: on the thread that reads them or, where
	// several read a part, for all of it first. nil: nothing. BackwardData has none.
	Before Prologue
	// After is told of each part of the output (of Forward, ForwardAdd and BackwardData)
	// that a chunk of work completes. What it is not told of when the pass returns is left
	// to the caller: all of it where chunks are cut by channels, in phases of a stride, and
	// with plain loops. nil: nothing.
	After ChunkEpilogue
	Grain Grain // of After
}

// fuse sets what goes with the pass that begins.
func (e *Engine) fuse(f Fusion) { e.following, e.before = following{f.After, f.Grain}, f.Before }

// mostGrown is how many times as large units may become to hold a whole stretch.
const mostGrown = 3

// align makes units of rows end where stretches do. Where all pixels are rows of one
// image, stretches that leave a rest of the real images would not.
func (f *following) align(r *correlation) {
	n := f.grain.Stretch
	if f.f != nil && r.flat && f.grain.Image%n != 0 {
		n = f.grain.Image
	}
	f.alignRows(r, n, r.ow)
}

// alignRows does so for stretches of n pixels and rows of so many each.
func (f *following) alignRows(r *correlation, n, row int) {
	if f.f == nil || r.unitImgs > 1 || r.unitRows >= r.rows || n%row != 0 && n != f.grain.Image {
		return
	}
	switch rows := min(parts(n, row), r.rows); {
	case rows > mostGrown*r.unitRows:
	case rows > r.unitRows:
		r.unitRows = rows
	default:
		r.unitRows -= r.unitRows % rows
	}
}

// tell tells of output rows [from, to) of the images of u.
func (f *following) tell(r *correlation, u part, from, to, worker int) {
	if f.f != nil {
		row := r.ow * r.outC
		f.f.Follow((u.img*r.oh+from)*row, ((u.img+u.imgs-1)*r.oh+to)*row, worker)
	}
}
