package ops

import "github.com/espalier-nas/espalier/ops/internal/kernel"

// Layout is the storage order of a parameter.
type Layout uint8

// The layouts. With B = 16 and groups outermost:
const (
	// DenseLayout is [G][ceil(OutC/G/B)][KH][KW][InC/G][B]: a prefix of the output
	// channels is fewer blocks, a prefix of the input channels a shorter inner
	// run, a kernel's centre an offset. Lanes beyond OutC hold zero.
	DenseLayout Layout = iota + 1
	// DepthwiseLayout is [KH][KW][C].
	DepthwiseLayout
	// VectorLayout is [C]: biases, and scale and shift of batch norms.
	VectorLayout
)

// Block is the number of output channels in a block of DenseLayout.
const Block = 16

// Param is a shared weight at its full size with its gradient. Grad is zero
// outside the windows used since the last optimiser step.
type Param struct {
	Name       string
	Layout     Layout
	OutC, InC  int // all groups together
	KH, KW     int // taps in height and width
	G          int
	Decay      bool // weight decay applies
	Data, Grad []float32

	prepacked *kernel.Prepacked // set for frozen ones
	used      []Window          // windows with a gradient since ZeroGrad
	spans     []span            // scratch of Spans
}

// Freeze promises that Data will not change any more, nor be trained:
// convolutions then prepack it, in the layout that they work with. It must not run
// beside an operation that uses the parameter.
func (p *Param) Freeze() { p.prepacked = new(kernel.Prepacked) }

// Window is the part of a shared weight that a subnet uses: the first OutC
// output channels, the first InC input channels, the central KH x KW taps.
// Vectors and depthwise filters use OutC only (and the taps).
type Window struct {
	P      *Param
	OutC   int
	KH, KW int
	InC    int
}

// NewDense returns a zero convolution or linear weight, OutC x (InC/G) x KH x KW.
// It panics unless all are positive and g divides both channel counts, and if
// the filters are depthwise.
func NewDense(name string, outC, inC, kh, kw, g int) *Param {
	if outC < 1 || min(inC, kh, kw, g) < 1 || outC%g != 0 || inC%g != 0 {
		panic("ops: NewDense: sizes must be positive and divisible by the groups")
	}
	if g > 1 && g == inC && g == outC {
		panic("ops: NewDense: as many groups as channels; use NewDepthwise")
	}
	blocks := (outC/g + Block - 1) / Block
	return newParam(name, DenseLayout, outC, inC, kh, kw, g, g*blocks*kh*kw*(inC/g)*Block, true)
}

// NewDepthwise returns zero depthwise filters, KH x KW taps for each of c channels, in
// DepthwiseLayout. It panics unless all are positive.
func NewDepthwise(name string, c, kh, kw int) *Param {
	if min(c, kh, kw) < 1 {
		panic("ops: NewDepthwise: sizes must be positive")
	}
	return newParam(name, DepthwiseLayout, c, c, kh, kw, c, kh*kw*c, true)
}

// NewVector returns c zeros, free of weight decay. It panics unless c is positive.
func NewVector(name string, c int) *Param {
	if c < 1 {
		panic("ops: NewVector: size must be positive")
	}
	return newParam(name, VectorLayout, c, 1, 1, 1, 1, c, false)
}

func newParam(name string, l Layout, outC, inC, kh, kw, g, n int, decay bool) *Param {
	return &Param{Name: name, Layout: l, OutC: outC, InC: inC, KH: kh, KW: kw, G: g, Decay: decay, Data: kernel.Floats(n), Grad: kernel.Floats(n)}
}

// All returns the window of the whole parameter.
func (p *Param) All() Window { return Window{p, p.OutC, p.KH, p.KW, p.InC} }

// Index returns the place in Data of tap (ky, kx) between output channel o and
// input channel i, counted within o's group. Vectors take (c, 0, 0, 0).
func (p *Param) Index(o, i, ky, kx int) int {
	switch p.Layout {
	case DenseLayout:
		per := p.OutC / p.G
		g, o := o/per, o%per
		in, blocks := p.InC/p.G, (per+Block-1)/Block
		return ((((g*blocks+o/Block)*p.KH+ky)*p.KW+kx)*in+i)*Block + o%Block
	case DepthwiseLayout:
		return (ky*p.KW+kx)*p.OutC + o
	default:
		return o
	}
}

// fits reports whether the window lies within its parameter: channel counts at
// most the full ones, a kernel of the same parities and at most as large.
func (w Window) fits() bool {
	p := w.P
	return p != nil && w.OutC >= 1 && w.OutC <= p.OutC && centred(w.KH, p.KH) && centred(w.KW, p.KW) &&
		w.InC >= 1 && w.InC <= p.InC && (p.Layout != DenseLayout || p.G == 1 || (w.OutC == p.OutC && w.InC == p.InC))
}

// centred reports whether k taps lie in the middle of n.
func centred(k, n int) bool { return k >= 1 && k <= n && (n-k)%2 == 0 }

// use notes that the window receives a gradient in this step.
func (w Window) use() {
	if w.P.prepacked != nil {
		panic("ops: a frozen parameter cannot be trained")
	}
	for _, u := range w.P.used {
		if u == w {
			return
		}
	}
	w.P.used = append(w.P.used, w)
}

// Used returns the windows that received a gradient since the last ZeroGrad.
func (p *Param) Used() []Window { return p.used }

// ZeroGrad clears the gradient inside the used windows and forgets them.
func (p *Param) ZeroGrad() {
	for _, s := range p.Spans() {
		clear(p.Grad[s.Off : s.Off+s.Len])
	}
	p.used = p.used[:0]
}
