package kernel

import "unsafe"

// rowTask is one depthwise pass whose border is half a kernel wide, row by row:
// a correlation of stride 1 or 2, or the transposed one of stride 2. A chunk is
// some output rows of some images by some blocks of 16 channels; the map is read
// in place, and the tiles know its left and right edge.
type rowTask struct {
	rowPlan
	correlation     // its maps, channels and units of work
	width       int // floats in a register
	gather      tileFunc
	x, y        []float32
	ep          Epilogue
	add         bool
	taps        tapRows
	prepacked   []float32 // all taps, of a weight that does not change
	splits      int
	chunkEpilogue
	prologue
	workers []rowWork
}

// rowPlan is how rows are cut into tiles.
type rowPlan struct {
	k       int        // taps on a side; 0 for no plan
	list    []tileFunc // [pixels]
	steps   int        // pixels of all tiles of a row
	in, out int        // inputs and outputs of a pixel
	before  int        // inputs left of the first pixel

	fullRow [3]tileFunc // [blocks]: of a full row by so many registers of channels, if there are such
}

// imageUnitBytes is the size of an image's maps up to which it is one unit, so that a
// prologue can be applied part by part.
const imageUnitBytes = 1 << 20

// rowWork is the memory of one worker.
type rowWork struct {
	tile   rowTile
	rows   []rowSpec
	gather gatherTile
	panel  []float32 // taps, [blocks][k*k][16]
	packed packCache
	fetcher
	_ padding
}

// rowKernels are the numbers of taps on a side that tiles of rows know.
var rowKernels = [...]int{3, 5, 7}

// byRows returns how tiles of rows compute the depthwise correlation r; k is 0 if
// they cannot.
func (t *tiles) byRows(r *correlation) rowPlan {
	for _, k := range rowKernels {
		if !r.square(k) || r.outStep > 1 || r.dx0 != -(k/2) {
			continue
		}
		switch {
		case r.step == 1 && r.cols == r.w:
			return t.stride1[k].plan(rowPlan{k: k, steps: r.cols, in: 1, out: 1, before: k / 2}, k/2)
		case r.step == 2 && 2*r.cols == r.w:
			return t.stride2[k].plan(rowPlan{k: k, steps: r.cols, in: 2, out: 1, before: k / 2}, k/2)
		}
	}
	return rowPlan{}
}

// transposedByRows returns how tiles of rows compute the gradient of the input of c, of
// stride 2.
func (t *tiles) transposedByRows(c Conv) rowPlan {
	for _, k := range rowKernels {
		if c.KH == k && c.KW == k && c.S == 2 && c.Dil == 1 && c.PadH == k/2 && c.PadW == k/2 && c.W%2 == 0 {
			return t.transposed[k].plan(rowPlan{k: k, steps: c.W / 2, in: 1, out: 2, before: k / 4}, (k+1)/4)
		}
	}
	return rowPlan{}
}

// plan returns p with its tiles, or none if there are no tiles or a tile's border,
// of so many inputs, would reach beyond its neighbour.
func (d depthRows) plan(p rowPlan, border int) rowPlan {
	p.list = d.rows
	if most(p.list) == 0 {
		return rowPlan{}
	}
	for blocks, list := range d.fullRow {
		if p.steps <= most(list) {
			p.fullRow[blocks] = list[p.steps]
		}
	}
	if p.fullRow[1] != nil {
		return p
	}
	if size, count, rest := split(p.steps, most(p.list)); count+rest > 1 && (size-min(rest, 1))*p.in < border {
		return rowPlan{}
	}
	return p
}

// tapRows tells where the taps of k rows lie in a depthwise weight w: the first, in
// floats, and in bytes the distance from one to the next and from the end of a row
// to the next row.
type tapRows struct {
	w                 []float32
	first, step, skip int
}

// tapRows returns where the taps of a square correlation lie in w.
func (r *correlation) tapRows(w []float32) tapRows {
	k := 1
	for k*k < len(r.taps) {
		k++
	}
	t := tapRows{w: w, first: r.taps[0].w, step: 4 * (r.taps[1].w - r.taps[0].w)}
	t.skip = 4*(r.taps[k].w-r.taps[0].w) - k*t.step
	return t
}

