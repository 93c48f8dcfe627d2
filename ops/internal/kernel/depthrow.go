package kernel

import "unsafe"

// rowTask is one depthwise correlation of stride 1 whose border is half a kernel
// wide. A chunk is some rows of some images by some blocks of 16 channels; the
// map is read in place, and the tiles know its left and right edge.
type rowTask struct {
	correlation
	k              int // taps on a side
	list           []tileFunc
	x, y           []float32
	ep             Epilogue
	add            bool
	width          int // floats in a register
	panel          []float32
	splits, blocks int
	workers        []rowWork
}

// rowWork is the memory of one worker.
type rowWork struct {
	tile rowTile
	gemm forwardTile // whose epilogue the tile copies
	rows []rowSpec
}

// byRows returns the number of taps on a side if tiles of rows can compute r, else 0.
func (t *tiles) byRows(r *correlation) int {
	for _, k := range []int{3, 5, 7} {
		if most(t.rows[k]) == 0 || !r.square(k) || r.step > 1 || r.outStep > 1 || r.dx0 != -(k/2) || r.cols != r.w {
			continue
		}
		if size, _, rest := split(r.cols, most(t.rows[k])); size-min(rest, 1) >= k/2 {
			return k
		}
	}
	return 0
}

func (e *Engine) runRows(k int, r correlation, panel, x, y []float32, ep Epilogue, add bool) {
	t := &e.rows
	t.correlation, t.k, t.list, t.width = r, k, e.Set.tiles.rows[k], e.Set.tiles.width
	t.x, t.y, t.ep, t.add, t.panel = x, y, ep, add, panel
	t.in, t.out = r.outC, r.outC
	t.blocks = parts(r.outC, Block)
	t.plan(t.inC, unitBytes, most(t.list), parts(e.units(), t.blocks))
	t.splits = 1
	if t.units() < e.units() {
		t.splits = t.blocks
	}
	t.workers = grown(t.workers, e.Pool.Workers())
	e.Pool.Run(t.units()*t.splits, t)
}

// Do implements Task.
func (t *rowTask) Do(i, worker int) {
	u, share := t.unit(i/t.splits), i%t.splits
	k := &t.workers[worker]
	k.rows = k.rows[:0]
	for img := u.img; img < u.img+u.imgs; img++ {
		for row := u.row; row < u.row+u.rows; row++ {
			k.rows = append(k.rows, t.spec(img, row))
		}
	}
	for b := share * t.blocks / t.splits; b < (share+1)*t.blocks/t.splits; b++ {
		for c := b * Block; c < min(t.outC, (b+1)*Block); c += t.width {
			t.column(k, b, c)
		}
	}
	if !t.ep.Act.tiled() {
		first, last := share*t.blocks/t.splits*Block, min(t.outC, (share+1)*t.blocks/t.splits*Block)
		t.activate(u, first, last)
	}
}

// spec returns one output row.
func (t *rowTask) spec(img, row int) rowSpec {
	y := row + t.dy0 // input row of the first tap
	first := max(0, -y)
	return rowSpec{
		x: 4 * t.inC * ((img*t.h+y+first)*t.w - t.k/2),
		w: 4 * Block * t.k * first,
		n: max(0, min(t.k, t.h-y)-first),
		y: 4 * t.outC * (img*t.oh + row) * t.ow,
	}
}

// column computes one register's width of channels from c, of block b, for all
// rows of the worker.
func (t *rowTask) column(k *rowWork, b, c int) {
	a := &k.tile
	channels := min(t.width, t.outC-c)
	a.lanes.set(channels)
	k.gemm.epilogue(t.ep, t.add, c, channels)
	a.mode, a.low, a.high = k.gemm.mode, k.gemm.low, k.gemm.high
	a.sixth, a.half, a.one = k.gemm.sixth, k.gemm.half, k.gemm.one
	copy(a.bias[:], k.gemm.bias[:Block])
	a.w = at(t.panel, b*t.k*t.k*Block+c%Block)
	a.rows, a.n = &k.rows[0], len(k.rows)
	a.pix, a.line, a.outPix = 4*t.inC, 4*t.inC*t.w, 4*t.outC
	size, count, rest := split(t.cols, most(t.list))
	a.x, a.y = at(t.x, c), at(t.y, c)
	a.left, a.right = 0, 0
	if rest > 0 {
		a.right = ^uint32(0)
	}
	t.call(a, size, count)
	if rest > 0 {
		a.left, a.right = ^uint32(0), 0
		a.x, a.y = unsafe.Add(a.x, a.pix*size*count), unsafe.Add(a.y, a.outPix*size*count)
		t.call(a, size-1, rest)
	}
}

// call runs count tiles of size pixels in each row.
func (t *rowTask) call(a *rowTile, size, count int) {
	a.tiles, a.step, a.outStep = count, a.pix*size, a.outPix*size
	t.list[size]((*byte)(unsafe.Pointer(a)))
}

// activate applies an activation that the tiles do not know to channels
// [first, last) of the pixels of u.
func (t *rowTask) activate(u part, first, last int) {
	for img := u.img; img < u.img+u.imgs; img++ {
		for p := (img*t.oh + u.row) * t.ow; p < (img*t.oh+u.row+u.rows)*t.ow; p++ {
			t.ep.Act.apply(t.y[p*t.outC+first : p*t.outC+last])
		}
	}
}
