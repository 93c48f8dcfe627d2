package kernel

import "unsafe"

// winoGradTask is the weight gradient of a convolution by the transposed
// Winograd algorithm: dw = G^T(sum over tiles of (B^T x B) * (A dy A^T))G. Rows of
// tiles are taken in passes, whose number the shape gives: the pixels of one pass
// are transformed, and their products summed into 36 planes [blocks of out][in][16].
//
// Where the planes of sums are small, groups of rows have planes of their own, and
// a chunk is a group; the two halves of the groups are transformed to taps before
// they are added. Else there is one group, and a chunk is a part of the output
// blocks: each transforms all of x. Either way what a worker reads is in its cache.
type winoGradTask struct {
	treeReduction
	x, dy   correlation // grids of tiles over both maps
	c       Conv
	tiles   *tiles
	form    *winoForm
	vec     *Vec
	dx, ddy []float32 // what the correlations read
	c16     int       // channels of x, rounded up to whole blocks
	o16     int
	splits  int       // parts of the output blocks
	u       []float32 // [groups] planes of sums
	vPlane  int       // floats between planes of x
	zPlane  int       // of dy
	uPlane  int       // and of the sums
	step    int       // rows of tiles of a pass
	parts   int       // parts of the input channels
	joining bool      // the one group's sums are transformed to taps
	workers []winoGradWork
	dw      []float32
	taps    [winoTaps]int // where taps of dw lie, in bytes
	own     [winoTaps]int // and those of a weight stored by itself
	sums    sumTask       // of both halves
	prologue
}

// winoGradWork is the memory of one worker.
type winoGradWork struct {
	transform winoTransform
	tile      gradTile
	v, z      []float32 // planes of a pass
	_         padding
}

const (
	// winoGradBytes is about how much of both maps' planes one pass makes.
	winoGradBytes = 512 << 10
	// winoGroupBytes is about how much the sums of all groups may take.
	winoGroupBytes = 8 << 20
	// winoGroupTiles is the least number of tiles of a group: clearing its sums and
	// adding them up costs as much as some dozens of tiles.
	winoGroupTiles = 96
	// winoPassTiles is the least number of tiles of a pass, which reads and writes
	// all sums.
	winoPassTiles = 32
	// winoSplitBlocks is the least number of output blocks that workers share: each
	// transforms all pixels.
	winoSplitBlocks = 4
)

func (e *Engine) backWeightsWinograd(f *winoForm, c Conv, r correlation, x, dy, dw []float32) {
	t := &e.winoGrad
	t.x, t.c, t.tiles, t.form, t.dx, t.ddy, t.dw = r.tiled(f.pixels), c, e.Set.tiles, f, x, dy, dw
	t.vec = e.Set.Vec()
	t.x.unitImgs, t.x.unitRows = 1, t.x.rows
	t.dy = t.x.outputs()
	t.taps = r.places(f)
	t.c16, t.o16 = padded(r.in), padded(r.out)
	t.uPlane = planeFloats(t.o16 * r.in)
	rows := c.N * t.x.rows
	groups := max(1, min(gradGroups, rows, rows*t.x.cols/winoGroupTiles, winoGroupBytes/(4*winoPlanes*t.uPlane)))
	t.step = max(parts(winoPassTiles, t.x.cols), winoGradBytes/(4*winoPlanes*t.x.cols*(t.c16+t.o16)))
	if t.step > t.x.rows {
		t.step -= t.step % t.x.rows // whole images: a part of one has a border of its own
	}
	t.step = min(t.step, parts(rows, groups))
	t.vPlane, t.zPlane = planeFloats(t.step*t.x.cols*t.c16), planeFloats(t.step*t.x.cols*t.o16)
	t.u = aligned(t.u, groups*winoPlanes*t.uPlane)
	t.parts = parts(r.in, most(t.tiles.grad[t.width()]))
	t.splits = 1
	if pairs := parts(t.blocks(), t.width()); groups == 1 && pairs >= e.Pool.Workers() && t.blocks() >= winoSplitBlocks && e.units(c.work()/2) > 1 {
		t.splits = min(e.Pool.Workers(), pairs)
	}
	t.workers = grown(t.workers, e.Pool.Workers())
	t.begin(groups, t.splits)
	t.prologue = e.prologueOf(c.N*c.OutH()*c.OutW(), c.OutC, t.splits == 1)
	if groups > 1 {
		t.sums.reserve(e, 2, 1, c, dw)
		own := c.own()
		for k := range c.KH * c.KW {
			t.own[k] = 4 * own.tap(k/c.KW, k%c.KW)
		}
	}
	t.joining = false
	e.run(groups*t.splits, c.work()/2, t)
	if groups > 1 {
		t.sums.run(e)
		return
	}
	t.joining = true
	e.run(t.blocks(), floatFLOPs*len(t.u), t)
}

// setUp implements threadSetUp.
func (t *winoGradTask) setUp(worker int) {
	k := &t.workers[worker]
	k.transform.reserve(&t.x)
	k.transform.reserve(&t.dy)
	k.v, k.z = aligned(k.v, winoPlanes*t.vPlane), aligned(k.z, winoPlanes*t.zPlane)
}

