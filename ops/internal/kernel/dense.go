package kernel

import "unsafe"

// denseTask is one correlation with dense weights: forward, or one phase of
// backward data. A chunk is one unit of pixels by one group of blocks.
type denseTask struct {
	correlation
	tiles   *tiles
	x, y    []float32
	weights weights
	ep      Epilogue
	add     bool
	tables  pixelTables
	pixels  pixelTable
	list    []run
	sharing
	workers []denseWorker
}

// denseWorker is the memory of one worker.
type denseWorker struct {
	tile   forwardTile
	window []float32
	_      padding
}

// flatBytes is about how much a unit touches whose input is read in place, or
// whose weights are larger than the maps.
const flatBytes = 384 << 10

// runDirect runs the correlation r over the engine's workers.
func (e *Engine) runDirect(r correlation, x []float32, w weights, y []float32, ep Epilogue, add bool) {
	t := &e.dense
	t.correlation, t.tiles, t.x, t.weights, t.y, t.ep, t.add = r, e.Set.tiles, x, w, y, ep, add
	flops := r.flops()
	want, limit := e.units(flops), unitBytes
	if t.inPlace {
		limit = flatBytes
	}
	heavy, maps := t.g*t.blocks()*t.blockStride, t.n*(t.h*t.w*t.inC+t.oh*t.ow*t.outC)
	if t.byBlocks = heavy > maps*w.worth(); t.byBlocks {
		t.plan(t.inC, flatBytes, most(t.tiles.dense[1])/2, 1)
	} else {
		t.plan(t.inC, limit, most(t.tiles.dense[1])/2, want)
	}
	t.divide(e.Pool.Workers())
	t.pixels = t.tables.of(&t.correlation, t.inC)
	t.list = t.runs(t.list[:0])
	t.split(t.correlation.units(), want, e.Pool.Workers(), t.pairs())
	t.workers = grown(t.workers, e.Pool.Workers())
	if !t.inPlace && len(t.taps) > 0 {
		for i := range t.workers {
			t.workers[i].window = aligned(t.workers[i].window, t.windowFloats(t.inC))
		}
	}
	e.run(t.chunks(), flops, t)
}

// blocks returns the number of blocks of a group.
func (t *denseTask) blocks() int { return parts(t.out, Block) }

// width returns the number of blocks that a tile takes at once.
func (t *denseTask) width() int { return wide(&t.tiles.dense, t.blocks()) }

func (t *denseTask) pairs() int { return parts(t.blocks(), t.width()) }

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
	default:
		t.copyWindow(u, t.x, k.window)
		x = k.window
	}
	first, last := share*t.pairs()/t.splits*t.width(), min(t.blocks(), (share+1)*t.pairs()/t.splits*t.width())
	for g := range t.g {
		for b := first; b < last; b += t.width() {
			t.block(worker, u, g, b, min(t.width(), t.blocks()-b), x[base+g*t.in:])
		}
	}
	for g := range t.g {
		t.activate(t.ep.Act, t.y, u, u.row, u.row+u.rows, g*t.out+first*Block, g*t.out+min(t.out, last*Block))
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
	a.outcome.set(t.ep, t.add, o, channels)
	a.callAll(t.tiles.dense[n], u.imgs*u.rows*t.cols, t.pixels)
}
