package kernel

// Block is the number of output channels in a block of a dense weight.
const Block = 16

// Conv describes one convolution over channels-last maps: x is [N][H][W][InC],
// y is [N][OutH][OutW][OutC].
//
// The weight may be the window of a larger stored one. A dense weight rests as
// [G][ceil(OutC/G/16)][WKH][WKW][WInC/G][16]: the window is the first OutC output
// channels, the first InC input channels and the central KH x KW taps. With G > 1
// the channels are used whole. A depthwise weight (G = InC = OutC, WC set)
// rests as [WKH][WKW][WC]. Zero WInC, WKH, WKW and Dil mean InC, KH, KW and 1.
type Conv struct {
	N, H, W    int
	InC, OutC  int
	KH, KW, S  int
	PadH, PadW int // on each side
	Dil, G     int
	WInC, WC   int // stored sizes; WC > 0 marks a depthwise weight
	WKH, WKW   int
}

// OutH returns the output's height in pixels.
func (c Conv) OutH() int { return c.out(c.H, c.KH, c.PadH) }

// OutW returns the output's width in pixels.
func (c Conv) OutW() int { return c.out(c.W, c.KW, c.PadW) }

func (c Conv) out(n, k, pad int) int { return (n+2*pad-max(c.Dil, 1)*(k-1)-1)/c.S + 1 }

// FLOPs returns two per multiply-add of one pass, padding counted as pixels.
func (c Conv) FLOPs() int {
	return 2 * c.N * c.OutH() * c.OutW() * c.OutC * (c.InC / max(c.G, 1)) * c.KH * c.KW
}

// work returns the operations that a pass stands for, the moving of its maps among
// them.
func (c Conv) work() int {
	return c.FLOPs() + floatFLOPs*c.N*(c.H*c.W*c.InC+c.OutH()*c.OutW()*c.OutC)
}

// pointwise reports whether an output pixel meets one pixel, and no padding is met.
func (c Conv) pointwise() bool { return c.KH*c.KW == 1 && c.PadH == 0 && c.PadW == 0 }

// depthwise reports which of the two weight layouts is meant.
func (c Conv) depthwise() bool { return c.WC > 0 }

// withDefaults returns c with the defaults filled in. It panics when the sizes cannot
// be those of a convolution or the slices are too short for them.
func (c Conv) withDefaults(x, w, y []float32) Conv {
	if c.G == 0 {
		c.G = 1
	}
	if c.Dil == 0 {
		c.Dil = 1
	}
	if c.WKH == 0 {
		c.WKH = c.KH
	}
	if c.WKW == 0 {
		c.WKW = c.KW
	}
	if c.WInC == 0 {
		c.WInC = c.InC
	}
	if c.WC == 0 && c.G > 1 && c.G == c.InC && c.G == c.OutC {
		c.WC = c.G
	}
	c.check()
	if len(x) < c.N*c.H*c.W*c.InC {
		panic("kernel: input shorter than N*H*W*InC")
	}
	if len(y) < c.N*c.OutH()*c.OutW()*c.OutC {
		panic("kernel: output shorter than N*OutH*OutW*OutC")
	}
	if len(w) < c.weights() {
		panic("kernel: weight shorter than its layout")
	}
	return c
}

func (c Conv) check() {
	if min(c.N, c.H, c.W, c.InC, c.OutC, c.KH, c.KW, c.S, c.Dil, c.G) < 1 || min(c.PadH, c.PadW) < 0 {
		panic("kernel: sizes of a convolution must be positive")
	}
	if c.OutH() < 1 || c.OutW() < 1 || c.H+2*c.PadH < c.Dil*(c.KH-1)+1 || c.W+2*c.PadW < c.Dil*(c.KW-1)+1 {
		panic("kernel: the kernel is larger than the padded input")
	}
	if c.WKH < c.KH || (c.WKH-c.KH)%2 != 0 || c.WKW < c.KW || (c.WKW-c.KW)%2 != 0 {
		panic("kernel: stored kernel must be as large, and differ by an even number")
	}
	if c.depthwise() {
		if c.G != c.InC || c.G != c.OutC || c.WC < c.OutC {
			panic("kernel: a depthwise convolution has as many groups as channels")
		}
		return
	}
	if c.WInC < c.InC || c.InC%c.G != 0 || c.OutC%c.G != 0 || c.G > 1 && c.WInC != c.InC {
		panic("kernel: groups must divide the channels, and use them whole")
	}
}

// weights returns the least number of floats that the window needs.
func (c Conv) weights() int {
	if c.depthwise() {
		return (c.WKH*c.WKW-1)*c.WC + c.OutC
	}
	return c.G * c.blocks() * c.blockStride()
}

// blocks returns the number of blocks of 16 output channels of one group.
func (c Conv) blocks() int { return parts(c.OutC/c.G, Block) }

// blockStride returns the floats between two blocks of a dense weight.
func (c Conv) blockStride() int { return c.WKH * c.WKW * c.WInC / c.G * Block }

// tap returns the place of tap (ky, kx) of the window within a block of a dense
// weight, or within a depthwise weight.
func (c Conv) tap(ky, kx int) int {
	t := (ky+(c.WKH-c.KH)/2)*c.WKW + kx + (c.WKW-c.KW)/2
	if c.depthwise() {
		return t * c.WC
	}
	return t * c.WInC / c.G * Block
}

// block returns, for block b of all groups' blocks, its first input channel, its
// first output channel, and how many of its 16 lanes are in use.
func (c Conv) block(b int) (in, out, lanes int) {
	g, j := b/c.blocks(), b%c.blocks()
	per := c.OutC / c.G
	return g * (c.InC / c.G), g*per + j*Block, min(Block, per-j*Block)
}