// outputs returns the grid of r's tiles over the output map.
func (r correlation) outputs() correlation {
	r.h, r.w, r.inC, r.in = r.oh, r.ow, r.outC, r.out
	r.dy0, r.dx0 = 0, 0
	r.winH, r.winW = r.rows*r.step, r.cols*r.step
	r.inPlace = r.winH == r.h && r.winW == r.w
	return r
}

func (t *winoGradTask) blocks() int { return t.o16 / Block }

// width returns the number of blocks that a tile of the sums takes at once.
func (t *winoGradTask) width() int { return wide(t.tiles.grad, t.blocks()) }

// Do implements Task.
func (t *winoGradTask) Do(i, worker int) {
	k := &t.workers[worker]
	if t.joining {
		t.filterGrad(k, 0, i, t.dw, t.c, t.taps)
		return
	}
	g, share := i/t.splits, i%t.splits
	first, last := share*t.pairs()/t.splits*t.width(), min(t.blocks(), (share+1)*t.pairs()/t.splits*t.width())
	t.group(k, g, first, last, worker)
	if t.groups > 1 && t.arrive(g, t.merge) {
		t.half(k, g)
	}
}

func (t *winoGradTask) pairs() int { return parts(t.blocks(), t.width()) }

// planes returns the sums of group g.
func (t *winoGradTask) planes(g int) []float32 {
	return t.u[g*winoPlanes*t.uPlane:][:winoPlanes*t.uPlane]
}

// merge adds the sums of a group to those of another.
func (t *winoGradTask) merge(to, from int) {
	t.vec.Add(t.planes(to), t.planes(from), t.planes(to))
}

// group sums over the rows of tiles of group g, for output blocks [first, last).
func (t *winoGradTask) group(k *winoGradWork, g, first, last, worker int) {
	u := t.planes(g)
	for p := range winoPlanes {
		clear(u[p*t.uPlane+first*t.x.in*Block : p*t.uPlane+last*t.x.in*Block])
	}
	rows := t.c.N * t.x.rows
	end := (g + 1) * rows / t.groups
	for row := g * rows / t.groups; row < end; row += t.step {
		n := min(t.step, end-row)
		t.transform(k, row, n, first*Block, min(t.x.out, last*Block), worker)
		for p := range winoPlanes {
			t.sum(k, p, n*t.x.cols, first, last, u)
		}
	}
}

// transform transforms n rows of tiles of both maps, of the output channels
// [from, to) only.
func (t *winoGradTask) transform(k *winoGradWork, row, n, from, to, worker int) {
	for at := 0; at < n; {
		u := part{img: (row + at) / t.x.rows, imgs: 1, row: (row + at) % t.x.rows}
		u.rows = min(n-at, t.x.rows-u.row)
		tiles := at * t.x.cols
		k.transform.run(t.tiles.winoInput, &t.x, u, t.dx, k.v[tiles*t.c16:], t.vPlane, t.c16, 0, t.x.inC)
		t.applyPrologue(u.img, 1, t.dy.h, u.row*t.dy.step, min(t.dy.h, (u.row+u.rows)*t.dy.step), t.dy.w*t.dy.inC, worker)
		k.transform.run(t.form.outputGrad, &t.dy, u, t.ddy, k.z[tiles*t.o16:], t.zPlane, t.o16, from, to)
		at += u.rows
	}
}

// sum adds the products of the tiles of a pass to one plane of u.
func (t *winoGradTask) sum(k *winoGradWork, plane, tiles, from, to int, u []float32) {
	a, in := &k.tile, t.x.in
	a.lanes.set(Block)
	a.images, a.rows, a.cols = 1, 1, tiles
	a.xPix, a.dyPix = 4*t.c16, 4*t.o16
	a.block = 4 * in * Block
	for b := from; b < to; b += t.width() {
		list := t.tiles.grad[min(t.width(), to-b)]
		a.dy = at(k.z, plane*t.zPlane+b*Block)
		for i := range t.parts {
			first, last := i*in/t.parts, (i+1)*in/t.parts
			a.x, a.dw = at(k.v, plane*t.vPlane+first), at(u, plane*t.uPlane+(b*in+first)*Block)
			list[last-first]((*byte)(unsafe.Pointer(a)))
		}
	}
}

// half transforms the sum of the half that group g is in to taps.
func (t *winoGradTask) half(k *winoGradWork, g int) {
	from, to := 0, t.sums.group(0)
	if g >= t.second() {
		from, to = t.second(), t.sums.group(1)
	}
	clear(to)
	for b := range t.blocks() {
		t.filterGrad(k, from, b, to, t.c.own(), t.own)
	}
}

// filterGrad transforms block b of the sums of group g to taps and adds them to dw, the
// weight of c.
func (t *winoGradTask) filterGrad(k *winoGradWork, g, b int, dw []float32, c Conv, taps [winoTaps]int) {
	a := &k.transform.args
	a.lanes.set(min(Block, t.x.out-b*Block))
	a.taps, a.plane, a.n = taps, 4*t.uPlane, t.x.in
	a.src, a.dst = at(t.planes(g), b*t.x.in*Block), at(dw, b*c.blockStride())
	t.form.filterGrad((*byte)(unsafe.Pointer(a)))
}
