package controller

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/espalier-nas/espalier/supernet/space"
)

// initRange bounds the uniform initial parameters, as in ENAS.
const initRange = 0.1

// lstm is the controller of ENAS (Pham et al. 2018, macro search) for any
// space. It walks the decisions in order. Each decision that is made takes one
// LSTM step, whose output a head turns into logits; the embedding of the choice
// is the next input. Decisions that are not made take no step.
//
// In a space with skip decisions every layer ends with a closing step. Its
// output is the layer's anchor, and queries the anchors of earlier layers by
// attention: q = score . tanh(key*anchor + query*output), and the skip is made
// with probability sigmoid(2q) (a softmax over -q and q). The next input is the
// sum of the chosen anchors divided by one more than their number, or the start
// token after a layer that decided no skip. The stem's anchor is learned.
//
// Beyond ENAS, each decision adds learned biases of its own to its logits (ENAS
// has some in its micro search), zero at first. Heads are shared by all layers,
// so that without them a preference of one layer must first be told apart by the
// recurrent state, which takes far more trials than a search has.
//
// A decision for one of several earlier outputs, as the nodes of ENAS's cells make them
// (micro search), attends in the same way to the anchors of what it may read: its logits are
// score . tanh(key*anchor + query*output), and the chosen anchor is the next input. Layers
// end with a closing step there too, after which the start token follows. The anchors of a
// cell's inputs are learned.
//
// Decisions share a head exactly if they have one kind and the same choices, so
// that an option means the same wherever a head is used.
type lstm struct {
	space  *space.Space
	cell   cell
	shape  shaping
	prior  skipPrior
	steps  []lstmStep
	layers int // anchors of the stem and each layer
	inputs int // learned anchors: the stem's, or those of a cell's inputs
	heads  []lstmHead
	bias   []int   // first bias of each decision; the last entry is their number
	gain   float64 // multiplies biases
	flat   []float64
}

// lstmHead is shared by all decisions of one kind with these choices.
type lstmHead struct {
	kind    space.Kind
	choices []string
}

// lstmStep is one step of the walk: of a decision, or closing a layer.
type lstmStep struct {
	decision int   // -1: closes a layer
	head     int   // of the decision
	attends  bool  // the decision is for one of several anchors
	layer    int   // that is closed
	skips    []int // decisions made while closing
}

// lstmTensors are views of one flat parameter (or gradient) vector; matrices
// are row-major.
type lstmTensors struct {
	cell       []float64   // 4h x 2h, see cell
	start      []float64   // h
	stem       []float64   // h for each learned anchor
	key, query []float64   // h x h
	score      []float64   // h
	bias       []float64   // per choice of each decision, per skip one
	embed, out [][]float64 // per head: choices x h
}

func newLSTM(s *space.Space, rng *rand.Rand, hidden int, gain float64, shape shaping, prior skipPrior) (*lstm, error) {
	p := &lstm{space: s, cell: cell{hidden}, shape: shape, prior: prior, gain: gain, bias: []int{0}}
	if err := p.plan(); err != nil {
		return nil, err
	}
	_, n := p.view(nil)
	p.flat = make([]float64, n)
	for i := range p.flat {
		p.flat[i] = initRange * (2*rng.Float64() - 1)
	}
	t, _ := p.view(p.flat)
	clear(t.bias)
	return p, nil
}

// plan lists the steps of the walk.
func (p *lstm) plan() error {
	ds := p.space.Decisions()
	anchored := slices.ContainsFunc(ds, func(d space.Decision) bool { return d.Kind == space.KindSkip || attends(d) })
	closed := map[int]bool{-1: true}
	p.layers, p.inputs = 1, 1
	for i, d := range ds {
		if i > 0 && anchored && ds[i-1].Layer != d.Layer && !closed[ds[i-1].Layer] {
			closed[ds[i-1].Layer] = true
			p.steps = append(p.steps, lstmStep{decision: -1, layer: ds[i-1].Layer})
		}
		p.layers = max(p.layers, d.Layer+2)
		p.bias = append(p.bias, p.bias[i]+biases(d))
		switch {
		case attends(d):
			for _, from := range d.Sources {
				if from >= d.Layer || from >= 0 && !closed[from] {
					return fmt.Errorf("controller: decision %s of layer %d may read layer %d, which does not end before it", d.Name, d.Layer, from)
				}
				p.inputs = max(p.inputs, -from)
			}
			p.steps = append(p.steps, lstmStep{decision: i, attends: true, layer: d.Layer})
			continue
		case d.Kind != space.KindSkip:
			p.steps = append(p.steps, lstmStep{decision: i, head: p.head(d), layer: d.Layer})
			continue
		}
		if d.Layer < 0 || d.From >= d.Layer || !closed[d.From] {
			return fmt.Errorf("controller: skip %s joins layer %d from layer %d, which does not end before it", d.Name, d.Layer, d.From)
		}
		if last := len(p.steps) - 1; last < 0 || p.steps[last].decision >= 0 || p.steps[last].layer != d.Layer {
			p.steps = append(p.steps, lstmStep{decision: -1, layer: d.Layer})
		}
		last := &p.steps[len(p.steps)-1]
		last.skips = append(last.skips, i)
		closed[d.Layer] = true
	}
	return nil
}

// attends reports whether a decision is for one of several earlier outputs that are known.
func attends(d space.Decision) bool { return d.Kind == space.KindSource && len(d.Sources) > 0 }

// anchor returns the index of the anchor of a layer, or of an input: -1, -2, ...
func (p *lstm) anchor(layer int) int {
	if layer >= -1 {
		return layer + 1
	}
	return p.layers - layer - 2
}

// biases returns how many biases a decision has.
func biases(d space.Decision) int {
	if d.Kind == space.KindSkip {
		return 1
	}
	return len(d.Choices)
}

// head returns the index of the head of d, a new one if it is the first.
func (p *lstm) head(d space.Decision) int {
	at := slices.IndexFunc(p.heads, func(h lstmHead) bool { return h.kind == d.Kind && slices.Equal(h.choices, d.Choices) })
	if at >= 0 {
		return at
	}
	p.heads = append(p.heads, lstmHead{d.Kind, d.Choices})
	return len(p.heads) - 1
}

// view cuts flat into tensors and returns their total size; with a nil vector
// it only computes the size.
func (p *lstm) view(flat []float64) (t lstmTensors, size int) {
	cut := func(n int) []float64 {
		size += n
		if flat == nil {
			return nil
		}
		return flat[size-n : size : size]
	}
	h := p.cell.hidden
	t.cell, t.start, t.stem = cut(8*h*h), cut(h), cut(p.inputs*h)
	t.key, t.query, t.score = cut(h*h), cut(h*h), cut(h)
	t.bias = cut(p.bias[len(p.bias)-1])
	for _, head := range p.heads {
		t.embed = append(t.embed, cut(len(head.choices)*h))
		t.out = append(t.out, cut(len(head.choices)*h))
	}
	return t, size
}

func (p *lstm) params() []float64 { return p.flat }

func (p *lstm) sample(rng *rand.Rand) space.Arch {
	w := p.walk(func(_ int, d categorical) int { return d.draw(rng) })
	return space.NewArch(w.genes)
}

func (p *lstm) gradient(a space.Arch, w weights, g []float64) terms {
	walk := p.walk(func(i int, _ categorical) int { return a.Gene(i) })
	t := walk.weigh(w)
	if g == nil {
		return t
	}
	grads, _ := p.view(g)
	walk.backward(grads)
	return t
}
