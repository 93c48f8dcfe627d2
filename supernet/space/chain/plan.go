package chain

import "github.com/espalier-nas/espalier/supernet/space"

// Plan returns the network of a, an architecture of Space; it panics if a has
// another number of genes.
func (ch *Family) Plan(a space.Arch) space.Plan {
	if a.Len() != len(ch.space.Decisions()) {
		panic("space: architecture of another space")
	}
	genes := a.Genes()
	b := space.NewPlanner(stepsOf(len(ch.layers)))
	x := b.Conv(space.Picture(ch.input), space.ConvSpec{Weight: "stem", Norm: "stem/norm", K: ch.config.stemKernel(), S: 1, OutC: ch.config.Stem, Act: ch.acts[0]})
	outs := append(make([]space.Map, 0, len(ch.layers)+1), x)
	for i := range ch.layers {
		x = ch.layers[i].build(b, outs, ch.choice(genes, i))
		outs = append(outs, x)
	}
	ch.tail(b, x)
	return b.Plan
}

// stepsOf returns the steps that a plan of so many layers has room for from
// the start; with more it grows.
func stepsOf(layers int) int { return 4*layers + 4 }

// tail appends what follows the last layer.
func (ch *Family) tail(b *space.Planner, x space.Map) {
	if ch.config.Head > 0 {
		x = b.Conv(x, space.ConvSpec{Weight: "head", Norm: "head/norm", K: space.Square(1), S: 1, OutC: ch.config.Head, Act: ch.acts[0]})
	}
	b.Classify(x, ch.input.Classes)
}

// choice is what an architecture chose for one layer.
type choice struct {
	op    op
	width int    // not for an identity
	skips []skip // those chosen, sources rising
	act   space.Act
	names opWeights
}

// skip is a chosen connection: the source (-1: the stem) and how many times
// larger its map is than that of the layer's output.
type skip struct{ from, stride int }

func (ch *Family) choice(genes []uint8, i int) choice {
	l := &ch.layers[i]
	c := choice{op: l.chosenOp(genes), width: l.widths[genes[l.width]], act: ch.acts[0]}
	if l.act >= 0 {
		c.act = ch.acts[genes[l.act]]
	}
	for j, d := range l.skips {
		if genes[d] == 1 {
			c.skips = append(c.skips, skip{j - 1, l.shrink / ch.shrinkOf(j)})
		}
	}
	c.names = l.named.ops[genes[l.op]]
	return c
}

// build appends the layer to the plan. outs holds the output of the stem and of
// every earlier layer. With skips, norm and activation follow the sum.
func (l *layer) build(b *space.Planner, outs []space.Map, c choice) space.Map {
	x := outs[len(outs)-1]
	if len(c.skips) == 0 {
		return l.main(b, x, c, c.names.convNorm, c.act)
	}
	x = l.main(b, x, c, "", space.NoAct)
	summands := make([]space.Map, 0, len(c.skips)+1)
	for _, skip := range c.skips {
		summands = append(summands, b.Conv(outs[skip.from+1], space.ConvSpec{Weight: l.named.skips[skip.from+1], K: space.Square(1), S: skip.stride, OutC: x.C}))
	}
	summands = append(summands, x) // last, so that convolutions come first whatever the main path is
	return b.Add(c.names.convNorm, c.act, summands...)
}

// main appends the layer's operation, followed by norm (none if "") and act.
func (l *layer) main(b *space.Planner, x space.Map, c choice, norm string, act space.Act) space.Map {
	n := c.names
	switch c.op.class {
	case denseOp:
		return b.Conv(x, space.ConvSpec{Weight: n.conv, Norm: norm, K: c.op.k, Dil: c.op.dil, S: l.stride, OutC: c.width, Act: act})
	case sepOp:
		x = b.Conv(x, space.ConvSpec{Weight: n.dw, Norm: n.dwNorm, K: c.op.k, S: l.stride, Depthwise: true, OutC: x.C, Act: c.act})
	case maxOp:
		x = b.Pool(x, space.MaxPool, c.op.k, l.stride)
	case avgOp:
		x = b.Pool(x, space.AvgPool, c.op.k, l.stride)
	case identityOp:
		if l.stride > 1 {
			x = b.Pool(x, space.AvgPool, space.Square(3), l.stride)
		}
		return x
	}
	return b.Conv(x, space.ConvSpec{Weight: n.conv, Norm: norm, K: space.Square(1), S: 1, OutC: c.width, Act: act})
}
