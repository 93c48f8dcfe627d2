package kernel

import "unsafe"

// winoGradTask is the weight gradient of a convolution by the transposed
// Winograd algorithm: dw = G^T(sum over tiles of (B^T x B) * (A dy A^T))G. Images
// are taken in passes, whose number the shape gives: the pixels of one pass are
// transformed, and their products summed into 36 planes [blocks of out][in][16].
//
// Where the planes of sums are small, groups of images have planes of their own
// and a chunk is a group, all of whose work stays in one worker's cache. Else
// there is one group, whose passes are done in stages: a chunk is one
// map of an image to transform, and then a plane to sum.
type winoGradTask struct {
	x, dy     correlation // grids of tiles over both maps
	tiles     *tiles
	form      *winoForm
	vec       *Vec
	dx, ddy   []float32 // what the correlations read
	c16, o16  int
	groups    int
	u         []float32 // [groups] planes of sums
	vPlane    int       // floats between planes of x
	zPlane    int       // of dy
	uPlane    int       // and of the sums
	step      int       // images of a pass
	img, imgs int       // images of this pass, in stages
	parts     int       // parts of the input channels
	stage     winoStage
	shared    winoPass // planes of a pass done in stages
	workers   []winoGradWork
	dw        []float32
	stride    int           // floats between blocks of dw
	taps      [winoTaps]int // bytes
}

// winoStage is what the chunks of a winoGradTask do.
type winoStage uint8

const (
	winoGrouped winoStage = iota
	winoSpreading
	winoSumming
	winoJoining
)

// winoPass holds the planes of a pass over some images.
type winoPass struct{ v, z []float32 }

// winoGradWork is the memory of one worker.
type winoGradWork struct {
	spread winoSpread
	tile   gradTile
	pass   winoPass
	_      padding
}

const (
	// winoGradBytes is about how much of both maps' planes one pass in stages makes,
	// winoOwnBytes one pass of a group.
	winoGradBytes = 1 << 20
	winoOwnBytes  = 512 << 10
	// winoGroupBytes is about how much the sums of all groups may take.
	winoGroupBytes = 8 << 20
	// winoGroupTiles is the least number of tiles of a group.
	winoGroupTiles = 32
)

func (e *Engine) backWeightsWinograd(f *winoForm, c Conv, r correlation, x, dy, dw []float32) {
	t := &e.winoGrad
	t.x, t.tiles, t.form, t.dx, t.ddy, t.dw, t.stride = r.tiled(f.pixels), e.Set.tiles, f, x, dy, dw, r.blockStride
	t.vec = e.Set.Vec()
	t.x.unitImgs, t.x.unitRows = 1, t.x.rows
	t.dy = t.x.outputs()
	t.taps = r.places(f)
	t.c16, t.o16 = padded(r.in), padded(r.out)
	t.uPlane = planeFloats(t.o16 * r.in)
	each := t.x.rows * t.x.cols
	t.groups = max(1, min(gradGroups, c.N, c.N*each/winoGroupTiles, winoGroupBytes/(4*winoPlanes*t.uPlane)))
	bytes := winoGradBytes
	if t.groups > 1 {
		bytes = winoOwnBytes
	}
	t.step = max(1, min(c.N/t.groups, bytes/(4*winoPlanes*each*(t.c16+t.o16))))
	t.vPlane, t.zPlane = planeFloats(t.step*each*t.c16), planeFloats(t.step*each*t.o16)
	t.u = aligned(t.u, t.groups*winoPlanes*t.uPlane)
	t.parts = parts(r.in, most(t.tiles.grad[t.width()]))
	t.reserve(e.Pool.Workers())
	if t.groups > 1 {
		t.stage = winoGrouped
		e.run(t.groups, c.FLOPs()/2, t)
	} else {
		t.inStages(e, c)
	}
	t.stage = winoJoining
	e.run(t.blocks()*parts(r.in, filterChannels), floatFLOPs*len(t.u), t)
}

// reserve makes the memory of workers, or of the one pass that they share.
func (t *winoGradTask) reserve(workers int) {
	t.workers = grown(t.workers, workers)
	for i := range t.workers {
		k := &t.workers[i]
		k.spread.reserve(&t.x)
		k.spread.reserve(&t.dy)
		if t.groups > 1 {
			k.pass.reserve(t)
		}
	}
	if t.groups == 1 {
		t.shared.reserve(t)
	}
}

func (p *winoPass) reserve(t *winoGradTask) {
	p.v, p.z = aligned(p.v, winoPlanes*t.vPlane), aligned(p.z, winoPlanes*t.zPlane)
}

