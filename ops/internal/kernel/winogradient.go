package kernel

import "unsafe"

// winoGradTask is the weight gradient of a convolution by the transposed
// Winograd algorithm: dw = G^T(sum over tiles of (B^T x B) * (A dy A^T))G. Images
// are taken in passes, whose number the shape gives: the pixels of one pass are
// transformed, a chunk an image, and their products summed into 36 planes
// [blocks of out][in][16], a chunk one tile's worth of one plane.
type winoGradTask struct {
	x, dy     correlation // grids of tiles over both maps
	tiles     *tiles
	form      *winoForm
	dx, ddy   []float32 // what the correlations read
	c16, o16  int
	v, z, u   []float32 // planes of x, dy and the sums
	vPlane    int       // floats between planes
	zPlane    int
	uPlane    int
	img, imgs int // images of this pass
	parts     int // parts of the input channels
	stage     winoStage
	workers   []winoGradWork
	dw        []float32
	stride    int           // floats between blocks of dw
	taps      [winoTaps]int // bytes
}

// winoStage is what the chunks of a winoGradTask do.
type winoStage uint8

const (
	winoSpreading winoStage = iota
	winoSumming
	winoJoining
)

// winoGradWork is the memory of one worker.
type winoGradWork struct {
	spread winoSpread
	tile   gradTile
}

// winoGradBytes is about how much of both maps' planes one pass makes.
const winoGradBytes = 1 << 20

func (e *Engine) backWeightsWinograd(f *winoForm, c Conv, r correlation, x, dy, dw []float32) {
	t := &e.winoGrad
	t.x, t.tiles, t.form, t.dx, t.ddy, t.dw, t.stride = r.tiled(f.pixels), e.Set.tiles, f, x, dy, dw, r.blockStride
	t.x.unitImgs, t.x.unitRows = 1, t.x.rows
	t.dy = t.x.outputs()
	t.taps = r.places(f)
	t.c16, t.o16 = padded(r.in), padded(r.out)
	each := t.x.rows * t.x.cols
	t.imgs = max(1, min(c.N, winoGradBytes/(4*winoPlanes*each*(t.c16+t.o16))))
	t.vPlane, t.zPlane, t.uPlane = planeFloats(t.imgs*each*t.c16), planeFloats(t.imgs*each*t.o16), planeFloats(t.o16*r.in)
	t.v, t.z, t.u = aligned(t.v, winoPlanes*t.vPlane), aligned(t.z, winoPlanes*t.zPlane), aligned(t.u, winoPlanes*t.uPlane)
	clear(t.u)
	t.parts = parts(r.in, most(t.tiles.grad[t.width()]))
	t.workers = grown(t.workers, e.Pool.Workers())
	for i := range t.workers {
		t.workers[i].spread.reserve(&t.x)
		t.workers[i].spread.reserve(&t.dy)
	}
	step := t.imgs
	for t.img = 0; t.img < c.N; t.img += t.imgs {
		t.imgs = min(step, c.N-t.img)
		t.stage = winoSpreading
		e.Pool.Run(t.imgs, t)
		t.stage = winoSumming
		e.Pool.Run(winoPlanes*t.parts*t.pairs(), t)
	}
	t.stage = winoJoining
	e.Pool.Run(t.blocks()*parts(r.in, filterChannels), t)
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
func (t *winoGradTask) width() int {
	if most(t.tiles.grad[2]) > 0 && t.blocks() > 1 {
		return 2
	}
	return 1
}

func (t *winoGradTask) pairs() int { return parts(t.blocks(), t.width()) }

// Do implements Task.
func (t *winoGradTask) Do(i, worker int) {
	k := &t.workers[worker]
	switch t.stage {
	case winoSpreading:
		t.spread(k, i)
	case winoSumming:
		t.sum(k, i)
	default:
		t.join(k, i)
	}
}

// spread transforms image i of the pass.
func (t *winoGradTask) spread(k *winoGradWork, i int) {
	each := t.x.rows * t.x.cols
	u := part{t.img + i, 1, 0, t.x.rows}
	k.spread.run(t.tiles.winoInput, &t.x, u, t.dx, t.v[i*each*t.c16:], t.vPlane, t.c16)
	k.spread.run(t.form.spread, &t.dy, u, t.ddy, t.z[i*each*t.o16:], t.zPlane, t.o16)
}

// sum adds the products of all tiles of the pass to some rows of one plane.
func (t *winoGradTask) sum(k *winoGradWork, i int) {
	part, i := i%t.parts, i/t.parts
	b, plane := i%t.pairs()*t.width(), i/t.pairs()
	first, last := part*t.x.in/t.parts, (part+1)*t.x.in/t.parts
	a := &k.tile
	a.lanes.set(Block)
	a.images, a.rows, a.cols = 1, 1, t.imgs*t.x.rows*t.x.cols
	a.xPix, a.dyPix = 4*t.c16, 4*t.o16
	a.x, a.dy = at(t.v, plane*t.vPlane+first), at(t.z, plane*t.zPlane+b*Block)
	a.dw, a.block = at(t.u, plane*t.uPlane+(b*t.x.in+first)*Block), 4*t.x.in*Block
	t.tiles.grad[min(t.width(), t.blocks()-b)][last-first]((*byte)(unsafe.Pointer(a)))
}

// join transforms the sums of some input channels of one block to taps.
func (t *winoGradTask) join(k *winoGradWork, i int) {
	pieces := parts(t.x.in, filterChannels)
	b, first := i/pieces, i%pieces*filterChannels
	a := &k.spread.args
	a.lanes.set(min(Block, t.x.out-b*Block))
	a.taps, a.plane, a.n = t.taps, 4*t.uPlane, min(filterChannels, t.x.in-first)
	a.src, a.dst = at(t.u, (b*t.x.in+first)*Block), at(t.dw, b*t.stride+first*Block)
	t.form.back((*byte)(unsafe.Pointer(a)))
}
