package kernel

// apartChannels is the number of channels from which the pixels of a pointwise
// weight gradient are copied apart first: a tile walks down the pixels, and at
// distances of so many cache lines, a power of two above all, they fall into few
// sets of the caches.
const apartChannels = 1536

// flat is a pointwise convolution as the product of matrices that it is: its
// output's pixels in a row, those of its input found by their numbers.
type flat struct {
	c             Conv // as it was
	xApart        bool // x has to be copied: its pixels do not follow each other, or conflict
	dyApart       bool
	xLine, dyLine int // floats between copied pixels
}

// flatten returns c as a product over pixels, of which passes may take any number.
func (c Conv) flatten() (flat, Conv) {
	f := flat{c: c, xApart: c.S > 1 || c.InC >= apartChannels, dyApart: c.OutC >= apartChannels}
	f.xLine, f.dyLine = planeFloats(c.InC), planeFloats(c.OutC)
	c.N, c.H, c.W, c.S = c.N*c.OutH()*c.OutW(), 1, 1, 1
	return f, c
}

// reserve makes a worker's memory for passes of so many pixels.
func (f *flat) reserve(k *gradWorker, pixels int) {
	if f.xApart {
		k.x = aligned(k.x, pixels*f.xLine)
	}
	if f.dyApart {
		k.dy = aligned(k.dy, pixels*f.dyLine)
	}
}

// apart returns a pass from pixel first of x on, which with dy may have to be
// copied to the worker's memory, pixels an odd number of cache lines apart.
func (f *flat) apart(p gradPass, k *gradWorker, first int, x []float32) gradPass {
	if f.xApart {
		for i := range p.imgs {
			copy(k.x[i*f.xLine:], x[f.source(first+i):][:p.xC])
		}
		p.x, p.xC = k.x, f.xLine
	}
	if f.dyApart {
		for i := range p.imgs {
			copy(k.dy[i*f.dyLine:], p.dy[i*p.dyC:][:p.dyC])
		}
		p.dy, p.dyC = k.dy, f.dyLine
	}
	return p
}

// source returns the place in x of the pixel under output pixel i.
func (f *flat) source(i int) int {
	c := f.c
	if c.S == 1 {
		return i * c.InC
	}
	oh, ow := c.OutH(), c.OutW()
	img, row, col := i/(oh*ow), i/ow%oh, i%ow
	return ((img*c.H+row*c.S)*c.W + col*c.S) * c.InC
}
