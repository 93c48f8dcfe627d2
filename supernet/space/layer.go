package space

import "fmt"

// Op names what a layer computes.
type Op uint8

// The operations of a plan. Conv covers dense, grouped, pointwise and depthwise
// convolutions: G tells them apart.
const (
	Conv       Op = iota + 1 // K x K convolution, stride S, padding Pad, G groups, no bias when a norm follows
	MaxPool                  // K x K maximum, stride S, padding Pad
	AvgPool                  // K x K mean of the real pixels (padding excluded), stride S, padding Pad
	Add                      // sum of its inputs, all of one shape
	GlobalPool               // mean over H and W
	Linear                   // InC -> OutC with bias, on 1 x 1 maps
)

var opNames = [...]string{Conv: "conv", MaxPool: "maxpool", AvgPool: "avgpool", Add: "add", GlobalPool: "globalpool", Linear: "linear"}

// String returns the op's name in files and reports.
func (o Op) String() string {
	if int(o) < len(opNames) && opNames[o] != "" {
		return opNames[o]
	}
	return fmt.Sprintf("op(%d)", uint8(o))
}

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
// reads K, S and G; the pools K and S; Add FanIn; a depthwise Conv has
// G = InC = OutC.
type Layer struct {
	Op        Op
	H, W      int
	InC, OutC int
	K, S, G   int
	Act       Act
	FanIn     int // Add: number of summed inputs
}

// Pad returns the pixels of padding on each side of a Conv or pool: (K-1)/2. An
// odd kernel of stride 1 keeps the size of the map; an even one pads as the next
// smaller odd one does, so a 2 x 2 pool of stride 2 halves a map without padding.
func (l Layer) Pad() int { return max(0, l.K-1) / 2 }

// OutH returns the output's height in pixels.
func (l Layer) OutH() int { return l.out(l.H) }

// OutW returns the output's width in pixels.
func (l Layer) OutW() int { return l.out(l.W) }

func (l Layer) out(n int) int {
	switch l.Op {
	case Conv, MaxPool, AvgPool:
		if n+2*l.Pad() < l.K {
			return 0
		}
		return (n+2*l.Pad()-l.K)/l.S + 1
	case GlobalPool, Linear:
		return 1
	default:
		return n
	}
}

// FLOPs returns the floating-point operations of one forward pass on one image:
// two per multiply-add of convolutions and linear layers, padding counted as
// pixels, as kernels.md and the usual tables do; one per element added or pooled tap.
func (l Layer) FLOPs() int64 {
	out := int64(l.OutH()) * int64(l.OutW()) * int64(l.OutC)
	switch l.Op {
	case Conv:
		return 2 * out * int64(l.InC/l.G) * int64(l.K) * int64(l.K)
	case Linear:
		return 2 * int64(l.InC) * int64(l.OutC)
	case MaxPool, AvgPool:
		return out * int64(l.K) * int64(l.K)
	case GlobalPool:
		return int64(l.H) * int64(l.W) * int64(l.InC)
	case Add:
		return out * int64(max(l.FanIn, 1)-1)
	}
	return 0
}

// String returns a compact unambiguous form, such as "conv3x3s2 28x28x16->32 relu".
func (l Layer) String() string {
	s := l.Op.String()
	switch l.Op {
	case Conv, MaxPool, AvgPool:
		s += fmt.Sprintf("%dx%ds%d", l.K, l.K, l.S)
		if l.Op == Conv && l.G > 1 {
			s += fmt.Sprintf("g%d", l.G)
		}
	case Add:
		s += fmt.Sprintf("%d", l.FanIn)
	}
	s += fmt.Sprintf(" %dx%dx%d->%d", l.H, l.W, l.InC, l.OutC)
	if l.Act != NoAct {
		s += " " + l.Act.String()
	}
	return s
}
