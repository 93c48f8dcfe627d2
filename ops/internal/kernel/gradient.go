package kernel

import "unsafe"

// gradTask is the weight gradient of a dense convolution. A chunk is one group of
// images by some of the sums: an item is one tap, one tile's worth of input
// channels and one tile's worth of output blocks; it sums over the pixels where
// the tap meets the map, so that no padding is read. A group takes as many passes
// over its images as the shape says, so that the pixels of one pass stay in the
// second-level cache.
type gradTask struct {
	c            Conv // with the strides of what the items add to
	tiles        *tiles
	x, dy        []float32
	groups       int
	step         int // images of a pass
	parts, pairs int // parts of a group's input channels, pairs of its output blocks
	splits       int // parts of the items
	apart        bool
	sums         sumTask // of the groups, if there are several
	dw           []float32
	workers      []gradWorker
}

// gradWorker is the memory of one worker.
type gradWorker struct {
	tile  gradTile
	x, dy []float32 // pixels apart
}

// gradPass is some images of a pass: where they lie, and the floats between
// their pixels.
type gradPass struct {
	x, dy   []float32
	imgs    int
	xC, dyC int
}

// gradBytes is about how much x and dy one pass reads.
const gradBytes = 512 << 10

func (e *Engine) backWeightsDense(c Conv, x, dy, dw []float32) {
	t := &e.grad
	if c.K == 1 && c.S == 1 && c.Pad == 0 {
		c.N, c.H, c.W = c.N*c.H*c.W, 1, 1 // passes may cut anywhere
	}
	t.c, t.tiles, t.x, t.dy, t.dw = c, e.Set.tiles, x, dy, dw
	t.groups = groupsOf(c.N, c.N*c.OutH()*c.OutW(), c.ownFloats())
	if t.groups > 1 {
		t.sums.reserve(t.groups, c, dw)
		t.c = c.own()
	}
	t.pairs = parts(c.blocks(), t.width())
	t.parts = parts(c.InC/c.G, t.channels())
	t.step = max(1, gradBytes/(4*(c.H*c.W*c.InC+c.OutH()*c.OutW()*c.OutC)))
	t.apart = c.H*c.W == 1 && max(c.InC, c.OutC) >= apartChannels
	t.reserve(e.Pool.Workers())
	t.splits = min(parts(e.units(), t.groups), t.items())
	e.Pool.Run(t.groups*t.splits, t)
	if t.groups > 1 {
		t.sums.run(e)
	}
}

// reserve makes the workers' memory.
func (t *gradTask) reserve(workers int) {
	t.workers = grown(t.workers, workers)
	if !t.apart {
		return
	}
	for i := range t.workers {
		k := &t.workers[i]
		k.x, k.dy = aligned(k.x, t.step*planeFloats(t.c.InC)), aligned(k.dy, t.step*planeFloats(t.c.OutC))
	}
}

// width returns the number of blocks that a tile takes at once.
func (t *gradTask) width() int { return wide(&t.tiles.grad, t.c.blocks()) }

// channels returns the most input channels that a tile takes at once.
func (t *gradTask) channels() int { return most(t.tiles.grad[t.width()]) }

// items returns the number of tiles that make the whole gradient.
func (t *gradTask) items() int { return t.c.G * t.pairs * t.c.K * t.c.K * t.parts }

// Do implements Task.
func (t *gradTask) Do(i, worker int) {
	g, share := i/t.splits, i%t.splits
	first, last := share*t.items()/t.splits, (share+1)*t.items()/t.splits
	dw := t.dw
	if t.groups > 1 {
		dw = t.sums.group(g)
		for item := first; item < last; item++ {
			t.clear(item, dw)
		}
	}
	k := &t.workers[worker]
	end := (g + 1) * t.c.N / t.groups
	for img := g * t.c.N / t.groups; img < end; img += t.step {
		p := t.pass(k, img, min(t.step, end-img))
		for item := first; item < last; item++ {
			t.item(k, p, item, dw)
		}
	}
}

