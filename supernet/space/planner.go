package space

// Map is a feature map of the network being planned: the step that makes it (Image for
// the picture), its height and width in pixels and its channels.
type Map struct{ Step, H, W, C int }

// Picture returns the network's input as a map.
func Picture(in Input) Map { return Map{Image, in.H, in.W, in.C} }

// Planner appends steps to a plan, each reading maps that it made before. The zero
// value begins an empty plan.
type Planner struct {
	Plan  Plan
	reads []int // memory of the steps' inputs
}

// NewPlanner returns a planner with room for so many steps; with more it grows.
func NewPlanner(steps int) *Planner {
	return &Planner{Plan: make(Plan, 0, steps), reads: make([]int, 0, steps)}
}

// From returns the steps that make these maps, for Step.In.
func (b *Planner) From(maps ...Map) []int {
	first := len(b.reads)
	for _, x := range maps {
		b.reads = append(b.reads, x.Step)
	}
	return b.reads[first:len(b.reads):len(b.reads)]
}

// Step appends s and returns what it makes.
func (b *Planner) Step(s Step) Map {
	b.Plan = append(b.Plan, s)
	l := s.Layer
	return Map{len(b.Plan) - 1, l.OutH(), l.OutW(), l.OutC}
}

// ConvSpec is a convolution to append; its weight and norm are names of shared tensors.
type ConvSpec struct {
	Weight, Norm string // Norm "": none
	K            Sides
	S, OutC      int      // stride, output channels
	Dil          int      // pixels from tap to tap; 0: 1
	Depthwise    bool     // OutC is then that of the input
	Transforms   []string // see Step.Transforms
	Zero         bool     // see Step.Zero
	Act          Act
}

// Conv appends a convolution of x.
func (b *Planner) Conv(x Map, c ConvSpec) Map {
	l := Layer{Op: Conv, H: x.H, W: x.W, InC: x.C, OutC: c.OutC, K: c.K, S: c.S, G: 1, Dil: c.Dil, Act: c.Act}
	if c.Depthwise {
		l.OutC, l.G = x.C, x.C
	}
	return b.Step(Step{Layer: l, Weight: c.Weight, Transforms: c.Transforms, Norm: c.Norm, Zero: c.Zero, In: b.From(x)})
}

// Pool appends a pooling of x under a kernel.
func (b *Planner) Pool(x Map, op Op, k Sides, s int) Map {
	l := Layer{Op: op, H: x.H, W: x.W, InC: x.C, OutC: x.C, K: k, S: s}
	return b.Step(Step{Layer: l, In: b.From(x)})
}

// Add appends the sum of maps of one shape, with a norm of that name ("": none) and an
// activation behind it.
func (b *Planner) Add(norm string, act Act, maps ...Map) Map {
	x := maps[0]
	l := Layer{Op: Add, H: x.H, W: x.W, InC: x.C, OutC: x.C, Act: act, FanIn: len(maps)}
	return b.Step(Step{Layer: l, Norm: norm, In: b.From(maps...)})
}

// Unary appends an op that reads x alone and keeps its channels, with a norm of that name
// ("": none) and an activation behind it.
func (b *Planner) Unary(x Map, op Op, norm string, act Act) Map {
	return b.Step(Step{Layer: Layer{Op: op, H: x.H, W: x.W, InC: x.C, OutC: x.C, Act: act}, Norm: norm, In: b.From(x)})
}

// Resize appends the picture x in another size.
func (b *Planner) Resize(x Map, h, w int) Map {
	return b.Step(Step{Layer: Layer{Op: Resize, H: x.H, W: x.W, InC: x.C, OutC: x.C, ToH: h, ToW: w}, In: b.From(x)})
}

// Excite appends squeeze and excitation of x (Hu et al. 2018): the mean over the map, a
// 1x1 convolution to r channels, an activation, a 1x1 convolution back, a gate, by which
// x is multiplied. The weights are NAME/reduce and NAME/expand, with biases.
func (b *Planner) Excite(x Map, name string, r int, act, gate Act) Map {
	m := b.Unary(x, GlobalPool, "", NoAct)
	m = b.biased(m, name+"/reduce", r, act)
	m = b.biased(m, name+"/expand", x.C, gate)
	l := Layer{Op: Scale, H: x.H, W: x.W, InC: x.C, OutC: x.C, FanIn: 2}
	return b.Step(Step{Layer: l, In: b.From(x, m)})
}

// biased appends a 1x1 convolution with a bias.
func (b *Planner) biased(x Map, weight string, outC int, act Act) Map {
	l := Layer{Op: Conv, H: x.H, W: x.W, InC: x.C, OutC: outC, K: Square(1), S: 1, G: 1, Act: act}
	return b.Step(Step{Layer: l, Weight: weight, Bias: true, In: b.From(x)})
}

// Classify appends the mean over x and a linear layer with the weight "classifier",
// which most networks end with.
func (b *Planner) Classify(x Map, classes int) {
	x = b.Step(Step{Layer: Layer{Op: GlobalPool, H: x.H, W: x.W, InC: x.C, OutC: x.C}, In: b.From(x)})
	b.Step(Step{Layer: Layer{Op: Linear, H: 1, W: 1, InC: x.C, OutC: classes}, Weight: "classifier", Bias: true, In: b.From(x)})
}
