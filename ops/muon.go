package ops

import (
	"math"

	"github.com/espalier-nas/espalier/ops/internal/kernel"
)

// MuonConfig describes Muon.
type MuonConfig struct {
	SGDConfig         // of what is not a matrix; its momentum and Nesterov are those of matrices too
	Ratio     float64 // rate of matrices, as rows of length 1, over that of the rest
}

// Muon is gradient descent whose directions are made orthogonal (Jordan 2024). The weight
// of a dense convolution without groups is a matrix of OutC rows: it goes along the
// orthogonal matrix that is nearest to its momentum, and then gets back the length that it
// had. Where a batch norm follows, that length means nothing, so the rate alone says by
// what angle a matrix turns in a step: Ratio times lr is that of rows of length 1.
// Everything else (biases, norms, depthwise, grouped and linear weights) is updated by SGD.
//
// It is for networks of one architecture: a matrix must be used whole or not at all.
type Muon struct {
	config MuonConfig
	sgd    *SGD   // of all parameters
	matrix []bool // by parameter
	polar  *polar
}

// NewMuon returns an optimiser of params with zero momentum, which computes on the workers
// of e. matrix tells which parameters are taken as matrices: it panics unless these are
// dense weights without groups.
func NewMuon(e *Exec, params []*Param, matrix func(*Param) bool, c MuonConfig) *Muon {
	o := &Muon{config: c, sgd: NewSGD(params, c.SGDConfig), matrix: make([]bool, len(params)), polar: &polar{eng: e.eng}}
	for i, p := range params {
		o.matrix[i] = matrix(p)
		if o.matrix[i] && (p.Layout != DenseLayout || p.G != 1) {
			panic("ops: NewMuon: " + p.Name + " is not a dense weight without groups")
		}
	}
	return o
}

// Step implements Optimizer. It panics if a part of a matrix was used.
func (o *Muon) Step(lr float64) {
	for i, p := range o.sgd.params {
		if !o.matrix[i] {
			o.sgd.update(i, lr)
			continue
		}
		if len(p.used) == 0 {
			continue
		}
		for _, w := range p.used {
			if w != p.All() {
				panic("ops: Muon: a part of " + p.Name + " was used; want the whole")
			}
		}
		o.turn(p, o.sgd.v[i], lr*o.config.Ratio)
		p.used = p.used[:0]
	}
}

// turn updates matrix p, whose momentum is v, and clears its gradient.
func (o *Muon) turn(p *Param, v []float32, lr float64) {
	mu := float32(o.config.Momentum)
	for i, g := range p.Grad {
		v[i] = float32(mu*v[i]) + g
		p.Grad[i] = v[i]
		if o.config.Nesterov {
			p.Grad[i] = g + float32(mu*v[i])
		}
	}
	o.polar.factor(p)
	length := math.Sqrt(sumSquares(p.Data))
	rate := float32(lr * length / math.Sqrt(float64(p.OutC)))
	for i, d := range p.Grad {
		p.Data[i] -= float32(rate * d)
		p.Grad[i] = 0
	}
	if now := math.Sqrt(sumSquares(p.Data)); now > 0 {
		scale := float32(length / now)
		for i := range p.Data {
			p.Data[i] *= scale
		}
	}
}

// State implements Optimizer.
func (o *Muon) State() []Buffer { return o.sgd.State() }

// polar makes gradients of matrices orthogonal.
type polar struct {
	eng        *kernel.Engine
	x, y       []float32 // long side x short side
	a, b, gram []float32 // short side x short side; the last one in blocks
}

// The odd polynomial of Newton and Schulz by which singular values go towards 1, and how
// often: they end between 0.7 and 1.2, which serves as well as 1 (Jordan 2024).
const (
	polarA, polarB, polarC = 3.4445, -4.7750, 2.0315
	polarSteps             = 5
)

// factor replaces the gradient of p, an OutC x (KH*KW*InC) matrix U S V', by about U V'.
func (q *polar) factor(p *Param) {
	n := p.KH * p.KW * p.InC
	s, l := min(p.OutC, n), max(p.OutC, n)
	q.reserve(s, l)
	norm := math.Sqrt(sumSquares(p.Grad))
	if norm == 0 {
		return
	}
	q.load(p, float32(1/norm))
	for range polarSteps {
		q.iterate(s, l)
	}
	q.store(p)
}

func (q *polar) reserve(s, l int) {
	blocks := (s + Block - 1) / Block
	for _, b := range []struct {
		of *[]float32
		n  int
	}{{&q.x, s * l}, {&q.y, s * l}, {&q.a, s * s}, {&q.b, s * s}, {&q.gram, blocks * s * Block}} {
		if cap(*b.of) < b.n {
			*b.of = kernel.Floats(b.n)
		}
		*b.of = (*b.of)[:b.n]
	}
}

// iterate does x = x (a I + b G + c G²) with G = x'x.
func (q *polar) iterate(s, l int) {
	c := kernel.Conv{N: 1, H: 1, W: l, InC: s, OutC: s, KH: 1, KW: 1, S: 1, Dil: 1, G: 1, WInC: s, WKH: 1, WKW: 1}
	clear(q.gram)
	q.eng.BackwardWeights(c, q.x, q.x, q.gram, kernel.Fusion{})
	for o := range s {
		for i := range s {
			q.a[i*s+o] = q.gram[(o/Block*s+i)*Block+o%Block]
		}
	}
	square := c
	square.W = s
	q.eng.Forward(square, q.a, q.gram, q.b, kernel.Epilogue{}, kernel.Fusion{})
	for o := range s {
		for i := range s {
			v := polarB*q.a[i*s+o] + polarC*q.b[i*s+o]
			if i == o {
				v += polarA
			}
			q.gram[(o/Block*s+i)*Block+o%Block] = v
		}
	}
	q.eng.Forward(c, q.x, q.gram, q.y, kernel.Epilogue{}, kernel.Fusion{})
	q.x, q.y = q.y, q.x
}

// load puts the gradient of p, times scale, into x with the short side as channels.
func (q *polar) load(p *Param, scale float32) {
	q.each(p, func(at, x int) { q.x[x] = p.Grad[at] * scale })
}

// store puts x into the gradient of p.
func (q *polar) store(p *Param) { q.each(p, func(at, x int) { p.Grad[at] = q.x[x] }) }

// each calls f with the place of each number in p and in x.
func (q *polar) each(p *Param, f func(at, x int)) {
	n := p.KH * p.KW * p.InC
	for b := range (p.OutC + Block - 1) / Block {
		lanes := min(Block, p.OutC-b*Block)
		for t := range n {
			for lane := range lanes {
				at, o := (b*n+t)*Block+lane, b*Block+lane
				if p.OutC <= n {
					f(at, t*p.OutC+o)
				} else {
					f(at, o*n+t)
				}
			}
		}
	}
}

func sumSquares(x []float32) float64 {
	sum := 0.0
	for _, v := range x {
		sum += float64(v) * float64(v)
	}
	return sum
}
