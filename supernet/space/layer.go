package space

import "fmt"

// Act names an activation, applied to a layer's output (after its batch norm).
type Act uint8

// The activations. NoAct is the identity.
const (
	NoAct Act = iota
	ReLU
	ReLU6
	HardSwish
	HardSigmoid
	Sigmoid
	Tanh
	SiLU
	GELU
)

var actNames = [...]string{NoAct: "none", ReLU: "relu", ReLU6: "relu6", HardSwish: "hardswish", HardSigmoid: "hardsigmoid", Sigmoid: "sigmoid", Tanh: "tanh", SiLU: "silu", GELU: "gelu"}

// String returns the activation's name in files and reports.
func (a Act) String() string {
	if int(a) < len(actNames) {
		return actNames[a]
	}
	return fmt.Sprintf("act(%d)", uint8(a))
}

// ParseAct returns the activation called name.
func ParseAct(name string) (Act, error) {
	for i, n := range actNames {
		if n == name {
			return Act(i), nil
		}
	}
	return 0, fmt.Errorf("activation %q is unknown; want one of %v", name, actNames)
}

// Layer is one concrete operation on one image: all that its cost depends on,
// and therefore a map key: fields that the op does not read are 0, so that equal
// work has equal keys. H and W are the input's height and width in pixels. Conv
// reads K, S, G and Dil; the pools K and S; Add and Scale FanIn; Resize ToH and ToW;
// a depthwise Conv has G = InC = OutC.
type Layer struct {
	Op        Op
	H, W      int
	InC, OutC int
	K         Sides
	S, G      int
	Act       Act
	FanIn     int // Add, Scale: number of inputs
	ToH, ToW  int `json:",omitempty"` // Resize: size of the output, pixels
	Dil       int `json:",omitempty"` // Conv: pixels from tap to tap, 2 or more; 0: they are neighbours
}

// Pad returns the pixels of padding of a Conv or pool, H above and below, W left and right:
// (K-1)/2, times the dilation. An odd kernel of stride 1 keeps the size of the map; an even
// one pads as the next smaller odd one does, so a 2 x 2 pool of stride 2 halves a map
// without padding.
func (l Layer) Pad() Sides {
	pad := func(k int) int { return max(0, k-1) / 2 * max(1, l.Dil) }
	return Sides{pad(l.K.H), pad(l.K.W)}
}

// Span returns the pixels from the first tap of a kernel to its last, both included.
func (l Layer) Span() Sides {
	span := func(k int) int { return max(1, l.Dil)*(k-1) + 1 }
	return Sides{span(l.K.H), span(l.K.W)}
}

// OutH returns the output's height in pixels.
func (l Layer) OutH() int { h, _ := l.size(); return h }

// OutW returns the output's width in pixels.
func (l Layer) OutW() int { _, w := l.size(); return w }

// size returns height and width of the output; those of the input for an unknown op.
func (l Layer) size() (h, w int) {
	if r := l.Op.row(); r.size != nil {
		return r.size(l)
	}
	return l.H, l.W
}

// FLOPs returns the floating-point operations of one forward pass on one image:
// two per multiply-add of convolutions and linear layers, padding counted as
// pixels, as the usual tables do; one per element added, scaled or pooled tap. The
// activation counts nothing.
func (l Layer) FLOPs() int64 {
	r := l.Op.row()
	if r.flops == nil {
		return 0
	}
	return r.flops(l, int64(l.OutH())*int64(l.OutW())*int64(l.OutC))
}

// Weight returns the shared tensor that the layer needs, at exactly its size and without
// a name; false if it needs none.
func (l Layer) Weight() (Weight, bool) {
	r := l.Op.row()
	if r.weight == nil {
		return Weight{}, false
	}
	return r.weight(l), true
}

// String returns a compact unambiguous form, such as "conv3x3s2 28x28x16->32 relu".
func (l Layer) String() string {
	s, r := l.Op.String(), l.Op.row()
	if r.window > 0 {
		s += fmt.Sprintf("%vs%d", l.K, l.S)
	}
	if l.G > 1 {
		s += fmt.Sprintf("g%d", l.G)
	}
	if l.Dil > 1 {
		s += fmt.Sprintf("d%d", l.Dil)
	}
	if r.inputs == many {
		s += fmt.Sprintf("%d", l.FanIn)
	}
	s += fmt.Sprintf(" %dx%dx%d->%d", l.H, l.W, l.InC, l.OutC)
	if l.Op == Resize {
		s += fmt.Sprintf(" to %dx%d", l.ToH, l.ToW)
	}
	if l.Act != NoAct {
		s += " " + l.Act.String()
	}
	return s
}