// runRows runs p over the maps of r.
func (e *Engine) runRows(p rowPlan, r correlation, taps tapRows, x, y []float32, ep Epilogue, add bool) {
	t := &e.rows
	t.rowPlan, t.correlation, t.width = p, r, e.Set.tiles.width
	t.gather = e.Set.tiles.gather
	t.x, t.y, t.ep, t.add, t.taps = x, y, ep, add, taps
	t.correlation.in, t.correlation.out = r.outC, r.outC
	work := 2*r.n*r.rows*r.cols*r.outC*p.k*p.k/p.out + r.moved()
	want := e.units(work)
	t.plan(t.inC, unitBytes, t.cols, max(parts(want, t.blocks()), min(want, e.Pool.Workers())))
	t.divide(e.Pool.Workers())
	if e.before != nil && r.mapBytes()/r.n <= imageUnitBytes && r.n >= want {
		t.unitRows = r.rows
	}
	t.chunkEpilogue = e.epilogue
	t.align(&t.correlation)
	t.splits = min(t.blocks(), parts(want, t.units()))
	t.prologue = e.prologueOf(r.n*r.h*r.w, r.inC, t.unitRows == r.rows && t.splits == 1)
	t.workers = grown(t.workers, e.Pool.Workers())
	t.prepack(ep.Prepacked)
	e.run(t.units()*t.splits, work, t)
}

// setUp implements threadSetUp.
func (t *rowTask) setUp(worker int) {
	k := &t.workers[worker]
	k.rows = grown(k.rows, t.unitImgs*t.unitRows)
	if t.prepacked == nil {
		k.panel = aligned(k.panel, t.blocks()*t.k*t.k*Block)
		k.packed.begin(t.blocks())
	}
	k.ready = 0
}

// runTransposed computes the input's gradient of c, of stride 2.
func (e *Engine) runTransposed(p rowPlan, c Conv, dy, w, dx []float32, add bool) {
	r := correlation{
		n: c.N, h: c.OutH(), w: c.OutW(), inC: c.OutC, oh: c.H, ow: c.W, outC: c.InC,
		rows: c.H, cols: c.W, step: 1, outStep: 1, winW: c.OutW(), dy0: -c.PadH, transposedTaps: c.KH,
	}
	forward := c.forward(e.phaseTaps[:0])
	e.phaseTaps = forward.taps
	e.runRows(p, r, forward.tapRows(w), dy, dx, Epilogue{}, add)
}

// blocks returns the number of blocks of 16 channels.
func (t *rowTask) blocks() int { return parts(t.outC, Block) }

// Do implements Task.
func (t *rowTask) Do(i, worker int) {
	u, share := t.unit(i/t.splits), i%t.splits
	k := &t.workers[worker]
	if u.imgs == 0 {
		return
	}
	k.tile.ahead = t.fetchUnit(&k.fetcher, i, t.splits, t.tilesOf(u), t.x, t.y)
	t.applyPrologue(u.img, u.imgs, t.h, 0, t.h, t.w*t.inC, worker)
	k.rows = k.rows[:0]
	for img := u.img; img < u.img+u.imgs; img++ {
		for row := u.row; row < u.row+u.rows; row++ {
			s := t.rowSpec(row)
			if t.rowPlan.out == 2 {
				s = t.transposedSpec(row)
			}
			s.x += 4 * t.inC * (img*t.h*t.w - t.before)
			s.y = 4 * t.outC * (img*t.oh + row) * t.ow
			k.rows = append(k.rows, s)
		}
	}
	first, last := share*t.blocks()/t.splits, (share+1)*t.blocks()/t.splits
	for c, end := first*Block, min(t.outC, last*Block); c < end; {
		n := t.width
		if c+n < end {
			n *= t.registers()
		}
		n = min(n, end-c)
		t.column(k, c, n)
		c += n
	}
	t.activate(t.ep.Act, t.y, u, u.row, u.row+u.rows, first*Block, min(t.outC, last*Block))
	if t.splits == 1 {
		t.applyEpilogue(&t.correlation, u, u.row, u.row+u.rows, worker)
	}
}

