package space

// Plan returns the network of a, an architecture of Space; it panics if a has
// another number of genes.
func (ch *Chain) Plan(a Arch) Plan {
	if a.Len() != len(ch.space.decisions) {
		panic("space: architecture of another space")
	}
	genes := a.Genes()
	b := planner{plan: make(Plan, 0, chainSteps(len(ch.layers))), reads: make([]int, 0, chainSteps(len(ch.layers)))}
	x := b.conv(picture(ch.input), convSpec{weight: "stem", norm: "stem/norm", k: 3, s: 1, outC: ch.config.Stem, act: ch.acts[0]})
	outs := append(make([]output, 0, len(ch.layers)+1), x)
	for i := range ch.layers {
		x = ch.layers[i].build(&b, outs, ch.choice(genes, i))
		outs = append(outs, x)
	}
	ch.tail(&b, x)
	return b.plan
}

// chainSteps returns the steps that a plan of so many layers has room for from
// the start; with more it grows.
func chainSteps(layers int) int { return 4*layers + 4 }

// tail appends what follows the last layer.
func (ch *Chain) tail(b *planner, x output) {
	if ch.config.Head > 0 {
		x = b.conv(x, convSpec{weight: "head", norm: "head/norm", k: 1, s: 1, outC: ch.config.Head, act: ch.acts[0]})
	}
	x = b.step(Step{Layer: Layer{Op: GlobalPool, H: x.h, W: x.w, InC: x.c, OutC: x.c}, In: b.from(x)})
	b.step(Step{Layer: Layer{Op: Linear, H: 1, W: 1, InC: x.c, OutC: ch.input.Classes}, Weight: "classifier", Bias: true, In: b.from(x)})
}

// chainChoice is what an architecture chose for one layer.
type chainChoice struct {
	op    chainOp
	width int         // not for an identity
	skips []chainSkip // those chosen, sources rising
	act   Act
	names opWeights
}

// chainSkip is a chosen connection: the source (-1: the stem) and how many times
// larger its map is than that of the layer's output.
type chainSkip struct{ from, stride int }

func (ch *Chain) choice(genes []uint8, i int) chainChoice {
	l := &ch.layers[i]
	c := chainChoice{op: l.chosenOp(genes), width: l.widths[genes[l.width]], act: ch.acts[0]}
	if l.act >= 0 {
		c.act = ch.acts[genes[l.act]]
	}
	for j, d := range l.skips {
		if genes[d] == 1 {
			c.skips = append(c.skips, chainSkip{j - 1, l.shrink / ch.shrinkOf(j)})
		}
	}
	c.names = l.named.ops[genes[l.op]]
	return c
}

// build appends the layer to the plan. outs holds the output of the stem and of
// every earlier layer. With skips, norm and activation follow the sum.
func (l *chainLayer) build(b *planner, outs []output, c chainChoice) output {
	x := outs[len(outs)-1]
	if len(c.skips) == 0 {
		return l.main(b, x, c, c.names.convNorm, c.act)
	}
	x = l.main(b, x, c, "", NoAct)
	summands := make([]output, 0, len(c.skips)+1)
	for _, skip := range c.skips {
		summands = append(summands, b.conv(outs[skip.from+1], convSpec{weight: l.named.skips[skip.from+1], k: 1, s: skip.stride, outC: x.c}))
	}
	in := b.from(append(summands, x)...) // x last, so that convolutions come first whatever the main path is
	sum := Layer{Op: Add, H: x.h, W: x.w, InC: x.c, OutC: x.c, Act: c.act, FanIn: len(in)}
	return b.step(Step{Layer: sum, Norm: c.names.convNorm, In: in})
}

// main appends the layer's operation, followed by norm (none if "") and act.
func (l *chainLayer) main(b *planner, x output, c chainChoice, norm string, act Act) output {
	n := c.names
	switch c.op.class {
	case denseOp:
		return b.conv(x, convSpec{weight: n.conv, norm: norm, k: c.op.k, s: l.stride, outC: c.width, act: act})
	case sepOp:
		x = b.conv(x, convSpec{weight: n.dw, norm: n.dwNorm, k: c.op.k, s: l.stride, depthwise: true, outC: x.c, act: c.act})
	case maxOp:
		x = b.pool(x, MaxPool, c.op.k, l.stride)
	case avgOp:
		x = b.pool(x, AvgPool, c.op.k, l.stride)
	case identityOp:
		if l.stride > 1 {
			x = b.pool(x, AvgPool, 3, l.stride)
		}
		return x
	}
	return b.conv(x, convSpec{weight: n.conv, norm: norm, k: 1, s: 1, outC: c.width, act: act})
}

// output is a tensor of the network: the step that makes it and its size.
type output struct{ step, h, w, c int }

func picture(in Input) output { return output{Image, in.H, in.W, in.C} }

// planner appends steps to a plan.
type planner struct {
	plan  Plan
	reads []int // memory of the steps' inputs
}

// from returns the steps that make these outputs.
func (b *planner) from(outs ...output) []int {
	first := len(b.reads)
	for _, x := range outs {
		b.reads = append(b.reads, x.step)
	}
	return b.reads[first:len(b.reads):len(b.reads)]
}

func (b *planner) step(s Step) output {
	b.plan = append(b.plan, s)
	l := s.Layer
	return output{len(b.plan) - 1, l.OutH(), l.OutW(), l.OutC}
}

// convSpec is a convolution to append.
type convSpec struct {
	weight, norm string
	k, s, outC   int
	depthwise    bool
	act          Act
}

func (b *planner) conv(x output, c convSpec) output {
	l := Layer{Op: Conv, H: x.h, W: x.w, InC: x.c, OutC: c.outC, K: c.k, S: c.s, G: 1, Act: c.act}
	if c.depthwise {
		l.G = x.c
	}
	return b.step(Step{Layer: l, Weight: c.weight, Norm: c.norm, In: b.from(x)})
}

func (b *planner) pool(x output, op Op, k, s int) output {
	l := Layer{Op: op, H: x.h, W: x.w, InC: x.c, OutC: x.c, K: k, S: s}
	return b.step(Step{Layer: l, In: b.from(x)})
}
