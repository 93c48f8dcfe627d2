package kernel

// packChannels is the number of channels from which the pixels of a pointwise
// weight gradient are packed first, with another leading dimension: a tile walks down
// the pixels, and at distances of so many cache lines, a power of two above all, they
// fall into few sets of the caches.
const packChannels = 1536

// gemm is the weight gradient of a pointwise convolution as a product of matrices: a row
// of x and of dy is a pixel, those of x found by the number of the output's pixel.
type gemm struct {
	c         Conv // as it was
	packX     bool // x has to be packed: its pixels do not follow each other, or conflict
	packDY    bool
	ldX, ldDY int // leading dimensions of packed maps: floats from pixel to pixel
}

// asGEMM returns c as a product over pixels, of which passes may take any number.
func (c Conv) asGEMM() (gemm, Conv) {
	g := gemm{c: c, packX: c.S > 1 || c.InC >= packChannels, packDY: c.OutC >= packChannels}
	g.ldX, g.ldDY = planeFloats(c.InC), planeFloats(c.OutC)
	c.N, c.H, c.W, c.S = c.N*c.OutH()*c.OutW(), 1, 1, 1
	return g, c
}

// reserve makes a worker's memory for passes of so many pixels.
func (g *gemm) reserve(k *gradWorker, pixels int) {
	if g.packX {
		k.x = aligned(k.x, pixels*g.ldX)
	}
	if g.packDY {
		k.dy = aligned(k.dy, pixels*g.ldDY)
	}
}

// pack returns a pass from pixel first of x on. Maps that have to be packed are copied to
// the worker's memory, pixels an odd number of cache lines apart.
func (g *gemm) pack(p gradPass, k *gradWorker, first int, x []float32) gradPass {
	if g.packX {
		for i := range p.imgs {
			copy(k.x[i*g.ldX:], x[g.source(first+i):][:p.xC])
		}
		p.x, p.xC = k.x, g.ldX
	}
	if g.packDY {
		for i := range p.imgs {
			copy(k.dy[i*g.ldDY:], p.dy[i*p.dyC:][:p.dyC])
		}
		p.dy, p.dyC = k.dy, g.ldDY
	}
	return p
}

// source returns the place in x of the pixel under output pixel i.
func (g *gemm) source(i int) int {
	c := g.c
	if c.S == 1 {
		return i * c.InC
	}
	oh, ow := c.OutH(), c.OutW()
	img, row, col := i/(oh*ow), i/ow%oh, i%ow
	return ((img*c.H+row*c.S)*c.W + col*c.S) * c.InC
}
