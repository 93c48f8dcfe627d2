package kernel

import "unsafe"

// rowGradWidth is how the rows of a depthwise weight gradient of stride 1 are cut
// into tiles.
type rowGradWidth struct {
	k           int        // taps on a side
	tiles, tail int        // of a row; pixels after the last tile
	list        []tileFunc // [rows of taps]
}

// gradByRows returns how tiles of rows compute the weight gradient of r, whose
// border must be half a kernel wide; without a list if they cannot. Sums are those of the
// general path, bit for bit: zeros of the border add nothing.
func (t *tiles) gradByRows(r *correlation) (best rowGradWidth) {
	for _, k := range []int{3, 5, 7} {
		g, ok := t.rowGrads[k]
		if !ok || !r.square(k) || r.step > 1 || r.dx0 != -(k/2) || r.cols != r.w {
			continue
		}
		for i, p := range g.pixels {
			w := rowGradWidth{k, r.cols / p, r.cols % p, g.tiles[i]}
			if w.tiles > 0 && w.tail > 0 && w.tail < k/2 {
				continue // the last full tile's border would reach into the next row
			}
			if best.list == nil || w.tiles+min(w.tail, 1) < best.tiles+min(best.tail, 1) {
				best = w
			}
		}
	}
	return best
}

// sumRows adds the products of the pixels of u, of the block of channels from o
// on, to the worker's sums.
func (t *depthGradTask) sumRows(k *depthGradWorker, u part, o int) {
	w := &t.byRows
	a := &k.rows
	a.pix, a.line, a.outPix = 4*t.inC, 4*t.inC*t.w, 4*t.outC
	a.tiles, a.tail = w.tiles, w.tail
	width := t.tiles.width
	for first := 0; first < w.k; first += most(w.list) {
		rows := min(most(w.list), w.k-first)
		k.specs = k.specs[:0]
		for img := u.img; img < u.img+u.imgs; img++ {
			for row := u.row; row < u.row+u.rows; row++ {
				k.specs = append(k.specs, t.rowSpec(img, row, first, rows))
			}
		}
		a.rows, a.n = &k.specs[0], len(k.specs)
		for c := o; c < min(t.outC, o+Block); c += width {
			a.lanes.set(min(width, t.outC-c))
			a.x, a.dy, a.sums = at(t.x, c), at(t.dy, c), at(k.sums, first*w.k*Block+c-o)
			w.list[rows]((*byte)(unsafe.Pointer(a)))
		}
	}
}

// rowSpec returns one output row for rows rows of taps from first on.
func (t *depthGradTask) rowSpec(img, row, first, rows int) gradSpec {
	y := row + t.dy0 + first // input row of the first tap row
	s := gradSpec{x: 4 * t.inC * ((img*t.h+y)*t.w - t.byRows.k/2), dy: 4 * t.outC * (img*t.oh + row) * t.ow}
	for i := range rows {
		if y+i >= 0 && y+i < t.h {
			s.valid |= 1 << i
		}
	}
	return s
}