// inStages sums over n images, all workers on one pass at a time.
func (t *winoGradTask) inStages(e *Engine, c Conv) {
	clear(t.u)
	for t.img = 0; t.img < c.N; t.img += t.imgs {
		t.imgs = min(t.step, c.N-t.img)
		t.stage = winoSpreading
		e.run(2*t.imgs, floatFLOPs*winoPlanes*(t.vPlane+t.zPlane), t)
		t.stage = winoSumming
		e.run(winoPlanes, c.FLOPs()/c.N*t.imgs/2, t)
	}
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
func (t *winoGradTask) width() int { return wide(&t.tiles.grad, t.blocks()) }

// Do implements Task.
func (t *winoGradTask) Do(i, worker int) {
	k := &t.workers[worker]
	switch t.stage {
	case winoGrouped:
		t.group(k, i)
	case winoSpreading:
		if i%2 == 0 {
			t.spreadX(k, t.shared, t.img+i/2, i/2)
		} else {
			t.spreadDY(k, t.shared, t.img+i/2, i/2)
		}
	case winoSumming:
		t.sum(k, t.shared, i, t.imgs, t.u)
	default:
		t.join(k, i)
	}
}

// group sums over the images of group g.
func (t *winoGradTask) group(k *winoGradWork, g int) {
	u := t.u[g*winoPlanes*t.uPlane:][:winoPlanes*t.uPlane]
	clear(u)
	end := (g + 1) * t.x.n / t.groups
	for img := g * t.x.n / t.groups; img < end; img += t.step {
		imgs := min(t.step, end-img)
		for i := range imgs {
			t.spreadX(k, k.pass, img+i, i)
			t.spreadDY(k, k.pass, img+i, i)
		}
		for p := range winoPlanes {
			t.sum(k, k.pass, p, imgs, u)
		}
	}
}

// spreadX transforms image img, the i-th of a pass.
func (t *winoGradTask) spreadX(k *winoGradWork, p winoPass, img, i int) {
	k.spread.run(t.tiles.winoInput, &t.x, part{img, 1, 0, t.x.rows}, t.dx, p.v[i*t.x.rows*t.x.cols*t.c16:], t.vPlane, t.c16)
}

// spreadDY does the same with the output's gradient.
func (t *winoGradTask) spreadDY(k *winoGradWork, p winoPass, img, i int) {
	k.spread.run(t.form.spread, &t.dy, part{img, 1, 0, t.x.rows}, t.ddy, p.z[i*t.x.rows*t.x.cols*t.o16:], t.zPlane, t.o16)
}

// sum adds the products of all tiles of a pass to one plane of u.
func (t *winoGradTask) sum(k *winoGradWork, p winoPass, plane, imgs int, u []float32) {
	a, in := &k.tile, t.x.in
	a.lanes.set(Block)
	a.images, a.rows, a.cols = 1, 1, imgs*t.x.rows*t.x.cols
	a.xPix, a.dyPix = 4*t.c16, 4*t.o16
	a.block = 4 * in * Block
	for b := 0; b < t.blocks(); b += t.width() {
		list := t.tiles.grad[min(t.width(), t.blocks()-b)]
		a.dy = at(p.z, plane*t.zPlane+b*Block)
		for i := range t.parts {
			first, last := i*in/t.parts, (i+1)*in/t.parts
			a.x, a.dw = at(p.v, plane*t.vPlane+first), at(u, plane*t.uPlane+(b*in+first)*Block)
			list[last-first]((*byte)(unsafe.Pointer(a)))
		}
	}
}

// join adds up the groups' sums of some input channels of one block, and
// transforms them to taps.
func (t *winoGradTask) join(k *winoGradWork, i int) {
	pieces := parts(t.x.in, filterChannels)
	b, first := i/pieces, i%pieces*filterChannels
	n := min(filterChannels, t.x.in-first)
	from := (b*t.x.in + first) * Block
	for p := range winoPlanes {
		sum := t.u[p*t.uPlane+from:][:n*Block]
		for g := 1; g < t.groups; g++ {
			t.vec.Add(sum, t.u[(g*winoPlanes+p)*t.uPlane+from:][:n*Block], sum)
		}
	}
	a := &k.spread.args
	a.lanes.set(min(Block, t.x.out-b*Block))
	a.taps, a.plane, a.n = t.taps, 4*t.uPlane, n
	a.src, a.dst = at(t.u, from), at(t.dw, b*t.stride+first*Block)
	t.form.back((*byte)(unsafe.Pointer(a)))
}
