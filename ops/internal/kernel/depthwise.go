package kernel

import "unsafe"

// depthTask is one correlation with depthwise weights: forward, or one phase of
// backward data. A chunk is one unit of pixels by some blocks of 16 channels.
// The unit's window is gathered block by block into the first-level cache, with
// its zero border, and every tap of every pixel is then one aligned load.
type depthTask struct {
	correlation
	tiles   *tiles
	x, y    []float32
	ep      Epilogue
	add     bool
	tables  pixelTables
	pixels  pixelTable
	list    []int     // distance in bytes of each tap
	panel   []float32 // weights, [blocks][taps][16]
	splits  int
	workers []depthWorker
}

// depthWorker is the memory of one worker.
type depthWorker struct {
	tile   forwardTile
	gather gatherTile
	window []float32
	_      padding
}

// depthBytes is what a unit's window and outputs of 16 channels may take of the
// first-level cache.
const depthBytes = 28 << 10

// runDepth runs the depthwise correlation r; tap.w are distances in w.
func (e *Engine) runDepth(r correlation, x, w, y []float32, ep Epilogue, add bool) {
	t := &e.depth
	if p := e.Set.tiles.byRows(&r); p.k > 0 {
		e.runRows(p, r, r.tapRows(w), x, y, ep, add)
		return
	}
	r.in, r.out, r.inPlace = Block, Block, false
	t.correlation, t.tiles, t.x, t.y, t.ep, t.add = r, e.Set.tiles, x, y, ep, add
	work := 2*r.n*r.rows*r.cols*r.outC*len(r.taps) + r.moved()
	want := e.units(work)
	t.plan(Block, depthBytes, most(t.tiles.depthwise), parts(want, t.blocks()))
	t.divide(e.Pool.Workers())
	t.pixels = t.tables.of(&t.correlation, Block)
	t.list = grown(t.list, len(t.taps))
	for i, p := range t.taps {
		t.list[i] = 4 * Block * ((p.dy-t.dy0)*t.winW + p.dx - t.dx0)
	}
	t.fillPanel(w)
	t.splits = min(t.blocks(), parts(want, t.units()))
	e.prologueOf(t.n*t.h*t.w, t.inC, false)
	t.workers = grown(t.workers, e.Pool.Workers())
	e.run(t.units()*t.splits, work, t)
}

// setUp implements threadSetUp.
func (t *depthTask) setUp(worker int) {
	k := &t.workers[worker]
	k.window = aligned(k.window, t.windowFloats(Block))
}

// blocks returns the number of blocks of 16 channels.
func (t *depthTask) blocks() int { return parts(t.outC, Block) }

// fillPanel lays the weights out in the order in which the tiles read them,
// lanes beyond the channels zero.
func (t *depthTask) fillPanel(w []float32) {
	t.panel = aligned(t.panel, t.blocks()*len(t.taps)*Block)
	for b := range t.blocks() {
		for i, p := range t.taps {
			d := t.panel[(b*len(t.taps)+i)*Block:][:Block]
			clear(d[copy(d, w[p.w+b*Block:p.w+min(t.outC, (b+1)*Block)]):])
		}
	}
}

// Do implements Task.
func (t *depthTask) Do(i, worker int) {
	u, share := t.unit(i/t.splits), i%t.splits
	if u.imgs == 0 {
		return
	}
	k := &t.workers[worker]
	for b := share * t.blocks() / t.splits; b < (share+1)*t.blocks()/t.splits; b++ {
		t.block(k, u, b)
	}
}

// block computes 16 channels from block b for all pixels of u.
func (t *depthTask) block(k *depthWorker, u part, b int) {
	o := b * Block
	channels := min(Block, t.outC-o)
	a := &k.tile
	a.lanes.set(channels)
	a.epilogueArgs.set(t.ep, t.add, o, channels)
	a.y = at(t.y, t.target(u)+o)
	a.runCount = len(t.taps)
	if len(t.taps) > 0 {
		k.gather.lanes = a.lanes
		t.gatherWindow(&k.gather, t.tiles, u, t.x[o:], k.window)
		a.x, a.w, a.runs = at(k.window, 0), at(t.panel, b*len(t.taps)*Block), unsafe.Pointer(&t.list[0])
	}
	a.callAll(t.tiles.depthwise, u.imgs*u.rows*t.cols, t.pixels)
	t.activate(t.ep.Act, t.y, u, u.row, u.row+u.rows, o, o+channels)
}

// gatherWindow is copyWindow for the 16 channels at x[0]: dst is
// [imgs][rows][winW][16].
func (r *correlation) gatherWindow(a *gatherTile, t *tiles, u part, x, dst []float32) {
	rows, line := r.windowRows(u.rows), r.winW*Block
	lo, hi := max(0, -r.dx0), min(r.winW, r.w-r.dx0)
	y := u.row*r.step + r.dy0
	top := min(rows, max(0, -y))
	end := max(top, min(rows, r.h-y))
	if lo >= hi {
		top, end = rows, rows
	}
	a.step, a.n, a.rows = 4*r.inC, hi-lo, end-top
	a.skip, a.left, a.right = 4*r.inC*(r.w-a.n), lo, r.winW-hi
	for i := range u.imgs {
		d := dst[i*rows*line:][:rows*line]
		clear(d[:top*line])
		if a.rows > 0 {
			a.src, a.dst = at(x, (((u.img+i)*r.h+y+top)*r.w+lo+r.dx0)*r.inC), at(d, top*line)
			t.gather((*byte)(unsafe.Pointer(a)))
		}
		clear(d[end*line:])
	}
}
