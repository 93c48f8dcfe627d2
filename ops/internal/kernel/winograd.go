package kernel

import "unsafe"

// winograd returns the form of Winograd's algorithm that computes r, nil for none.
// The rule looks at the layer only, not at the number of images or workers, so
// that bits do not depend on them.
func (t *tiles) winograd(r *correlation) *winoForm {
	if r.g > 1 || r.step > 1 || r.outStep > 1 || min(r.in, r.out) < winoChannels || r.in*r.out > winoProducts {
		return nil
	}
	for _, f := range []*winoForm{&t.wino3, &t.wino5} {
		if r.square(f.taps) && min(r.rows, r.cols) >= f.pixels {
			return f
		}
	}
	return nil
}

// winogradWeights returns the form that computes the weight gradient of r. Few
// tiles do not pay for the planes of sums of many channels.
func (t *tiles) winogradWeights(r *correlation) *winoForm {
	f := t.winograd(r)
	if f != nil && r.in*r.out > winoFewProducts && r.n*parts(r.rows, f.pixels)*parts(r.cols, f.pixels) < winoFewTiles {
		return nil
	}
	return f
}

const (
	winoFewTiles    = 32
	winoFewProducts = 32 * 32
)

// winoChannels is the least number of input and of output channels: below it the
// transforms cost more than the products that they save.
const winoChannels = 12

// winoProducts is the most input times output channels: the transformed weights
// of more no longer stay in a cache, and small maps have few tiles to use them on.
const winoProducts = 256 * 256

// square reports whether the taps are k x k neighbouring places.
func (r *correlation) square(k int) bool {
	if len(r.taps) != k*k {
		return false
	}
	for _, t := range r.taps {
		if t.dy-r.dy0 >= k || t.dx-r.dx0 >= k {
			return false
		}
	}
	return true
}

// winoTask is one correlation by Winograd's algorithm. A chunk is one unit of
// tiles by one group of output blocks: its window is copied with the zero border,
// transformed to 36 planes [tiles][in]; then, for one tile's worth of output blocks
// after the other, they are multiplied plane by plane with the transformed weight,
// and the products transformed back.
type winoTask struct {
	correlation // of tiles: a grid whose step is the form's pixels
	form        *winoForm
	pixels      [2]int // rows and columns of the output
	tiles       *tiles
	x, y        []float32
	ep          Epilogue
	add         bool
	c16, o16    int        // channels, rounded up to whole blocks
	m16         int        // channels of a tile's products
	vPlane      int        // floats between planes of the transformed input
	mPlane      int        // of the products
	uPlane      int        // and of the weight
	places      pixelTable // of the tiles in planes of input and products
	list        [1]run     // all input channels
	sharing
	chunkEpilogue
	workers []winoWork
	filter  winoFilter // the transformed weight
}

// winoWork is the memory of one worker.
type winoWork struct {
	transform winoTransform
	gemm      forwardTile
	v, m      []float32 // planes
	_         padding
}

// winoBytes is about how much of the planes of one unit of tiles should stay in
// the second-level cache.
const winoBytes = 384 << 10

func (e *Engine) runWinograd(f *winoForm, r correlation, x []float32, w weights, y []float32, ep Epilogue, add bool) {
	t := &e.wino
	t.form, t.pixels = f, [2]int{r.rows, r.cols}
	t.correlation, t.tiles, t.x, t.y, t.ep, t.add = r.tiled(f.pixels), e.Set.tiles, x, y, ep, add
	t.filter.begin(f, &r, w, ep.Prepacked, e.Pool.Workers())
	t.c16, t.o16 = padded(r.in), padded(r.out)
	t.m16 = t.width() * Block
	work := r.flops()/2 + r.moved()
	want := e.units(work)
	t.byBlocks = ep.Prepacked == nil && t.o16 > t.n*t.rows*t.cols && t.blocks() >= winoSplitBlocks
	t.planUnits(want, e.Pool.Workers())
	t.divide(e.Pool.Workers())
	t.chunkEpilogue = e.epilogue
	t.alignRows(&t.correlation, t.grain.Pixels, t.step*t.ow)
	n := t.unitImgs * t.unitRows * t.cols
	t.vPlane, t.mPlane, t.uPlane = planeFloats(n*t.c16), planeFloats(n*t.m16), t.filter.plane
	t.places.x, t.places.y = grown(t.places.x, n), grown(t.places.y, n)
	for i := range n {
		t.places.x[i], t.places.y[i] = uint32(i*t.c16), uint32(i*t.m16)
	}
	t.list[0] = run{0, 0, 4 * t.in}
	t.split(t.correlation.units(), min(want, e.Pool.Workers()), e.Pool.Workers(), t.pairs())
	e.prologueOf(t.n*t.h*t.w, t.inC, false)
	t.workers = grown(t.workers, e.Pool.Workers())
	e.run(t.chunks(), work, t)
}

