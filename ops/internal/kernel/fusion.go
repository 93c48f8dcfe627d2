package kernel

// ChunkEpilogue is applied to the output of a pass, chunk by chunk, on the thread that
// computed the chunk, while it is in that core's cache.
type ChunkEpilogue interface {
	// ApplyEpilogue gets floats lo to hi of the output, whole pixels of all channels, once
	// they have their values. It is called by several threads at the same time, and never
	// twice for one float.
	ApplyEpilogue(lo, hi, worker int)
}

// Grain is the least part of an output that a chunk epilogue takes: runs of Pixels pixels
// from the start of each image, which has Image of them. Chunks are made to end where runs
// do, if that can be.
type Grain struct{ Pixels, Image int }

// chunkEpilogue is the chunk epilogue of a pass, f, and its grain; without one, f is nil.
type chunkEpilogue struct {
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
	// After is applied to each part of the output (of Forward, ForwardAdd and BackwardData)
	// that a chunk of work completes. Parts to which it has not been applied when the pass
	// returns are left to the caller: all of them where chunks are cut by channels, in phases
	// of a stride, and with plain loops. nil: nothing.
	After ChunkEpilogue
	Grain Grain // of After
}

// fuse sets what goes with the pass that begins.
func (e *Engine) fuse(f Fusion) { e.epilogue, e.before = chunkEpilogue{f.After, f.Grain}, f.Before }

// mostGrown is how many times as large units may become to hold a whole run of the grain.
const mostGrown = 3

// align makes units of rows end where runs of the grain do. Where all pixels are rows of
// one image, runs that leave a rest of the real images would not.
func (f *chunkEpilogue) align(r *correlation) {
	n := f.grain.Pixels
	if f.f != nil && r.gemm && f.grain.Image%n != 0 {
		n = f.grain.Image
	}
	f.alignRows(r, n, r.ow)
}

// alignRows does so for runs of n pixels and rows of so many each.
func (f *chunkEpilogue) alignRows(r *correlation, n, row int) {
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

// applyEpilogue applies the epilogue to output rows [from, to) of the images of u.
func (f *chunkEpilogue) applyEpilogue(r *correlation, u part, from, to, worker int) {
	if f.f != nil {
		row := r.ow * r.outC
		f.f.ApplyEpilogue((u.img*r.oh+from)*row, ((u.img+u.imgs-1)*r.oh+to)*row, worker)
	}
}
