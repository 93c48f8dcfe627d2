package space

import "fmt"

// Op names what a layer computes.
type Op uint8

// The operations of a plan. Conv covers dense, grouped, pointwise and depthwise
// convolutions: G tells them apart.
const (
	Conv       Op = iota + 1 // convolution with a kernel K, stride S, padding Pad, G groups, taps Dil pixels apart, no bias when a norm follows
	MaxPool                  // maximum under a kernel K, stride S, padding Pad
	AvgPool                  // mean under a kernel K of the real pixels (padding excluded), stride S, padding Pad
	Add                      // sum of its inputs, all of one shape
	GlobalPool               // mean over H and W
	Linear                   // InC -> OutC with bias, on 1 x 1 maps
	Scale                    // its first input, each channel times that of the second, a map of 1 x 1 pixel
	Identity                 // its input; for a norm or an activation of its own
	Zero                     // zeros of its input's shape
	Resize                   // the picture in another size: linear between the middles of pixels
)

// many says that an op reads FanIn maps.
const many = -1

// opRow says all that plans need to know of an op. What a row leaves out is the common
// case: one input, an output of its shape, no weight, no operations.
type opRow struct {
	name    string
	inputs  int                                // maps that it reads; 0: one
	window  int                                // most taps on a side; 0: it has neither kernel nor stride
	dilates bool                               // its taps may lie apart
	recasts bool                               // output channels are its own, not those of the input
	biased  bool                               // always has a bias
	size    func(Layer) (h, w int)             // of the output
	flops   func(l Layer, out int64) int64     // out: numbers of the output
	weight  func(Layer) Weight                 // without a name
	check   func(Layer) error                  // what Validate does not check for all
	reads   func(l Layer, k int) (h, w, c int) // shape of input k
	drawn   string                             // class of its box in drawings; "": that of what changes little
}

// opRows lists the ops: shapes, costs, weights, validation and files range over it.
var opRows = [...]opRow{
	Conv: {
		name: "conv", drawn: "conv", window: maxKernel, recasts: true, size: windowed, dilates: true, weight: convWeight, check: checkGroups,
		flops: func(l Layer, out int64) int64 { return 2 * out * int64(l.InC/l.G) * int64(l.K.Area()) },
	},
	MaxPool: {name: "maxpool", drawn: "pool", window: maxPool, size: windowed, flops: taps},
	AvgPool: {name: "avgpool", drawn: "pool", window: maxPool, size: windowed, flops: taps},
	Add: {
		name: "add", drawn: "join", inputs: many,
		flops: func(l Layer, out int64) int64 { return out * int64(max(l.FanIn, 1)-1) },
	},
	GlobalPool: {
		name: "globalpool", drawn: "head", size: onePixel,
		flops: func(l Layer, _ int64) int64 { return int64(l.H) * int64(l.W) * int64(l.InC) },
	},
	Linear: {
		name: "linear", drawn: "head", recasts: true, biased: true, size: onePixel, check: checkOnePixel,
		flops:  func(l Layer, _ int64) int64 { return 2 * int64(l.InC) * int64(l.OutC) },
		weight: func(l Layer) Weight { return Weight{Role: Dense, OutC: l.OutC, InC: l.InC, K: Square(1), G: 1} },
	},
	Scale: {
		name: "scale", drawn: "join", inputs: 2,
		flops: func(_ Layer, out int64) int64 { return out },
		reads: func(l Layer, k int) (h, w, c int) {
			if k == 1 {
				return 1, 1, l.InC
			}
			return l.H, l.W, l.InC
		},
	},
	Identity: {name: "identity"},
	Zero:     {name: "zero"},
	Resize: {
		name: "resize", drawn: "pool", check: checkResize,
		size:  func(l Layer) (h, w int) { return l.ToH, l.ToW },
		flops: func(_ Layer, out int64) int64 { return 7 * out },
	},
}

// Ops returns every op.
func Ops() []Op {
	var all []Op
	for i := range opRows {
		if o := Op(i); o.known() {
			all = append(all, o)
		}
	}
	return all
}

// Drawn returns the class of the op's box in drawings, "" for what changes little.
func (o Op) Drawn() string { return o.row().drawn }

// row returns what is known of the op, the zero value if nothing is.
func (o Op) row() *opRow {
	if int(o) < len(opRows) {
		return &opRows[o]
	}
	return &opRows[0]
}

// known reports whether the op is one of those above.
func (o Op) known() bool { return o.row().name != "" }

// String returns the op's name in files and reports.
func (o Op) String() string {
	if r := o.row(); r.name != "" {
		return r.name
	}
	return fmt.Sprintf("op(%d)", uint8(o))
}

// Inputs returns how many maps the layer reads.
func (l Layer) Inputs() int {
	switch n := l.Op.row().inputs; n {
	case many:
		return l.FanIn
	default:
		return max(n, 1)
	}
}

// InLen returns how many numbers the layer reads for an image, weights left out.
func (l Layer) InLen() int {
	n := 0
	for k := range max(l.Inputs(), 1) {
		h, w, c := l.Reads(k)
		n += h * w * c
	}
	return n
}

// Reads returns the shape that input k must have.
func (l Layer) Reads(k int) (h, w, c int) {
	if r := l.Op.row(); r.reads != nil {
		return r.reads(l, k)
	}
	return l.H, l.W, l.InC
}

func windowed(l Layer) (h, w int) {
	out := func(n, pad, span int) int {
		if n+2*pad < span || l.S < 1 {
			return 0
		}
		return (n+2*pad-span)/l.S + 1
	}
	pad, span := l.Pad(), l.Span()
	return out(l.H, pad.H, span.H), out(l.W, pad.W, span.W)
}

func onePixel(Layer) (h, w int) { return 1, 1 }

func taps(l Layer, out int64) int64 { return out * int64(l.K.Area()) }

func convWeight(l Layer) Weight {
	if l.Depthwise() {
		return Weight{Role: Depthwise, OutC: l.OutC, K: l.K}
	}
	return Weight{Role: Dense, OutC: l.OutC, InC: l.InC / l.G, K: l.K, G: l.G}
}

func checkGroups(l Layer) error {
	if l.G < 1 || l.InC%l.G != 0 || l.OutC%l.G != 0 {
		return fmt.Errorf("%d groups do not divide %d and %d channels", l.G, l.InC, l.OutC)
	}
	return nil
}

func checkOnePixel(l Layer) error {
	if l.H != 1 || l.W != 1 {
		return fmt.Errorf("reads a map of %d x %d pixels; want 1 x 1", l.H, l.W)
	}
	return nil
}

func checkResize(l Layer) error {
	if l.ToH < 1 || l.ToH > maxDim || l.ToW < 1 || l.ToW > maxDim {
		return fmt.Errorf("makes a picture of %d x %d pixels; want 1 to %d", l.ToH, l.ToW, maxDim)
	}
	return nil
}
