package kernel

import "unsafe"

// gradTask is the weight gradient of a dense convolution for some images. A
// chunk is one tap, one tile's worth of input channels and one tile's worth of
// output blocks; it sums over the pixels where the tap meets the map, so that no
// padding is read. A call takes as many passes over its images as the shape says,
// so that the pixels of one pass stay in the second-level cache.
type gradTask struct {
	c             Conv
	tiles         *tiles
	x, dy, dw     []float32
	img, imgs     int // images of this pass
	parts, pairs  int // parts of a group's input channels, pairs of its output blocks
	args          []gradTile
	from, xC, dyC int       // first image in x and dy, floats between their pixels
	apart         apartTask // copies the pixels of a pass
}

// gradBytes is about how much x and dy one pass reads.
const gradBytes = 512 << 10

func (e *Engine) backWeightsDense(c Conv, x, dy, dw []float32) {
	t := &e.grad
	if c.K == 1 && c.S == 1 && c.Pad == 0 {
		c.N, c.H, c.W = c.N*c.H*c.W, 1, 1 // passes may cut anywhere
	}
	t.c, t.tiles, t.x, t.dy, t.dw = c, e.Set.tiles, x, dy, dw
	t.args = grown(t.args, e.Pool.Workers())
	in := c.InC / c.G
	t.pairs = parts(c.blocks(), t.width())
	t.parts = parts(in, t.channels())
	step := max(1, gradBytes/(4*(c.H*c.W*c.InC+c.OutH()*c.OutW()*c.OutC)))
	t.xC, t.dyC = c.InC, c.OutC
	apart := c.H*c.W == 1 && max(c.InC, c.OutC) >= apartChannels
	for t.img = 0; t.img < c.N; t.img += t.imgs {
		t.imgs = min(step, c.N-t.img)
		t.from = t.img
		if apart {
			t.setApart(e.Pool, x, dy)
		}
		e.Pool.Run(c.G*t.pairs*c.K*c.K*t.parts, t)
	}
}

// width returns the number of blocks that a tile takes at once.
func (t *gradTask) width() int {
	if most(t.tiles.grad[2]) > 0 && t.c.blocks() > 1 {
		return 2
	}
	return 1
}

// channels returns the most input channels that a tile takes at once.
func (t *gradTask) channels() int { return most(t.tiles.grad[t.width()]) }

// Do implements Task.
func (t *gradTask) Do(i, worker int) {
	c := t.c
	part, i := i%t.parts, i/t.parts
	k, i := i%(c.K*c.K), i/(c.K*c.K)
	b, g := i%t.pairs*t.width(), i/t.pairs
	ky, kx := k/c.K, k%c.K
	y0, rows := c.span(ky, c.H, c.OutH())
	x0, cols := c.span(kx, c.W, c.OutW())
	if rows <= 0 || cols <= 0 {
		return
	}
	in := c.InC / c.G
	first, last := part*in/t.parts, (part+1)*in/t.parts
	n := min(t.width(), c.blocks()-b)
	_, o, _ := c.block(g*c.blocks() + b)
	a := &t.args[worker]
	a.lanes.set(min(Block, c.OutC/c.G-(b+n-1)*Block))
	a.images = t.imgs
	a.x = at(t.x, ((t.from*c.H+y0*c.S-c.Pad+ky*c.Dil)*c.W+x0*c.S-c.Pad+kx*c.Dil)*t.xC+g*in+first)
	a.dy = at(t.dy, ((t.from*c.OutH()+y0)*c.OutW()+x0)*t.dyC+o)
	a.dw = at(t.dw, (g*c.blocks()+b)*c.blockStride()+c.tap(ky, kx)+first*Block)
	a.block = 4 * c.blockStride()
	c.InC, c.OutC = t.xC, t.dyC // as distances
	a.rectangle(c, rows, cols)
	t.tiles.grad[n][last-first]((*byte)(unsafe.Pointer(a)))
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
func (a *gradTile) rectangle(c Conv, rows, cols int) {
	a.xPix, a.dyPix = 4*c.S*c.InC, 4*c.OutC
	a.xRow, a.dyRow = c.W*c.S*4*c.InC-cols*a.xPix, c.OutW()*a.dyPix-cols*a.dyPix
	a.xImage, a.dyImage = 4*c.W*c.InC*(c.H-rows*c.S), c.OutW()*a.dyPix*(c.OutH()-rows)
	a.rows, a.cols = rows, cols
	if a.xRow == 0 && a.dyRow == 0 {
		a.rows, a.cols = 1, rows*cols
		if a.xImage == 0 && a.dyImage == 0 {
			a.images, a.cols = 1, a.images*a.cols
		}
	}
}
