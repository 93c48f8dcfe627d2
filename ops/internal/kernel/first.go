package kernel

import "unsafe"

// firstKind is a kind of layer that reads pictures: 3 x 3 taps, dense, with so many
// channels of the picture and such a stride. Its tiles know how far pixels lie apart,
// so that a float of the picture that several pixels meet is loaded once.
type firstKind struct{ in, stride int }

// firstSide is the side of its kernel, as in the generator.
const firstSide = 3

// firstBytes is what a unit of a first layer should touch: its window stays in the
// first-level cache.
const firstBytes = 64 << 10

// first reports whether r is a first layer of some kind whose rows its tiles can
// walk along: taps of a row lie one behind the other.
func (r *correlation) first() bool {
	return r.g == 1 && r.outStep == 1 && r.winW > firstSide && r.square(firstSide) && r.taps[1].w-r.taps[0].w == r.in*Block
}

// firstList returns the tiles for rows of r, if it is a first layer and there are such
// tiles.
func (t *tiles) firstList(r *correlation) []tileFunc {
	list := t.first[firstKind{r.in, r.step}]
	size, _, rest := split(r.cols, max(1, most(list)))
	if most(list) == 0 || list[size-min(rest, 1)] == nil || !r.first() {
		return nil
	}
	return list
}

// callRows runs tiles of first layers over rows of cols pixels each.
func (a *forwardTile) callRows(list []tileFunc, rows, cols int, p pixelTable) {
	if size, count, rest := split(cols, most(list)); rest == 0 {
		a.call(list, size, rows*count, p)
		return
	}
	for range rows {
		a.callAll(list, cols, p)
		p = pixelTable{p.x[cols:], p.y[cols:]}
	}
}

// firstGrad is how the weight gradient of a first layer is summed by tiles of
// stretches of rows; f is nil for none.
type firstGrad struct {
	f      tileFunc
	pixels int // of a stretch, all of which are equal
	lines  int // rows of taps at once
}

// firstGrad returns how r's weight gradient is summed.
func (t *tiles) firstGrad(r *correlation) firstGrad {
	list := t.gradFirst[firstKind{r.in, r.step}]
	size, _, rest := split(r.cols, max(1, most(list)))
	if most(list) == 0 || rest > 0 || list[size] == nil || !r.first() {
		return firstGrad{}
	}
	return firstGrad{list[size], size, firstSide / r.in}
}

// add adds the products of x, the window of u, and dy to the sums of a block of
// outputs; a has what all tiles of a gradient need.
func (g firstGrad) add(a *gradTile, r *correlation, u part, x, sums []float32) {
	a.overWindow(r, u, r.inC)
	a.line, a.outPix = 4*r.winW*r.inC, a.dyPix
	a.cols, a.xPix, a.dyPix = a.cols/g.pixels, a.xPix*g.pixels, a.dyPix*g.pixels
	for l := 0; l < firstSide; l += g.lines {
		a.x, a.dw = at(x, l*r.winW*r.inC), at(sums, l*firstSide*r.in*Block)
		g.f((*byte)(unsafe.Pointer(a)))
	}
}