// pass returns imgs images from img on.
func (t *gradTask) pass(k *gradWorker, img, imgs int) gradPass {
	c := t.c
	p := gradPass{t.x[img*c.H*c.W*c.InC:], t.dy[img*c.OutH()*c.OutW()*c.OutC:], imgs, c.InC, c.OutC}
	if t.apart {
		p = p.apart(k)
	}
	return p
}

// place is where an item adds: a tap of some input channels of some blocks.
type place struct{ g, b, blocks, ky, kx, first, last, at int }

func (t *gradTask) place(item int) place {
	c, in := t.c, t.c.InC/t.c.G
	part, item := item%t.parts, item/t.parts
	k, item := item%(c.K*c.K), item/(c.K*c.K)
	p := place{g: item / t.pairs, b: item % t.pairs * t.width(), ky: k / c.K, kx: k % c.K}
	p.first, p.last = part*in/t.parts, (part+1)*in/t.parts
	p.blocks = min(t.width(), c.blocks()-p.b)
	p.at = (p.g*c.blocks()+p.b)*c.blockStride() + c.tap(p.ky, p.kx) + p.first*Block
	return p
}

// clear sets the sums of an item to zero.
func (t *gradTask) clear(item int, dw []float32) {
	p := t.place(item)
	for b := range p.blocks {
		clear(dw[p.at+b*t.c.blockStride():][:(p.last-p.first)*Block])
	}
}

// item adds one tile's products over a pass to dw.
func (t *gradTask) item(k *gradWorker, s gradPass, item int, dw []float32) {
	c, p := t.c, t.place(item)
	y0, rows := c.span(p.ky, c.H, c.OutH())
	x0, cols := c.span(p.kx, c.W, c.OutW())
	if rows <= 0 || cols <= 0 {
		return
	}
	_, o, _ := c.block(p.g*c.blocks() + p.b)
	a := &k.tile
	a.lanes.set(min(Block, c.OutC/c.G-(p.b+p.blocks-1)*Block))
	a.images = s.imgs
	a.x = at(s.x, ((y0*c.S-c.Pad+p.ky*c.Dil)*c.W+x0*c.S-c.Pad+p.kx*c.Dil)*s.xC+p.g*(c.InC/c.G)+p.first)
	a.dy = at(s.dy, (y0*c.OutW()+x0)*s.dyC+o)
	a.dw, a.block = at(dw, p.at), 4*c.blockStride()
	a.rectangle(c, s, rows, cols)
	t.tiles.grad[p.blocks][p.last-p.first]((*byte)(unsafe.Pointer(a)))
}

// span returns the output rows (or columns) whose tap k lies inside a map of n
// rows: the first of them and their number.
func (c Conv) span(k, n, out int) (first, count int) {
	off := k*c.Dil - c.Pad // row of the input under output row 0
	if off < 0 {
		first = (c.S - 1 - off) / c.S
	}
	if off >= n {
		return first, 0
	}
	return first, min(out, (n-1-off)/c.S+1) - first
}

// rectangle sets the loops over rows x cols output pixels of each of a.images
// images, as one loop where the pixels follow each other.
func (a *gradTile) rectangle(c Conv, p gradPass, rows, cols int) {
	a.xPix, a.dyPix = 4*c.S*p.xC, 4*p.dyC
	a.xRow, a.dyRow = c.W*c.S*4*p.xC-cols*a.xPix, c.OutW()*a.dyPix-cols*a.dyPix
	a.xImage, a.dyImage = 4*c.W*p.xC*(c.H-rows*c.S), c.OutW()*a.dyPix*(c.OutH()-rows)
	a.rows, a.cols = rows, cols
	if a.xRow == 0 && a.dyRow == 0 {
		a.rows, a.cols = 1, rows*cols
		if a.xImage == 0 && a.dyImage == 0 {
			a.images, a.cols = 1, a.images*a.cols
		}
	}
}
