package kernel

import "unsafe"

// depthGradTask is the weight gradient of a depthwise convolution. A chunk is one
// block of 16 channels: for each unit of pixels in turn, its window is gathered
// with its zero border, and as many taps as the registers hold sum over all
// pixels. Units are taken in passes, as gradTask takes images.
type depthGradTask struct {
	correlation
	c         Conv
	tiles     *tiles
	x, dy, dw []float32
	from, to  int    // units of this pass
	picks     []pick // of the taps: where they read in the window, and where in the sums
	byRows    rowGradPlan
	workers   []depthGradWorker
}

// depthGradWorker is the memory of one worker.
type depthGradWorker struct {
	tile   gradTile
	gather gatherTile
	window []float32
	sums   []float32 // [taps][16]
	rows   rowGradTile
	specs  []gradSpec
}

func (e *Engine) backWeightsDepth(c Conv, x, dy, dw []float32) {
	t := &e.depthGrad
	t.correlation = c.forward(e.phaseTaps[:0])
	e.phaseTaps = t.taps
	t.c, t.tiles, t.x, t.dy, t.dw = c, e.Set.tiles, x, dy, dw
	t.in, t.out, t.inPlace = Block, Block, false
	t.plan(Block, depthBytes, 1, 1)
	t.picks = grown(t.picks, len(t.taps))
	for i, p := range t.taps {
		t.picks[i] = pick{4 * Block * ((p.dy-t.dy0)*t.winW + p.dx - t.dx0), 4 * Block * i}
	}
	t.byRows = t.tiles.gradByRows(&t.correlation)
	t.workers = grown(t.workers, e.Pool.Workers())
	for i := range t.workers {
		k := &t.workers[i]
		k.window, k.sums = aligned(k.window, t.windowFloats(Block)), aligned(k.sums, len(t.taps)*Block)
		k.specs = grown(k.specs, t.unitImgs*t.unitRows)
	}
	step := max(1, gradBytes*t.units()/(4*c.N*(c.H*c.W+c.OutH()*c.OutW())*c.OutC))
	for t.from = 0; t.from < t.units(); t.from = t.to {
		t.to = min(t.from+step, t.units())
		e.Pool.Run(parts(t.outC, Block), t)
	}
}

// Do implements Task.
func (t *depthGradTask) Do(b, worker int) {
	k := &t.workers[worker]
	o := b * Block
	channels := min(Block, t.outC-o)
	k.tile.lanes.set(channels)
	k.gather.lanes = k.tile.lanes
	clear(k.sums)
	for i := t.from; i < t.to; i++ {
		u := t.unit(i)
		if t.byRows.k > 0 {
			t.sumRows(k, u, o)
			continue
		}
		t.gatherWindow(&k.gather, t.tiles, u, t.x[o:], k.window)
		t.sum(k, u, o)
	}
	for i, p := range t.taps {
		dw := t.dw[p.w+o:][:channels]
		for l, v := range k.sums[i*Block:][:channels] {
			dw[l] += v
		}
	}
}

// sum adds the products of the pixels of u to the worker's sums.
func (t *depthGradTask) sum(k *depthGradWorker, u part, o int) {
	a := &k.tile
	a.overWindow(&t.correlation, u, Block)
	a.x, a.dy, a.dw = at(k.window, 0), at(t.dy, t.target(u)+o), at(k.sums, 0)
	for i, parts := 0, parts(len(t.taps), most(t.tiles.taps)); i < parts; i++ {
		first, last := i*len(t.taps)/parts, (i+1)*len(t.taps)/parts
		a.picks = &t.picks[first]
		t.tiles.taps[last-first]((*byte)(unsafe.Pointer(a)))
	}
}

// overWindow sets the loops over the pixels of u, with pixels of channels floats
// in the window that x is read from.
func (a *gradTile) overWindow(r *correlation, u part, channels int) {
	a.images, a.rows, a.cols = u.imgs, u.rows, r.cols
	line := 4 * r.winW * channels
	a.xPix, a.dyPix = 4*r.step*channels, 4*r.outC
	a.xRow, a.dyRow = r.step*line-r.cols*a.xPix, 0
	a.xImage, a.dyImage = (r.windowRows(u.rows)-u.rows*r.step)*line, 0
}
