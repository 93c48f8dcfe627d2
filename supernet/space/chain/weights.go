package chain

import (
	"fmt"

	"github.com/espalier-nas/espalier/supernet/space"
)

// opWeights names the shared tensors of one operation of one layer; those that
// it does not use are "".
type opWeights struct {
	dw, dwNorm     string // depthwise part of a separable convolution
	conv, convNorm string // the convolution, or the 1x1 after a pool or depthwise part
}

// weightsOf names the shared tensors of op. With elastic kernels the dense
// convolutions of a layer share one weight, and so do the separable ones. Dilated ones
// have their own: their taps lie elsewhere.
func (l *layer) weightsOf(op op, elastic bool) opWeights {
	own := fmt.Sprintf("layer%d/%s", l.number, op.name)
	shared := own
	if elastic {
		switch {
		case op.dil > 0:
		case op.class == denseOp:
			shared = fmt.Sprintf("layer%d/conv", l.number)
		case op.class == sepOp:
			shared = fmt.Sprintf("layer%d/sep", l.number)
		}
	}
	switch op.class {
	case identityOp:
		return opWeights{convNorm: own + "/norm"} // of the sum with skips
	case sepOp:
		return opWeights{dw: shared + "/dw", dwNorm: own + "/dw/norm", conv: shared + "/pw", convNorm: own + "/pw/norm"}
	}
	return opWeights{conv: shared, convNorm: own + "/norm"}
}

// layerNames are the names of a layer's shared tensors, made once.
type layerNames struct {
	ops   []opWeights // by op
	skips []string    // projections by source, the stem first
}

func (l *layer) names(elastic bool) layerNames {
	var n layerNames
	for _, op := range l.ops {
		n.ops = append(n.ops, l.weightsOf(op, elastic))
	}
	for j := range l.skips {
		n.skips = append(n.skips, fmt.Sprintf("layer%d/from%d", l.number, j))
	}
	return n
}

// Weights lists the shared tensors: those of the stem, then layer by layer those
// of each operation and of each skip's projection, then head and classifier.
func (ch *Family) Weights() []space.Weight {
	var t space.WeightTable
	t.Dense("stem", "stem/norm", ch.config.Stem, ch.input.C, ch.config.stemKernel())
	for i := range ch.layers {
		l := &ch.layers[i]
		for k, op := range l.ops {
			l.list(&t, op, l.named.ops[k])
		}
		for j := range l.skips {
			t.Add(space.Weight{Name: l.named.skips[j], Role: space.Dense, OutC: l.maxOut, InC: ch.widestOutput(j), K: space.Square(1), G: 1})
		}
	}
	last := ch.widestOutput(len(ch.layers))
	if ch.config.Head > 0 {
		t.Dense("head", "head/norm", ch.config.Head, last, space.Square(1))
		last = ch.config.Head
	}
	t.Add(space.Weight{Name: "classifier", Role: space.Dense, OutC: ch.input.Classes, InC: last, K: space.Square(1), G: 1})
	t.Add(space.Weight{Name: "classifier.bias", Role: space.Bias, OutC: ch.input.Classes})
	return t.List()
}

// widestOutput returns the largest number of channels of the output of layer
// number n; 0 is the stem.
func (ch *Family) widestOutput(n int) int {
	if n == 0 {
		return ch.config.Stem
	}
	return ch.layers[n-1].maxOut
}

// list adds the weights of one operation of the layer.
func (l *layer) list(t *space.WeightTable, o op, n opWeights) {
	widest := l.widths[len(l.widths)-1]
	switch o.class {
	case identityOp:
		if len(l.skips) > 0 {
			t.Norm(n.convNorm, l.maxIn)
		}
	case denseOp:
		t.Dense(n.conv, n.convNorm, widest, l.maxIn, o.k)
	case sepOp:
		t.Depthwise(n.dw, n.dwNorm, l.maxIn, o.k)
		t.Dense(n.conv, n.convNorm, widest, l.maxIn, space.Square(1))
	case maxOp, avgOp:
		t.Dense(n.conv, n.convNorm, widest, l.maxIn, space.Square(1))
	}
}
