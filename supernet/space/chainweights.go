package space

import "fmt"

// opWeights names the shared tensors of one operation of one layer; those that
// it does not use are "".
type opWeights struct {
	dw, dwNorm     string // depthwise part of a separable convolution
	conv, convNorm string // the convolution, or the 1x1 after a pool or depthwise part
}

// weightsOf names the shared tensors of op. With elastic kernels the dense
// convolutions of a layer share one weight, and so do the separable ones.
func (l *chainLayer) weightsOf(op chainOp, elastic bool) opWeights {
	own := fmt.Sprintf("layer%d/%s", l.number, op.name)
	shared := own
	if elastic {
		switch op.class {
		case denseOp:
			shared = fmt.Sprintf("layer%d/conv", l.number)
		case sepOp:
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

// chainNames are the names of a layer's shared tensors, made once.
type chainNames struct {
	ops   []opWeights // by op
	skips []string    // projections by source, the stem first
}

func (l *chainLayer) names(elastic bool) chainNames {
	var n chainNames
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
func (ch *Chain) Weights() []Weight {
	t := &weightTable{at: make(map[string]int)}
	t.dense("stem", "stem/norm", ch.config.Stem, ch.input.C, 3)
	for i := range ch.layers {
		l := &ch.layers[i]
		for k, op := range l.ops {
			t.op(l, op, l.named.ops[k])
		}
		for j := range l.skips {
			t.add(Weight{Name: l.named.skips[j], Role: Dense, OutC: l.maxOut, InC: ch.widestOutput(j), K: 1, G: 1})
		}
	}
	last := ch.widestOutput(len(ch.layers))
	if ch.config.Head > 0 {
		t.dense("head", "head/norm", ch.config.Head, last, 1)
		last = ch.config.Head
	}
	t.add(Weight{Name: "classifier", Role: Dense, OutC: ch.input.Classes, InC: last, K: 1, G: 1})
	t.add(Weight{Name: "classifier.bias", Role: Bias, OutC: ch.input.Classes})
	return t.list
}

// widestOutput returns the largest number of channels of the output of layer
// number n; 0 is the stem.
func (ch *Chain) widestOutput(n int) int {
	if n == 0 {
		return ch.config.Stem
	}
	return ch.layers[n-1].maxOut
}

// weightTable lists weights, each name once, at the largest size asked for.
type weightTable struct {
	list []Weight
	at   map[string]int
}

func (t *weightTable) op(l *chainLayer, op chainOp, n opWeights) {
	widest := l.widths[len(l.widths)-1]
	switch op.class {
	case identityOp:
		if len(l.skips) > 0 {
			t.norm(n.convNorm, l.maxIn)
		}
	case denseOp:
		t.dense(n.conv, n.convNorm, widest, l.maxIn, op.k)
	case sepOp:
		t.add(Weight{Name: n.dw, Role: Depthwise, OutC: l.maxIn, K: op.k})
		t.norm(n.dwNorm, l.maxIn)
		t.dense(n.conv, n.convNorm, widest, l.maxIn, 1)
	case maxOp, avgOp:
		t.dense(n.conv, n.convNorm, widest, l.maxIn, 1)
	}
}

func (t *weightTable) dense(name, norm string, outC, inC, k int) {
	t.add(Weight{Name: name, Role: Dense, OutC: outC, InC: inC, K: k, G: 1})
	t.norm(norm, outC)
}

func (t *weightTable) norm(name string, c int) { t.add(Weight{Name: name, Role: Norm, OutC: c}) }

func (t *weightTable) add(w Weight) {
	if i, ok := t.at[w.Name]; ok {
		t.list[i].K = max(t.list[i].K, w.K)
		return
	}
	t.at[w.Name] = len(t.list)
	t.list = append(t.list, w)
}