// registers returns how many registers of channels a tile takes where there are as
// many.
func (t *rowTask) registers() int {
	if t.fullRow[2] != nil {
		return 2
	}
	return 1
}

// tilesOf returns the number of tiles that compute u.
func (t *rowTask) tilesOf(u part) int {
	return parts(t.steps, most(t.list)) * u.imgs * u.rows * parts(t.outC, t.width*t.registers())
}

// rowSpec returns where output row row of an image of a correlation reads.
func (t *rowTask) rowSpec(row int) rowSpec {
	y := row*t.step + t.dy0 // input row of the first tap row
	first := max(0, -y)
	return rowSpec{x: 4 * t.inC * (y + first) * t.w, w: 4 * Block * t.k * first, n: max(0, min(t.k, t.h-y)-first)}
}

// transposedSpec returns the same for a transposed correlation of stride 2: every other
// row of taps, from the last that meets the map.
func (t *rowTask) transposedSpec(row int) rowSpec {
	at := row - t.dy0
	first, last := max(0, (at-t.k+2)/2), min(t.h-1, at/2)
	return rowSpec{x: 4 * t.inC * first * t.w, w: 4 * Block * t.k * (at - 2*first), n: max(0, last-first+1)}
}

// prepack packs the taps of all blocks for all calls, if the weight does not change.
func (t *rowTask) prepack(p *Prepacked) {
	t.prepacked = nil
	if p == nil {
		return
	}
	t.prepacked = p.layout(packKey{t.k, 1, t.outC}, t.blocks()*t.k*t.k*Block, func(u []float32) {
		for b := range t.blocks() {
			t.fill(&t.workers[0].gather, b, u)
		}
	})
}

// panel returns the taps, those of channels [c, end) ready for a worker.
func (t *rowTask) panel(k *rowWork, c, end int) []float32 {
	if t.prepacked != nil {
		return t.prepacked
	}
	for b := c / Block; b*Block < end; b++ {
		if k.packed.miss(b) {
			t.fill(&k.gather, b, k.panel)
		}
	}
	return k.panel
}

// fill lays the taps of a block out in the order in which the tiles read them.
func (t *rowTask) fill(a *gatherTile, b int, panel []float32) {
	a.lanes.set(min(Block, t.outC-b*Block))
	a.src, a.dst = at(t.taps.w, t.taps.first+b*Block), at(panel, b*t.k*t.k*Block)
	a.n, a.rows, a.step, a.skip = t.k, t.k, t.taps.step, t.taps.skip
	t.gather((*byte)(unsafe.Pointer(a)))
}

// column computes n channels from c, a register or two, for all rows of the worker.
func (t *rowTask) column(k *rowWork, c, n int) {
	a := &k.tile
	a.lanes.set((n-1)%t.width + 1)
	a.epilogueArgs.set(t.ep, t.add, c, n)
	a.w, a.wStep = at(t.panel(k, c, c+n), c/Block*t.k*t.k*Block+c%Block), 4*Block*t.k
	if t.rowPlan.out == 2 {
		a.wStep *= -2
	}
	a.rows, a.n = &k.rows[0], len(k.rows)
	a.pix, a.line, a.outPix = 4*t.inC, 4*t.inC*t.w, 4*t.outC
	a.x, a.y = at(t.x, c), at(t.y, c)
	if f := t.fullRow[parts(n, t.width)]; f != nil {
		f((*byte)(unsafe.Pointer(a)))
		return
	}
	size, count, rest := split(t.steps, most(t.list))
	a.left, a.right = 0, 0
	if rest > 0 {
		a.right = ^uint32(0)
	}
	t.call(a, size, count)
	if rest > 0 {
		a.left, a.right = ^uint32(0), 0
		a.x, a.y = unsafe.Add(a.x, a.step*count), unsafe.Add(a.y, a.outStep*count)
		t.call(a, size-1, rest)
	}
}

// call runs count tiles of size pixels in each row.
func (t *rowTask) call(a *rowTile, size, count int) {
	a.tiles, a.step, a.outStep = count, a.pix*size*t.rowPlan.in, a.outPix*size*t.rowPlan.out
	t.list[size]((*byte)(unsafe.Pointer(a)))
}
