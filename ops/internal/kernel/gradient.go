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
	step         int  // images of a pass
	parts, pairs int  // parts of a group's input channels, pairs of its output blocks
	splits       int  // parts of the items
	gemm         gemm // of a pointwise convolution
	prologue
	sums    sumTask // of the groups, if there are several
	dw      []float32
	workers []gradWorker
}

// gradWorker is the memory of one worker.
type gradWorker struct {
	tile  gradTile
	x, dy []float32 // packed pixels
	fetcher
	_ padding
}

// gradPass is some images of a pass: where they lie, and the floats between their
// pixels.
type gradPass struct {
	x, dy   []float32
	imgs    int
	xC, dyC int
}

const (
	// gradBytes is about how much x and dy one pass reads: the more tiles it has, the
	// oftener it reads them.
	gradBytes = 192 << 10
	// gradPixels is the least number of pixels of a pass, as long as they take no more
	// than mostGradBytes: it reads and writes the whole gradient.
	gradPixels    = 96
	mostGradBytes = 480 << 10
)

func (e *Engine) backWeightsDense(c Conv, x, dy, dw []float32) {
	t := &e.grad
	t.gemm = gemm{}
	if c.pointwise() {
		t.gemm, c = c.asGEMM()
	}
	t.c, t.tiles, t.x, t.dy, t.dw = c, e.Set.tiles, x, dy, dw
	t.groups = groupsOf(c.N, c.N*c.OutH()*c.OutW(), c.ownFloats())
	if t.groups > 1 {
		t.c = c.own()
	}
	t.pairs = parts(c.blocks(), t.width())
	t.parts = parts(c.InC/c.G, most(t.tiles.grad[t.width()]))
	t.step = gradStep(c)
	t.workers = grown(t.workers, e.Pool.Workers())
	t.splits = min(e.shares(t.groups, c.work()), t.items())
	if t.gemm.packX || t.gemm.packDY {
		t.splits = min(t.splits, e.Pool.Workers()) // each chunk copies its pixels
	}
	t.prologue = e.prologueOf(c.N*c.OutH()*c.OutW(), c.OutC, t.splits == 1)
	if t.groups > 1 {
		t.sums.reserve(e, t.groups, t.splits, c, dw)
	}
	e.run(t.groups*t.splits, c.work(), t)
	if t.groups > 1 {
		t.sums.run(e)
	}
}

// gradStep returns the number of images of a pass.
func gradStep(c Conv) int {
	pixels := c.OutH() * c.OutW()
	bytes := 4 * (c.H*c.W*c.InC + pixels*c.OutC)
	return max(1, gradBytes/bytes, min(parts(gradPixels, pixels), mostGradBytes/bytes))
}

// setUp implements threadSetUp.
func (t *gradTask) setUp(worker int) {
	k := &t.workers[worker]
	t.gemm.reserve(k, t.step)
	k.ready = 0
}

// width returns the number of blocks that a tile takes at once.
func (t *gradTask) width() int { return wide(t.tiles.grad, t.c.blocks()) }

// items returns the number of tiles that make the whole gradient.
func (t *gradTask) items() int { return t.c.G * t.pairs * t.c.KH * t.c.KW * t.parts }

// Do implements Task.
func (t *gradTask) Do(i, worker int) {
	g, share := i/t.splits, i%t.splits
	first, last := share*t.items()/t.splits, (share+1)*t.items()/t.splits
	dw := t.dw
	if t.groups > 1 {
		dw = t.sums.group(g)
		t.each(first, last, func(p place, from, to int) { t.clear(p, from, to, dw) })
	}
	k := &t.workers[worker]
	end := (g + 1) * t.c.N / t.groups
	for img := g * t.c.N / t.groups; img < end; img += t.step {
		k.tile.ahead = t.fetch(k, img, end, last-first)
		n := min(t.step, end-img)
		t.applyPrologue(img, n, t.c.OutH(), 0, t.c.OutH(), t.c.OutW()*t.c.OutC, worker)
		s := t.pass(k, img, n)
		t.each(first, last, func(p place, from, to int) { t.add(k, s, p, from, to, dw) })
	}
	if t.groups > 1 {
		t.sums.arrive(g, t.sums.merge)
	}
}

