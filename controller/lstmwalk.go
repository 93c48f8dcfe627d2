package controller

import (
	"math"

	"gonum.org/v1/gonum/floats"
)

// lstmWalk is one pass of the LSTM policy over the decisions, with all that the
// backward pass needs.
type lstmWalk struct {
	p       *lstm
	t       lstmTensors
	choose  func(decision int, d categorical) int
	genes   []uint8
	visits  []visit
	anchors []anchor // see lstm.anchor
	next    source   // of the next input
}

// visit is one LSTM step.
type visit struct {
	step   *lstmStep
	cell   cellStep
	from   source
	made   []decided // the decision, or the skips made while closing
	closes bool      // a layer
}

// decided is one decision made in a visit.
type decided struct {
	decision int
	anchors  []int // attended to: one for a skip, one for each choice of what is read
	choice   int
	dist     categorical
	slope    []float64   // of the shaped logits; of q alone for a skip
	blends   [][]float64 // tanh(key*anchor + query*output), of each anchor
	dz       []float64   // gradient by the shaped logits
}

// source tells what an input was: the start token, the embedding of a choice,
// or the sum of anchors times a share.
type source struct {
	kind    sourceKind
	head    int
	choice  int
	anchors []int
	share   float64
}

type sourceKind uint8

const (
	fromStart sourceKind = iota
	fromEmbedding
	fromAnchors
)

// anchor is a layer's output and its projection by key; dout and dkey gather
// their gradients.
type anchor struct{ out, key, dout, dkey []float64 }

// walk makes every decision as choose says.
func (p *lstm) walk(choose func(decision int, d categorical) int) *lstmWalk {
	t, _ := p.view(p.flat)
	n := p.cell.hidden
	w := &lstmWalk{p: p, t: t, choose: choose, genes: make([]uint8, len(p.space.Decisions())), anchors: make([]anchor, p.layers+p.inputs-1)}
	for i := range p.inputs {
		w.anchors[p.anchor(-1-i)] = w.newAnchor(t.stem[i*n : (i+1)*n])
	}
	h, c := make([]float64, n), make([]float64, n)
	for i := range p.steps {
		st := &p.steps[i]
		var allowed []uint8
		if st.decision >= 0 {
			if allowed = p.space.Options(nil, w.genes[:st.decision]); len(allowed) == 0 {
				continue
			}
		}
		v := visit{step: st, from: w.next, closes: st.decision < 0}
		v.cell = p.cell.forward(t.cell, w.input(), h, c)
		h, c = v.cell.out, v.cell.state
		switch {
		case v.closes:
			w.closeLayer(&v)
		case st.attends:
			w.attend(&v, allowed)
		default:
			w.decide(&v, allowed)
		}
		w.visits = append(w.visits, v)
	}
	return w
}

func (w *lstmWalk) newAnchor(out []float64) anchor {
	a := anchor{out: out, key: make([]float64, len(out))}
	matVec(a.key, w.t.key, out)
	return a
}

// input builds the next input.
func (w *lstmWalk) input() []float64 {
	h := w.p.cell.hidden
	switch w.next.kind {
	case fromEmbedding:
		return w.t.embed[w.next.head][w.next.choice*h:][:h]
	case fromAnchors:
		x := make([]float64, h)
		for _, a := range w.next.anchors {
			floats.AddScaled(x, w.next.share, w.anchors[a].out)
		}
		return x
	}
	return w.t.start
}

// decide makes the decision of one step.
func (w *lstmWalk) decide(v *visit, allowed []uint8) {
	i, head := v.step.decision, v.step.head
	z := make([]float64, len(w.p.heads[head].choices))
	matVec(z, w.t.out[head], v.cell.out)
	floats.AddScaled(z, w.p.gain, w.t.bias[w.p.bias[i]:w.p.bias[i+1]])
	m := decided{decision: i, slope: w.p.shape.apply(z)}
	m.dist = newCategorical(z, allowed)
	m.choice = w.choose(i, m.dist)
	w.genes[i] = uint8(m.choice)
	w.next = source{kind: fromEmbedding, head: head, choice: m.choice}
	v.made = []decided{m}
}

// attend decides which of several anchors is read.
func (w *lstmWalk) attend(v *visit, allowed []uint8) {
	i, query := v.step.decision, w.query(v)
	m := decided{decision: i}
	var z []float64
	for c, layer := range w.p.space.Decisions()[i].Sources {
		z = append(z, w.score(&m, w.p.anchor(layer), query)+w.p.gain*w.t.bias[w.p.bias[i]+c])
	}
	m.slope = w.p.shape.apply(z)
	m.dist = newCategorical(z, allowed)
	m.choice = w.choose(i, m.dist)
	w.genes[i] = uint8(m.choice)
	w.next = source{kind: fromAnchors, anchors: m.anchors[m.choice : m.choice+1], share: 1}
	v.made = []decided{m}
}

// query returns what a visit asks anchors.
func (w *lstmWalk) query(v *visit) []float64 {
	q := make([]float64, w.p.cell.hidden)
	matVec(q, w.t.query, v.cell.out)
	return q
}

// score returns how well an anchor answers a query, and notes what backScore needs.
func (w *lstmWalk) score(m *decided, anchor int, query []float64) float64 {
	blend := make([]float64, len(query))
	for k, key := range w.anchors[anchor].key {
		blend[k] = math.Tanh(key + query[k])
	}
	m.anchors, m.blends = append(m.anchors, anchor), append(m.blends, blend)
	return floats.Dot(w.t.score, blend)
}

// closeLayer decides the skips of a layer and keeps its anchor.
func (w *lstmWalk) closeLayer(v *visit) {
	query := w.query(v)
	var chosen []int
	for _, i := range v.step.skips {
		allowed := w.p.space.Options(nil, w.genes[:i])
		if len(allowed) == 0 {
			continue
		}
		m := decided{decision: i}
		q, slope := w.p.shape.one(w.score(&m, w.p.anchor(w.p.space.Decisions()[i].From), query) + w.p.gain*w.t.bias[w.p.bias[i]])
		m.slope = []float64{slope}
		m.dist = newCategorical([]float64{-q, q}, allowed)
		m.choice = w.choose(i, m.dist)
		w.genes[i] = uint8(m.choice)
		if m.choice == 1 {
			chosen = append(chosen, m.anchors[0])
		}
		v.made = append(v.made, m)
	}
	w.anchors[w.p.anchor(v.step.layer)] = w.newAnchor(v.cell.out)
	w.next = source{}
	if len(v.made) > 0 {
		w.next = source{kind: fromAnchors, anchors: chosen, share: 1 / float64(1+len(chosen))}
	}
}

// weigh sums the terms of the walk and keeps the gradient of each decision by
// its logits.
func (w *lstmWalk) weigh(by weights) terms {
	var t terms
	ds := w.p.space.Decisions()
	for _, v := range w.visits {
		for k := range v.made {
			m := &v.made[k]
			m.dz = w.p.prior.record(&t, m.decision, ds[m.decision].Kind, m.dist, m.choice, by)
		}
	}
	return t
}
