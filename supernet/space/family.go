package space

// Family turns architectures of its space into plans. It is data only: it
// holds no weight.
type Family interface {
	// Space returns the decisions and rules; the same value at each call.
	Space() *Space
	// Weights lists every shared tensor at its full size, in a fixed order.
	Weights() []Weight
	// Plan returns the network of an architecture of the space.
	Plan(Arch) Plan
	// Extremes returns the ends of the space; the same value at each call.
	Extremes() Extremes
}

// Extremes are the architectures of a space that training, search and latency tables
// begin with.
type Extremes struct {
	Smallest Arch   // fewest FLOPs, or nearly
	Largest  Arch   // as much of the shared weights as one network can contain
	Narrow   Arch   // the other slice of the sandwich rule: inside Largest, and a network worth training
	Uniform  []Arch // the networks that a person would try first, by rising size; the first may be Narrow
}

// Role tells what a shared tensor is.
type Role uint8

// The roles of shared tensors.
const (
	Dense     Role = iota + 1 // convolution or linear weight: OutC x K x InC/G
	Depthwise                 // one filter per channel: K x OutC
	Norm                      // batch norm: scale and shift of OutC channels
	Bias                      // OutC numbers
	Matrix                    // OutC x InC, the identity at first; see Step.Transforms
)

// Weight declares one shared tensor at its largest. Fields that its role does
// not need are 0.
type Weight struct {
	Name string
	Role Role
	OutC int
	InC  int   // of one group; Dense only
	K    Sides // Dense and Depthwise
	G    int   // groups; Dense only
	Zero bool  // Norm: its scale begins at 0 instead of 1, so that what it ends adds nothing at first
}

// Numbers returns how many trainable numbers the tensor holds at its full size.
func (w Weight) Numbers() int64 {
	switch w.Role {
	case Dense:
		return int64(w.OutC) * int64(w.InC) * int64(w.K.Area())
	case Depthwise:
		return int64(w.OutC) * int64(w.K.Area())
	case Norm:
		return 2 * int64(w.OutC)
	case Bias:
		return int64(w.OutC)
	case Matrix:
		return int64(w.OutC) * int64(w.InC)
	}
	return 0
}
