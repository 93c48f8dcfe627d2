package kernel

import "unsafe"

// Both forms of Winograd's algorithm have tiles of 6 x 6 input pixels: their
// products with the transformed taps are 36 planes.
const (
	winoSide   = 6
	winoPlanes = winoSide * winoSide
)

// winoForm is one form of Winograd's algorithm with its transforms: F(4x4, 3x3)
// makes 4 x 4 output pixels of 36 products instead of 144, F(2x2, 5x5) 2 x 2 of
// 36 instead of 100.
type winoForm struct {
	taps, pixels       int      // on a side
	output             tileFunc // of planes to output pixels
	outputGrad         tileFunc // of the output's gradient to planes
	filter, filterGrad tileFunc // of taps to planes, and of their gradients back
}

// spot is a tile's place in an image: its first pixel, in floats, and how many
// rows and columns of its output pixels lie inside the map.
type spot struct{ at, rows, cols uint32 }

// winoTile is the argument of the Winograd transforms. Planes hold [tiles][channels]
// or [input channels][16]; plane and step are in bytes, from plane to plane and
// from tile to tile.
type winoTile struct {
	lanes
	src, dst    unsafe.Pointer
	scratch     unsafe.Pointer // 36 vectors
	spots       *spot
	n           int // tiles, or input channels
	pix, row    int // bytes between pixels and rows of the image
	plane, step int
	epilogueArgs
	taps [winoTaps]int // bytes
}

// winoTaps is the most taps of a form.
const winoTaps = 25

// planeFloats returns the distance between planes of n floats: an odd number of
// cache lines, so that the 36 places of a tile fall into different sets.
func planeFloats(n int) int { return (parts(n, lineFloats) | 1) * lineFloats }

// padded returns n rounded up to whole blocks of channels.
func padded(n int) int { return parts(n, Block) * Block }
