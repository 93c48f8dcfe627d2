package kernel

import "unsafe"

// firstConvKind is a kind of a network's first convolution, which reads pictures: 3 x 3
// taps, dense, with one or three input channels and such a stride. Its tiles know how far
// pixels lie apart, so that a float of the picture that several pixels meet is loaded once.
type firstConvKind struct{ in, stride int }

// firstConvSide is the side of its kernel, as in the generator.
const firstConvSide = 3

// firstConvBytes is what a unit of a first convolution should touch: its window stays in
// the first-level cache.
const firstConvBytes = 64 << 10

// isFirstConv reports whether r is a first convolution of some kind whose rows its tiles
// can walk along: taps of a row lie one behind the other.
func (r *correlation) isFirstConv() bool {
	return r.g == 1 && r.outStep == 1 && r.winW > firstConvSide && r.square(firstConvSide) && r.taps[1].w-r.taps[0].w == r.in*Block
}

// firstConvTiles returns the tiles for rows of r, if it is a first convolution and there
// are such tiles.
func (t *tiles) firstConvTiles(r *correlation) []tileFunc {
	list := t.firstConv[firstConvKind{r.in, r.step}]
	size, _, rest := split(r.cols, max(1, most(list)))
	if most(list) == 0 || list[size-min(rest, 1)] == nil || !r.isFirstConv() {
		return nil
	}
	return list
}

// callRows runs tiles of first convolutions over rows of cols pixels each.
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

// firstConvGrad is how the weight gradient of a first convolution is summed by tiles of
// parts of rows; f is nil for none.
type firstConvGrad struct {
	f      tileFunc
	pixels int // of a part, all of which are equal
	lines  int // rows of taps at once
}

// firstConvGradOf returns how r's weight gradient is summed.
func (t *tiles) firstConvGradOf(r *correlation) firstConvGrad {
	list := t.gradFirstConv[firstConvKind{r.in, r.step}]
	size, _, rest := split(r.cols, max(1, most(list)))
	if most(list) == 0 || rest > 0 || list[size] == nil || !r.isFirstConv() {
		return firstConvGrad{}
	}
	return firstConvGrad{list[size], size, firstConvSide / r.in}
}

// add adds the products of x, the window of u, and dy to the sums of a block of
// outputs; a has what all tiles of a gradient need.
func (g firstConvGrad) add(a *gradTile, r *correlation, u part, x, sums []float32) {
	a.overWindow(r, u, r.inC)
	a.line, a.outPix = 4*r.winW*r.inC, a.dyPix
	a.cols, a.xPix, a.dyPix = a.cols/g.pixels, a.xPix*g.pixels, a.dyPix*g.pixels
	for l := 0; l < firstConvSide; l += g.lines {
		a.x, a.dw = at(x, l*r.winW*r.inC), at(sums, l*firstConvSide*r.in*Block)
		g.f((*byte)(unsafe.Pointer(a)))
	}
}
