package kernel

import "unsafe"

// rowGradPlan is how the rows of a depthwise weight gradient are cut into tiles.
type rowGradPlan struct {
	k           int        // taps on a side; 0 for no plan
	tiles, tail int        // of a row; pixels after the last tile
	list        []tileFunc // [rows of taps]
	fullRow     tileFunc   // of all rows of taps, where a row is one tile
}

// rows returns how many rows of taps a tile takes.
func (p *rowGradPlan) rows() int {
	if p.fullRow != nil {
		return p.k
	}
	return most(p.list)
}

// tile returns the tile of so many rows of taps.
func (p *rowGradPlan) tile(rows int) tileFunc {
	if p.fullRow != nil {
		return p.fullRow
	}
	return p.list[rows]
}

// gradByRows returns how tiles of rows compute the weight gradient of r, whose
// border must be half a kernel wide; k is 0 if they cannot. Sums are those of
// the general path, bit for bit: zeros of the border add nothing.
func (t *tiles) gradByRows(r *correlation) (best rowGradPlan) {
	for _, k := range rowKernels {
		if !r.square(k) || r.dx0 != -(k/2) {
			continue
		}
		var d depthRows
		switch {
		case r.step == 1 && r.cols == r.w:
			d = t.stride1[k]
		case r.step == 2 && 2*r.cols == r.w:
			d = t.stride2[k]
		}
		if r.cols <= most(d.fullRowGrads) {
			return rowGradPlan{k: k, fullRow: d.fullRowGrads[r.cols]}
		}
		for i, p := range d.pixels {
			w := rowGradPlan{k: k, tiles: r.cols / p, tail: r.cols % p, list: d.grads[i]}
			if w.tiles > 0 && w.tail > 0 && w.tail*r.step < k/2-r.step+1 {
				continue // the last full tile's border would reach into the next row
			}
			if best.k == 0 || w.tiles+min(w.tail, 1) < best.tiles+min(best.tail, 1) {
				best = w
			}
		}
	}
	return best
}

// tilesOf returns how many times the tiles that sum over u fetch: after each full
// tile and each row.
func (t *depthGradTask) tilesOf(u part) int {
	w := &t.byRows
	if w.k == 0 {
		return 1
	}
	return (w.tiles + 1) * u.imgs * u.rows * parts(w.k, w.rows()) * parts(t.outC, t.tiles.width)
}

// sumRows adds the products of the pixels of u, of blocks [from, to), to the sums
// of group g.
func (t *depthGradTask) sumRows(k *depthGradWorker, u part, g, from, to int) {
	w := &t.byRows
	a := &k.rows
	a.pix, a.line, a.outPix = 4*t.inC, 4*t.inC*t.w, 4*t.outC
	a.tiles, a.tail = w.tiles, w.tail
	for first := 0; first < w.k; first += w.rows() {
		rows := min(w.rows(), w.k-first)
		k.specs = k.specs[:0]
		for img := u.img; img < u.img+u.imgs; img++ {
			for row := u.row; row < u.row+u.rows; row++ {
				k.specs = append(k.specs, t.rowSpec(img, row, first, rows))
			}
		}
		a.rows, a.n = &k.specs[0], len(k.specs)
		for c := from * Block; c < min(t.outC, to*Block); c += t.tiles.width {
			a.lanes.set(min(t.tiles.width, t.outC-c))
			a.x, a.dy, a.sums = at(t.x, c), at(t.dy, c), at(t.sumsOf(g, c/Block), first*w.k*Block+c%Block)
			w.tile(rows)((*byte)(unsafe.Pointer(a)))
		}
	}
}

// rowSpec returns one output row for rows rows of taps from first on.
func (t *depthGradTask) rowSpec(img, row, first, rows int) gradSpec {
	y := row*t.step + t.dy0 + first // input row of the first tap row
	s := gradSpec{x: 4 * t.inC * ((img*t.h+y)*t.w - t.byRows.k/2), dy: 4 * t.outC * (img*t.oh + row) * t.ow}
	for i := range rows {
		if y+i >= 0 && y+i < t.h {
			s.valid |= 1 << i
		}
	}
	return s
}
