package kernel

import "unsafe"

// depthGradTask is the weight gradient of a depthwise convolution. A chunk is one
// group of units of pixels by some blocks of 16 channels: for each unit in turn,
// whose pixels come into the second-level cache whole, and each block, as many taps
// as the registers hold sum over all its pixels. The groups' sums are added by
// treeReduction, and to dw at the end, a chunk a block.
type depthGradTask struct {
	correlation
	c         Conv
	tiles     *tiles
	vec       *Vec
	x, dy, dw []float32
	treeReduction
	splits  int         // parts into which the blocks are cut
	sums    []float32   // [groups][blocks][taps][16]
	joining bool        // the groups' sums are being added
	offsets []rowOffset // of the taps: where they read in the window, and where in the sums
	byRows  rowGradPlan
	prologue
	workers []depthGradWorker
}

// depthGradWorker is the memory of one worker.
type depthGradWorker struct {
	tile   gradTile
	gather gatherTile
	window []float32
	rows   rowGradTile
	specs  []gradSpec
	fetcher
	_ padding
}

func (e *Engine) backWeightsDepth(c Conv, x, dy, dw []float32) {
	t := &e.depthGrad
	t.correlation = c.forward(e.phaseTaps[:0])
	e.phaseTaps = t.taps
	t.c, t.tiles, t.vec, t.x, t.dy, t.dw = c, e.Set.tiles, e.Set.Vec(), x, dy, dw
	t.in, t.out, t.inPlace = Block, Block, false
	t.plan(Block, max(depthBytes/3, min(depthBytes, unitBytes/t.blocks())), 1, 1)
	t.offsets = grown(t.offsets, len(t.taps))
	for i, p := range t.taps {
		t.offsets[i] = rowOffset{4 * Block * ((p.dy-t.dy0)*t.winW + p.dx - t.dx0), 4 * Block * i}
	}
	t.byRows = t.tiles.gradByRows(&t.correlation)
	t.workers = grown(t.workers, e.Pool.Workers())
	groups := groupsOf(t.units(), c.N*c.OutH()*c.OutW(), len(t.taps)*t.blocks()*Block)
	t.sums = aligned(t.sums, groups*t.groupFloats())
	t.joining = false
	t.splits = min(t.blocks(), e.shares(groups, c.work()))
	t.begin(groups, t.splits)
	t.prologue = e.prologueOf(c.N*c.OutH()*c.OutW(), c.OutC, t.splits == 1)
	e.run(t.groups*t.splits, c.work(), t)
	if groups > 1 {
		t.joining = true
		e.run(t.blocks(), 2*floatFLOPs*t.groupFloats(), t)
	}
}

// setUp implements threadSetUp.
func (t *depthGradTask) setUp(worker int) {
	k := &t.workers[worker]
	k.window = aligned(k.window, t.windowFloats(Block))
	k.specs = grown(k.specs, t.unitImgs*t.unitRows)
	k.ready, k.rows.ahead = 0, ahead{}
}

// blocks returns the number of blocks of 16 channels.
func (t *depthGradTask) blocks() int { return parts(t.outC, Block) }

// groupFloats returns the number of sums of a group.
func (t *depthGradTask) groupFloats() int { return t.blocks() * len(t.taps) * Block }

// sumsOf returns the sums of group g and block b.
func (t *depthGradTask) sumsOf(g, b int) []float32 {
	n := len(t.taps) * Block
	return t.sums[g*t.groupFloats()+b*n:][:n]
}

// merge adds the sums of a group to those of another.
func (t *depthGradTask) merge(to, from int) {
	n := t.groupFloats()
	t.vec.Add(t.sums[to*n:][:n], t.sums[from*n:][:n], t.sums[to*n:][:n])
}

// Do implements Task.
func (t *depthGradTask) Do(i, worker int) {
	if t.joining {
		t.join(i)
		return
	}
	g, share := i/t.splits, i%t.splits
	first, last := share*t.blocks()/t.splits, (share+1)*t.blocks()/t.splits
	k := &t.workers[worker]
	for b := first; b < last; b++ {
		clear(t.sumsOf(g, b))
	}
	for i := g * t.units() / t.groups; i < (g+1)*t.units()/t.groups; i++ {
		u := t.unit(i)
		if t.mapBytes() > largeGradBytes {
			k.rows.ahead = k.fetch(i, t.next(i, g), t.tilesOf(u), byLines, func(i int) unitMaps { return t.maps(t.unit(i), t.x, t.dy) })
		}
		t.applyPrologue(u.img, u.imgs, t.oh, u.row, u.row+u.rows, t.ow*t.outC, worker)
		if t.byRows.k > 0 {
			t.sumRows(k, u, g, first, last)
			continue
		}
		for b := first; b < last; b++ {
			o := b * Block
			k.tile.lanes.set(min(Block, t.outC-o))
			k.gather.lanes = k.tile.lanes
			t.gatherWindow(&k.gather, t.tiles, u, t.x[o:], k.window)
			t.sum(k, u, o, t.sumsOf(g, b))
		}
	}
	if t.groups == 1 {
		for b := first; b < last; b++ {
			t.join(b)
		}
		return
	}
	t.arrive(g, t.merge)
}

// next returns the unit that tiles fetch during unit i of group g: the one that the
// worker takes after it, or i itself for none.
func (t *depthGradTask) next(i, g int) int {
	if last := i+1 == (g+1)*t.units()/t.groups; t.byRows.k == 0 || i+1 == t.units() || last && t.splits > 1 {
		return i
	}
	return i + 1
}

// join adds both halves' sums of block b to dw, or the only group's.
func (t *depthGradTask) join(b int) {
	channels := min(Block, t.outC-b*Block)
	sums := t.sumsOf(0, b)
	if g := t.second(); g > 0 {
		t.vec.Add(sums, t.sumsOf(g, b), sums)
	}
	for i, p := range t.taps {
		dw := t.dw[p.w+b*Block:][:channels]
		for l, v := range sums[i*Block:][:channels] {
			dw[l] += v
		}
	}
}

// sum adds the products of the pixels of u to sums.
func (t *depthGradTask) sum(k *depthGradWorker, u part, o int, sums []float32) {
	a := &k.tile
	a.overWindow(&t.correlation, u, Block)
	a.x, a.dy, a.dw = at(k.window, 0), at(t.dy, t.target(u)+o), at(sums, 0)
	for i, parts := 0, parts(len(t.taps), most(t.tiles.taps)); i < parts; i++ {
		first, last := i*len(t.taps)/parts, (i+1)*len(t.taps)/parts
		a.offsets = &t.offsets[first]
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
