package kernel

import "unsafe"

// denseTask is one correlation with dense weights: forward, or one phase of
// backward data. A chunk is one unit of pixels by one group of blocks.
type denseTask struct {
	correlation
	tiles     *tiles
	x, y      []float32
	weights   weights
	ep        Epilogue
	add       bool
	tables    pixelTables
	pixels    pixelTable
	list      []run
	firstConv []tileFunc // of rows of a first convolution
	sharing
	chunkEpilogue
	prologue
	workers []denseWorker
}

// denseWorker is the memory of one worker.
type denseWorker struct {
	tile   forwardTile
	window []float32
	_      padding
}

// inPlaceBytes is about how much a unit touches whose input is read in place, or
// whose weights are larger than the maps.
const inPlaceBytes = 384 << 10

// runDirect runs the correlation r over the engine's workers.
func (e *Engine) runDirect(r correlation, x []float32, w weights, y []float32, ep Epilogue, add bool) {
	t := &e.dense
	t.correlation, t.tiles, t.x, t.weights, t.y, t.ep, t.add = r, e.Set.tiles, x, w, y, ep, add
	work := r.flops() + r.moved()
	want, limit := e.units(work), unitBytes
	t.firstConv = nil
	switch {
	case t.inPlace:
		limit = inPlaceBytes
	case t.blocks() == 1: // tiles of more blocks load little anyway
		if t.firstConv = t.tiles.firstConvTiles(&t.correlation); t.firstConv != nil {
			limit = firstConvBytes
		}
	}
	heavy, maps := t.g*t.blocks()*t.blockStride, t.n*(t.h*t.w*t.inC+t.oh*t.ow*t.outC)
	if t.byBlocks = heavy > maps*w.worth(); t.byBlocks {
		t.plan(t.inC, inPlaceBytes, most(t.tiles.dense[1])/2, 1)
	} else {
		t.plan(t.inC, limit, most(t.tiles.dense[1])/2, want)
	}
	t.divide(e.Pool.Workers())
	t.chunkEpilogue = e.epilogue
	t.align(&t.correlation)
	t.pixels = t.tables.of(&t.correlation, t.inC)
	t.list = t.runs(t.list[:0])
	t.split(t.correlation.units(), want, e.Pool.Workers(), t.sets())
	t.prologue = e.prologueOf(t.n*t.h*t.w, t.inC, t.gemm && t.splits == 1)
	t.workers = grown(t.workers, e.Pool.Workers())
	e.run(t.chunks(), work, t)
}

// setUp implements threadSetUp.
func (t *denseTask) setUp(worker int) {
	if !t.inPlace && len(t.taps) > 0 {
		k := &t.workers[worker]
		k.window = aligned(k.window, t.windowFloats(t.inC))
	}
}

// blocks returns the number of blocks of a group.
func (t *denseTask) blocks() int { return parts(t.out, Block) }

// wideBytes is how much weights of the blocks of one tile may take for it to take more
// than two: every few pixels they are read from the second-level cache again.
const wideBytes = 140 << 10

// sets returns the number of sets of neighbouring blocks, one tile each, that make
// the output: wide tiles load less for each product and write longer runs of a
// pixel, but need more weights for each pixel.
func (t *denseTask) sets() int {
	n := len(t.tiles.dense) - 1
	if n > 2 && 4*n*Block*t.in*len(t.taps) > wideBytes {
		n = 2
	}
	return parts(t.blocks(), n)
}

// firstBlock returns the first block of set s.
func (t *denseTask) firstBlock(s int) int { return s * t.blocks() / t.sets() }

// Do implements Task.
func (t *denseTask) Do(i, worker int) {
	unit, share := t.chunk(i)
	u := t.unit(unit)
	if u.imgs == 0 {
		return
	}
	k := &t.workers[worker]
	base := 0
	x := t.x
	switch {
	case len(t.taps) == 0: // nothing is read
	case t.inPlace:
		base = t.origin(u)
		t.applyPrologue(u.img, u.imgs, t.h, u.row, u.row+u.rows, t.w*t.inC, worker)
	default:
		t.copyWindow(u, t.x, k.window)
		x = k.window
	}
	first, last := share*t.sets()/t.splits, (share+1)*t.sets()/t.splits
	for g := range t.g {
		for s := first; s < last; s++ {
			b := t.firstBlock(s)
			t.block(worker, u, g, b, t.firstBlock(s+1)-b, x[base+g*t.in:])
		}
	}
	from, to := t.firstBlock(first)*Block, min(t.out, t.firstBlock(last)*Block)
	for g := range t.g {
		t.activate(t.ep.Act, t.y, u, u.row, u.row+u.rows, g*t.out+from, g*t.out+to)
	}
	if t.splits == 1 {
		t.applyEpilogue(&t.correlation, u, u.row, u.row+u.rows, worker)
	}
}

// block computes n blocks from block b of group g for all pixels of u.
func (t *denseTask) block(worker int, u part, g, b, n int, x []float32) {
	a := &t.workers[worker].tile
	o := g*t.out + b*Block
	channels := min(n*Block, t.out-b*Block)
	a.lanes.set(channels - (n-1)*Block)
	a.x, a.runs, a.runCount = at(x, 0), nil, len(t.list)
	if len(t.list) > 0 {
		a.runs = unsafe.Pointer(&t.list[0])
	}
	a.w, a.block = at(t.weights.blocks(worker, g*t.blocks()+b, n), 0), 4*t.blockStride
	a.y = at(t.y, t.target(u)+o)
	a.epilogueArgs.set(t.ep, t.add, o, channels)
	if t.firstConv != nil {
		a.block = 4 * t.outC
		a.callRows(t.firstConv, u.imgs*u.rows, t.cols, t.pixels)
		return
	}
	a.callAll(t.tiles.dense[n], u.imgs*u.rows*t.cols, t.pixels)
}
