package kernel

import "unsafe"

// tileFunc is a tile in assembly. Its argument points to a forwardTile, a
// gradTile or a gatherTile; their order of fields is known to the generator.
type tileFunc func(a *byte)

// tiles are the functions of one instruction set. Lists are indexed by size,
// pairs of lists by the number of blocks of 16 output channels.
type tiles struct {
	dense         [][]tileFunc                 // [blocks][pixels]: dense convolution
	grad          [][]tileFunc                 // [blocks][input channels]: its weight gradient
	gradIndirect  [][]tileFunc                 // [blocks][rows]: the same, rows anywhere
	depthwise     []tileFunc                   // [pixels]: depthwise convolution
	taps          []tileFunc                   // [taps]: its weight gradient
	stride1       map[int]depthRows            // [taps on a side]: depthwise rows of stride 1
	stride2       map[int]depthRows            // of stride 2
	transposed    map[int]depthRows            // of the transposed correlation of stride 2
	firstConv     map[firstConvKind][]tileFunc // [pixels]: rows of first convolutions
	gradFirstConv map[firstConvKind][]tileFunc // [pixels]: their weight gradient
	gather        tileFunc
	transpose     tileFunc // of 16 x 16 floats
	peak          tileFunc

	winoInput    tileFunc // transform of pixels to planes
	wino3, wino5 winoForm
	width        int // floats in a register
}

// most returns the largest size in a list, 0 for an empty one.
func most(list []tileFunc) int { return max(0, len(list)-1) }

// lanes tells which channels of the last block are in use.
type lanes struct {
	mask [Block]int32 // -1 where in use
	bits uint32       // the same as one bit each
	_    uint32
}

func (l *lanes) set(n int) {
	if l.bits == 1<<n-1 {
		return
	}
	l.bits = 1<<n - 1
	for i := range l.mask {
		l.mask[i] = int32(i-n) >> 31
	}
}

// run is a run of products: n/4 input channels that follow each other in x
// and in w. All are in bytes, x and w from the pixel's and the weight's start.
type run struct{ x, w, n int }

// forwardTile is the argument of dense and depthwise tiles. Pixel p of the
// tiles*pixels ones reads at x[xOff[p]] and writes at y[yOff[p]].
type forwardTile struct {
	lanes
	x, w, y    unsafe.Pointer
	xOff, yOff *uint32 // floats
	tiles      int
	runs       unsafe.Pointer // *run, or *int for depthwise tiles
	runCount   int
	block      int // bytes from one block of w to the next; of rows of a first convolution, from one pixel of y
	epilogueArgs
}

// rowOffset places a row of a weight gradient: where it reads in x, counted from the
// pixel, and where it adds to dw. Both in bytes.
type rowOffset struct{ x, w int }

// gradTile is the argument of weight-gradient tiles. Pix, row and image steps
// are in bytes; those of rows and images come on top of the pixels' and rows'.
type gradTile struct {
	lanes
	x, dy, dw             unsafe.Pointer
	images, rows, cols    int
	xPix, xRow, xImage    int
	dyPix, dyRow, dyImage int
	block                 int // bytes from one block of dw to the next
	offsets               *rowOffset
	ahead
	line, outPix int // of first convolutions: from one row of x, and from one pixel of dy, to the next
}

// gatherTile is the argument of gather and transpose: rows of n pixels, step bytes apart and
// skip bytes from the end of one row to the next, between left and right pixels
// of zeros.
type gatherTile struct {
	lanes
	src, dst    unsafe.Pointer
	step        int
	n, rows     int
	skip        int
	left, right int
}

// at returns the address of s[i].
func at(s []float32, i int) unsafe.Pointer { return unsafe.Pointer(&s[i]) }

// grown returns a slice of n values with undefined contents, reusing s if it is long enough.
func grown[T any](s []T, n int) []T {
	if cap(s) >= n {
		return s[:n]
	}
	return make([]T, n)
}

// parts returns the least number of parts of at most most that n can be cut into.
func parts(n, most int) int { return (n + most - 1) / most }

// split cuts n into the fewest parts of at most most, as even as can be: count
// parts of size, then rest parts of size-1.
func split(n, most int) (size, count, rest int) {
	parts := parts(n, most)
	size = (n + parts - 1) / parts
	rest = parts*size - n
	return size, parts - rest, rest
}

// callAll runs tiles of a list, as large and even as can be, over n pixels.
func (a *forwardTile) callAll(list []tileFunc, n int, p pixelTable) {
	size, count, rest := split(n, most(list))
	a.call(list, size, count, p)
	if rest > 0 {
		a.call(list, size-1, rest, pixelTable{p.x[size*count:], p.y[size*count:]})
	}
}

// call runs count tiles of size pixels each from the start of the table.
func (a *forwardTile) call(list []tileFunc, size, count int, p pixelTable) {
	a.xOff, a.yOff, a.tiles = &p.x[0], &p.y[0], count
	list[size]((*byte)(unsafe.Pointer(a)))
}

// wide returns how many blocks of output channels a tile of the lists takes at
// once where there are so many.
func wide(lists [][]tileFunc, blocks int) int {
	if len(lists) > 2 && blocks > 1 {
		return 2
	}
	return 1
}
