package kernel

import "unsafe"

// smallChannels is the number of input channels up to which the taps are part of
// a weight-gradient tile's rows: a tile over few channels of one tap would leave
// most accumulators idle.
const smallChannels = 6

// smallChannelGradTask is the weight gradient of a dense convolution of few input channels,
// such as a network's first. A chunk is one group of units of pixels, whose
// windows it copies with the zero border; a tile is some rows, pairs of a tap and
// an input channel, of one tile's worth of output blocks.
type smallChannelGradTask struct {
	correlation
	c            Conv // with the strides of a weight of its own
	tiles        *tiles
	x, dy        []float32
	groups       int
	sums         sumTask
	offsets      []rowOffset // [g][taps][in]
	pairs, parts int         // of a group's output blocks, of its rows
	firstConv    firstConvGrad
	prologue
	workers []smallChannelGradWorker
}

// smallChannelGradWorker is the memory of one worker.
type smallChannelGradWorker struct {
	tile   gradTile
	window []float32
	_      padding
}

func (e *Engine) backWeightsSmallChannels(c Conv, x, dy, dw []float32) {
	t := &e.smallChannelGrad
	t.correlation = c.forward(e.phaseTaps[:0])
	e.phaseTaps = t.taps
	t.inPlace = false
	t.c, t.tiles, t.x, t.dy = c.own(), e.Set.tiles, x, dy
	t.plan(t.inC, firstConvBytes, 1, groupsOf(gradGroups, c.N*c.OutH()*c.OutW(), c.ownFloats()))
	t.groups = groupsOf(t.units(), c.N*c.OutH()*c.OutW(), c.ownFloats())
	t.firstConv = t.tiles.firstConvGradOf(&t.correlation)
	t.prologue = e.prologueOf(c.N*c.OutH()*c.OutW(), c.OutC, true)
	t.sums.reserve(e, t.groups, 1, c, dw)
	t.offsets = t.offsets[:0]
	for g := range c.G {
		for k, p := range t.taps {
			for i := range t.in {
				at := ((p.dy-t.dy0)*t.winW+p.dx-t.dx0)*t.inC + g*t.in + i
				t.offsets = append(t.offsets, rowOffset{4 * at, 4 * (k*t.in + i) * Block})
			}
		}
	}
	t.pairs, t.parts = parts(c.blocks(), t.width()), parts(t.rowsOfGroup(), most(t.tiles.gradIndirect[t.width()]))
	t.workers = grown(t.workers, e.Pool.Workers())
	e.run(t.groups, c.work(), t)
	t.sums.run(e)
}

// setUp implements threadSetUp.
func (t *smallChannelGradTask) setUp(worker int) {
	k := &t.workers[worker]
	k.window = aligned(k.window, t.windowFloats(t.inC))
}

// width returns the number of blocks that a tile takes at once.
func (t *smallChannelGradTask) width() int { return wide(t.tiles.gradIndirect, t.c.blocks()) }

func (t *smallChannelGradTask) rowsOfGroup() int { return len(t.taps) * t.in }

// Do implements Task.
func (t *smallChannelGradTask) Do(group, worker int) {
	k := &t.workers[worker]
	sums := t.sums.group(group)
	clear(sums)
	for i := group * t.units() / t.groups; i < (group+1)*t.units()/t.groups; i++ {
		u := t.unit(i)
		t.copyWindow(u, t.x, k.window)
		t.applyPrologue(u.img, u.imgs, t.oh, u.row, u.row+u.rows, t.ow*t.outC, worker)
		if t.firstConv.f != nil {
			t.addFirstConv(k, u, sums)
			continue
		}
		for g := range t.c.G {
			for b := 0; b < t.c.blocks(); b += t.width() {
				for p := range t.parts {
					t.tile(k, u, g, b, p, sums)
				}
			}
		}
	}
	t.sums.arrive(group, t.sums.merge)
}

// addFirstConv adds the products of the pixels of u.
func (t *smallChannelGradTask) addFirstConv(k *smallChannelGradWorker, u part, sums []float32) {
	stride := t.c.blockStride()
	for b := range t.c.blocks() {
		k.tile.lanes.set(min(Block, t.c.OutC-b*Block))
		k.tile.dy = at(t.dy, t.target(u)+b*Block)
		t.firstConv.add(&k.tile, &t.correlation, u, k.window, sums[b*stride:])
	}
}

// tile adds the products of part p of the rows of group g, block b on, for the
// pixels of u.
func (t *smallChannelGradTask) tile(k *smallChannelGradWorker, u part, g, b, p int, sums []float32) {
	c, a := t.c, &k.tile
	n := min(t.width(), c.blocks()-b)
	first, last := p*t.rowsOfGroup()/t.parts, (p+1)*t.rowsOfGroup()/t.parts
	_, o, _ := c.block(g*c.blocks() + b)
	a.lanes.set(min(Block, c.OutC/c.G-(b+n-1)*Block))
	a.dw, a.block = at(sums, (g*c.blocks()+b)*c.blockStride()), 4*c.blockStride()
	a.offsets = &t.offsets[g*t.rowsOfGroup()+first]
	a.overWindow(&t.correlation, u, t.inC)
	a.x, a.dy = at(k.window, 0), at(t.dy, t.target(u)+o)
	t.tiles.gradIndirect[n][last-first]((*byte)(unsafe.Pointer(a)))
}