// fetch has what the pass after that from image img reads fetched, if the maps are
// large: of the group's images before end, or of the next group. So many items
// share that.
func (t *gradTask) fetch(k *gradWorker, img, end, items int) ahead {
	c := t.c
	x, dy := c.H*c.W*c.InC, c.OutH()*c.OutW()*c.OutC
	if 4*c.N*(x+dy) <= largeBytes {
		return ahead{}
	}
	next := min(img+t.step, end)
	if next == c.N || next == end && t.splits > 1 {
		next = img
	}
	shares := items * min(t.step, end-img) * c.OutH() * c.OutW()
	return k.fetcher.fetch(img, next, shares, byBytes, func(img int) (m unitMaps) {
		last := min(img+t.step, c.N)
		m = unitMaps{t.dy[img*dy : last*dy]}
		if !t.gemm.packX {
			m[1] = t.x[img*x : last*x]
		}
		return m
	})
}

// pass returns imgs images from img on.
func (t *gradTask) pass(k *gradWorker, img, imgs int) gradPass {
	c := t.c
	x, dy := c.H*c.W*c.InC, c.OutH()*c.OutW()*c.OutC
	p := gradPass{imgs: imgs, dy: t.dy[img*dy:], xC: c.InC, dyC: c.OutC}
	if !t.gemm.packX {
		p.x = t.x[img*x:]
	}
	return t.gemm.pack(p, k, img, t.x)
}

// place is where the items of one tap and one tile's worth of output blocks add.
type place struct{ g, b, blocks, ky, kx, at int }

// place returns place i: the items of t.parts parts of the input channels.
func (t *gradTask) place(i int) place {
	c := t.c
	k, i := i%(c.KH*c.KW), i/(c.KH*c.KW)
	p := place{g: i / t.pairs, b: i % t.pairs * t.width(), ky: k / c.KW, kx: k % c.KW}
	p.blocks = min(t.width(), c.blocks()-p.b)
	p.at = (p.g*c.blocks()+p.b)*c.blockStride() + c.tap(p.ky, p.kx)
	return p
}

// channels returns the input channels of a part.
func (t *gradTask) channels(part int) (first, last int) {
	in := t.c.InC / t.c.G
	return part * in / t.parts, (part + 1) * in / t.parts
}

// each calls f for the places of the items [first, last), and the parts of each.
func (t *gradTask) each(first, last int, f func(p place, from, to int)) {
	for first < last {
		i := first / t.parts
		end := min(last, (i+1)*t.parts)
		f(t.place(i), first-i*t.parts, end-i*t.parts)
		first = end
	}
}

// clear sets the sums of parts [from, to) of p to zero.
func (t *gradTask) clear(p place, from, to int, dw []float32) {
	first, _ := t.channels(from)
	_, last := t.channels(to - 1)
	for b := range p.blocks {
		clear(dw[p.at+b*t.c.blockStride()+first*Block:][:(last-first)*Block])
	}
}

// add adds the products of parts [from, to) of p over a pass to dw.
func (t *gradTask) add(k *gradWorker, s gradPass, p place, from, to int, dw []float32) {
	c := t.c
	y0, rows := c.span(p.ky*c.Dil-c.PadH, c.H, c.OutH())
	x0, cols := c.span(p.kx*c.Dil-c.PadW, c.W, c.OutW())
	if rows <= 0 || cols <= 0 {
		return
	}
	_, o, _ := c.block(p.g*c.blocks() + p.b)
	a := &k.tile
	a.lanes.set(min(Block, c.OutC/c.G-(p.b+p.blocks-1)*Block))
	a.images = s.imgs
	a.rectangle(c, s, rows, cols)
	a.dy, a.block = at(s.dy, (y0*c.OutW()+x0)*s.dyC+o), 4*c.blockStride()
	x := ((y0*c.S-c.PadH+p.ky*c.Dil)*c.W+x0*c.S-c.PadW+p.kx*c.Dil)*s.xC + p.g*(c.InC/c.G)
	for part := from; part < to; part++ {
		first, last := t.channels(part)
		a.x, a.dw = at(s.x, x+first), at(dw, p.at+first*Block)
		t.tiles.grad[p.blocks][last-first]((*byte)(unsafe.Pointer(a)))
	}
}

// span returns the output rows (or columns), out in all, whose tap lies inside a map of
// n rows: the first of them and their number. off is the row of the input under output
// row 0.
func (c Conv) span(off, n, out int) (first, count int) {
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
