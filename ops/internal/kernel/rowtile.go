package kernel

import "unsafe"

// rowSpec is one output row of a depthwise tile: where its inputs begin, left of
// the map's edge by half a kernel, the first of the tap rows that meet the map,
// and how many do. Places are in bytes from the tile's own.
type rowSpec struct{ x, w, n, y int }

// rowTile is the argument of depthwise tiles of rows, for one register's width of
// channels.
type rowTile struct {
	lanes
	x, w, y     unsafe.Pointer
	rows        *rowSpec
	n           int    // rows
	tiles       int    // of each row
	pix, line   int    // bytes between pixels and rows of the input
	step        int    // bytes between tiles
	outPix      int    // bytes between pixels of the output
	outStep     int    // bytes between tiles of the output
	wStep       int    // bytes between rows of taps
	left, right uint32 // all ones to read what lies before and behind the row, 0 for zeros
	epilogueArgs
	ahead
}

// depthRows are the depthwise tiles of rows with one number of taps.
type depthRows struct {
	rows    []tileFunc   // [pixels]
	fullRow [][]tileFunc // [blocks][pixels]: of a row that is one tile, by some registers of channels
	pixels  []int        // widths to choose from of weight-gradient tiles
	grads   [][]tileFunc // [width][rows of taps]

	fullRowGrads []tileFunc // [pixels]: of a row that is one tile, by all rows of taps
}

// gradSpec is one output row of a weight-gradient tile: where its inputs begin,
// left of the map's edge by half a kernel, where its output gradients do, and
// which rows of taps meet the map. Places are in bytes from the tile's own.
type gradSpec struct{ x, dy, valid int }

// rowGradTile is the argument of weight-gradient tiles of depthwise rows, for
// one register's width of channels.
type rowGradTile struct {
	lanes
	x, dy, sums unsafe.Pointer
	rows        *gradSpec
	n           int // rows
	tiles       int // of each row
	pix, line   int // bytes between pixels and rows of the input
	tail        int // pixels of a row after its last tile
	outPix      int // bytes between pixels of the output
	ahead
}
