package kernel

import "unsafe"

// pickChannels is the number of input channels up to which the taps are part of
// a weight-gradient tile's rows: a tile over few channels of one tap would leave
// most accumulators idle.
const pickChannels = 6

// pickTask is the weight gradient of a dense convolution of few input channels,
// such as a network's first. A chunk is some rows, pairs of a tap and an input
// channel, of one tile's worth of output blocks; it walks over all images and
// copies their windows with the zero border.
type pickTask struct {
	correlation
	c            Conv
	tiles        *tiles
	x, dy, dw    []float32
	picks        []pick // [g][taps][in]
	pairs, parts int    // of a group's output blocks, of its rows
	workers      []pickWorker
}

// pickWorker is the memory of one worker.
type pickWorker struct {
	tile   gradTile
	window []float32
}

func (e *Engine) backWeightsPicked(c Conv, x, dy, dw []float32) {
	t := &e.picked
	t.correlation = c.forward(e.phaseTaps[:0])
	e.phaseTaps = t.taps
	t.inPlace = false
	t.c, t.tiles, t.x, t.dy, t.dw = c, e.Set.tiles, x, dy, dw
	t.plan(t.inC, unitBytes, 1, 1)
	t.picks = t.picks[:0]
	for g := range c.G {
		for _, p := range t.taps {
			for i := range t.in {
				at := ((p.dy-t.dy0)*t.winW+p.dx-t.dx0)*t.inC + g*t.in + i
				t.picks = append(t.picks, pick{4 * at, 4 * (p.w + i*Block)})
			}
		}
	}
	t.pairs, t.parts = parts(c.blocks(), t.width()), parts(t.rowsOfGroup(), most(t.tiles.pick[t.width()]))
	t.workers = grown(t.workers, e.Pool.Workers())
	for i := range t.workers {
		t.workers[i].window = aligned(t.workers[i].window, t.windowFloats(t.inC))
	}
	e.Pool.Run(c.G*t.pairs*t.parts, t)
}

// width returns the number of blocks that a tile takes at once.
func (t *pickTask) width() int {
	if most(t.tiles.pick[2]) > 0 && t.c.blocks() > 1 {
		return 2
	}
	return 1
}

func (t *pickTask) rowsOfGroup() int { return len(t.taps) * t.in }

// Do implements Task.
func (t *pickTask) Do(i, worker int) {
	c, k := t.c, &t.workers[worker]
	share, i := i%t.parts, i/t.parts
	b, g := i%t.pairs*t.width(), i/t.pairs
	n := min(t.width(), c.blocks()-b)
	first, last := share*t.rowsOfGroup()/t.parts, (share+1)*t.rowsOfGroup()/t.parts
	_, o, _ := c.block(g*c.blocks() + b)
	a := &k.tile
	a.lanes.set(min(Block, c.OutC/c.G-(b+n-1)*Block))
	a.dw, a.block = at(t.dw, (g*c.blocks()+b)*c.blockStride()), 4*c.blockStride()
	a.picks = &t.picks[g*t.rowsOfGroup()+first]
	for i := range t.units() {
		u := t.unit(i)
		t.copyWindow(u, t.x, k.window)
		a.overWindow(&t.correlation, u, t.inC)
		a.x, a.dy = at(k.window, 0), at(t.dy, t.target(u)+o)
		t.tiles.pick[n][last-first]((*byte)(unsafe.Pointer(a)))
	}
}