// setUp implements threadSetUp.
func (t *winoTask) setUp(worker int) {
	k := &t.workers[worker]
	k.v, k.m = aligned(k.v, winoPlanes*t.vPlane), aligned(k.m, winoPlanes*t.mPlane)
	k.transform.reserve(&t.correlation)
	t.filter.setUp(worker)
}

// tiled returns r over a grid of tiles of n x n output pixels.
func (r correlation) tiled(n int) correlation {
	r.rows, r.cols, r.step = parts(r.rows, n), parts(r.cols, n), n
	r.winH, r.winW = (r.rows-1)*n+winoSide, (r.cols-1)*n+winoSide
	r.inPlace = false
	return r
}

// winoUnitTiles is the least number of tiles in a unit of less than an image that
// would fit as a whole: each unit reads all weights.
const winoUnitTiles = 8

// planUnits chooses how many images, or rows of tiles of one image, make a unit.
// There should be one for each worker that shares the pixels, if want says that it
// pays, and about want where there are many images.
func (t *winoTask) planUnits(want, workers int) {
	perRow := 4 * winoPlanes * t.cols * (t.c16 + t.m16)
	t.unitImgs, t.unitRows = 1, t.rows
	if most := min(want, workers); t.n < most && !t.byBlocks {
		t.unitRows = parts(t.rows, max(1, min(parts(most, t.n), t.rows*t.cols/winoUnitTiles)))
	}
	if fit := max(1, winoBytes/perRow); fit < t.unitRows {
		t.unitRows = parts(t.rows, parts(t.rows, fit))
	} else if t.unitRows == t.rows {
		t.unitImgs = max(1, min(winoBytes/(perRow*t.rows), t.n/want))
	}
}

// width returns the number of blocks that a tile of the products takes at once.
func (t *winoTask) width() int { return wide(t.tiles.dense, t.blocks()) }

func (t *winoTask) blocks() int { return t.o16 / Block }

func (t *winoTask) pairs() int { return parts(t.blocks(), t.width()) }

// Do implements Task.
func (t *winoTask) Do(i, worker int) {
	unit, share := t.chunk(i)
	u := t.unit(unit)
	if u.imgs == 0 {
		return
	}
	k := &t.workers[worker]
	first, last := share*t.pairs()/t.splits*t.width(), min(t.blocks(), (share+1)*t.pairs()/t.splits*t.width())
	n := u.imgs * u.rows * t.cols
	k.transform.run(t.tiles.winoInput, &t.correlation, u, t.x, k.v, t.vPlane, t.c16, 0, t.inC)
	t.spots(k, u)
	for b := first; b < last; b += t.width() {
		blocks := min(t.width(), last-b)
		t.products(k, t.filter.planes(worker, b, blocks), n, b, blocks)
		t.output(k, u, b, blocks)
	}
	from, to := u.row*t.step, min(t.pixels[0], (u.row+u.rows)*t.step)
	t.activate(t.ep.Act, t.y, u, from, to, first*Block, min(t.out, last*Block))
	if t.splits == 1 {
		t.applyEpilogue(&t.correlation, u, from, to, worker)
	}
}

// products multiplies the planes of n tiles with those of some blocks of the
// weight.
func (t *winoTask) products(k *winoWork, u []float32, n, b, blocks int) {
	a := &k.gemm
	a.lanes.set(Block)
	a.runs, a.runCount, a.mode = unsafe.Pointer(&t.list[0]), 1, modeStore
	a.block = 4 * t.in * Block
	for p := range winoPlanes {
		a.x, a.w, a.y = at(k.v, p*t.vPlane), at(u, p*t.uPlane+b*t.in*Block), at(k.m, p*t.mPlane)
		a.callAll(t.tiles.dense[blocks], n, t.places)
	}
}

// spots notes where the tiles of u lie in the output.
func (t *winoTask) spots(k *winoWork, u part) {
	i, spots := 0, k.transform.spots
	for img := range u.imgs {
		for row := range u.rows {
			for col := range t.cols {
				spots[i] = spot{
					at:   uint32(((img*t.oh+row*t.step)*t.ow + col*t.step) * t.outC),
					rows: uint32(t.pixels[0] - (u.row+row)*t.step), cols: uint32(t.pixels[1] - col*t.step),
				}
				i++
			}
		}
	}
}

// output transforms the products of some blocks to output pixels.
func (t *winoTask) output(k *winoWork, u part, b, blocks int) {
	a := &k.transform.args
	target := (u.img*t.oh + u.row*t.step) * t.ow * t.outC
	a.pix, a.row, a.plane, a.step = 4*t.outC, 4*t.ow*t.outC, 4*t.mPlane, 4*t.m16
	for i := range blocks {
		o := (b + i) * Block
		channels := min(Block, t.out-o)
		a.lanes.set(channels)
		a.src, a.dst = at(k.m, i*Block), at(t.y, target+o)
		a.epilogueArgs.set(t.ep, t.add, o, channels)
		t.form.output((*byte)(unsafe.Pointer(a)))
	}
}
