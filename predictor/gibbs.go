package predictor

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat/distuv"
)

// The prior, on targets of mean 0 and variance 1. Precisions are Gamma
// distributed; a shape of s counts as 2s observations.
const (
	noiseShape, noiseRate   = 0.5, 0.005 // of a measurement: nearly flat
	weightShape, weightRate = 0.5, 0.05  // of the linear weights of a block: nearly flat
	factorShape             = 20.0       // of a factor: informative, about the scale set by pairShare
	pairShare               = 0.1        // variance that all interactions together are expected to explain
)

// chainPlan is the length of one Markov chain.
type chainPlan struct{ burn, keep, thin int }

// chain is the state of a Gibbs sampler over machines. The linear weights of a
// block of columns are drawn at once, in its singular basis. The entries of the
// factors are drawn in turn, each from its conditional normal distribution, in
// closed form because the model is linear in each single entry: alternating
// least squares with noise. Several draws integrate weights and penalties out
// instead of tuning them.
// Source: Freudenthaler, Schmidt-Thieme, Rendle, "Bayesian factorization
// machines" (NIPS workshop 2011); the joint linear draw and the informative
// factor prior are ours, the latter set on NAS-Bench-201 and FBNet.
type chain struct {
	r      *rand.Rand
	inter  int
	rank   int
	cols   [][]entry
	blocks []block
	err    []float64 // target minus value, by row
	part   []float64 // sum_i v_i x_i of the factor at hand, by row
	center float64   // value at the mean features, without interactions
	v      []float64 // inter x rank, as in machine
	scale  float64   // prior variance of a factor's entries
	alpha  float64   // precision of a measurement
	vPrec  []float64 // prior precision of entries, by factor
}

// block is the linear part of some columns. Features and extra numbers are
// blocks of their own, because their weights differ in size: each learns its
// own penalty.
type block struct {
	*linear
	coef []float64 // weights by direction
	prec float64   // prior precision of a weight
}

// sample runs one chain on targets of mean 0 and variance 1 and returns
// plan.keep machines.
func sample(p problem, target []float64, rank int, plan chainPlan, r *rand.Rand) []machine {
	c := newChain(p, target, rank, r)
	out := make([]machine, 0, plan.keep)
	for step := range plan.burn + plan.keep*plan.thin {
		c.sweep()
		if step >= plan.burn && (step-plan.burn)%plan.thin == plan.thin-1 {
			out = append(out, c.machine())
		}
	}
	return out
}

func newChain(p problem, target []float64, rank int, r *rand.Rand) *chain {
	d := p.design
	c := &chain{
		r: r, inter: d.inter, rank: rank, cols: p.cols,
		err:   make([]float64, len(target)),
		part:  make([]float64, len(target)),
		v:     make([]float64, d.inter*rank),
		scale: math.Sqrt(pairShare / max(d.pairs()*float64(rank), 1)),
		vPrec: make([]float64, rank),
	}
	for _, l := range p.linear {
		c.blocks = append(c.blocks, block{linear: l, coef: make([]float64, len(l.sv)), prec: 10})
	}
	for i := range c.v {
		c.v[i] = float64(float32(0.05 * r.NormFloat64()))
	}
	m := machine{W: make([]float32, d.cols), V: single(c.v)}
	sum, sq := make([]float64, rank), make([]float64, rank)
	for i, row := range d.rows {
		c.err[i] = target[i] - m.value(row, d.inter, sum, sq)
	}
	return c
}

// sweep draws every unknown once.
func (c *chain) sweep() {
	c.alpha = c.gamma(noiseShape+float64(len(c.err))/2, noiseRate+sumSquares(c.err)/2)
	c.drawCenter()
	for k := range c.blocks {
		c.drawLinear(&c.blocks[k])
	}
	for f := range c.rank {
		c.drawFactor(f)
	}
}

// machine returns the current draw. Directions of the weights that no example
// shows are drawn from the prior: they are what the model knows that it does
// not know.
func (c *chain) machine() machine {
	m := machine{B: c.center, V: single(c.v), Alpha: c.alpha}
	for k := range c.blocks {
		b := &c.blocks[k]
		w := make([]float64, len(b.mean))
		for j := range w {
			w[j] = c.r.NormFloat64() / math.Sqrt(b.prec)
		}
		m.B -= b.weights(w)
		m.W = append(m.W, single(w)...)
	}
	return m
}

// weights moves w to the block's coefficients along the directions that the
// examples show, and returns its value at the mean columns.
func (b *block) weights(w []float64) (atMean float64) {
	for k, v := range b.v {
		step := b.coef[k]
		for j, x := range v {
			step -= w[j] * x
		}
		for j, x := range v {
			w[j] += step * x
		}
	}
	for j, x := range b.mean {
		atMean += w[j] * x
	}
	return atMean
}

func (c *chain) gamma(shape, rate float64) float64 {
	return distuv.Gamma{Alpha: shape, Beta: rate, Src: c.r}.Rand()
}

// normal draws from the normal distribution with this precision whose mean is
// the precision-weighted pull.
func (c *chain) normal(pull, precision float64) float64 {
	return pull/precision + c.r.NormFloat64()/math.Sqrt(precision)
}

func (c *chain) drawCenter() {
	var pull float64
	for _, e := range c.err {
		pull += e + c.center
	}
	b := c.normal(c.alpha*pull, c.alpha*float64(len(c.err))+0.01)
	for i := range c.err {
		c.err[i] += c.center - b
	}
	c.center = b
}

// drawLinear draws the penalty of a block, then its coefficients.
func (c *chain) drawLinear(b *block) {
	b.prec = c.gamma(weightShape+float64(len(b.coef))/2, weightRate+sumSquares(b.coef)/2)
	for k, s := range b.sv {
		u := b.u[k]
		old := b.coef[k]
		pull := floats.Dot(u, c.err) + s*old // u.(err + u s old), as u has length 1
		b.coef[k] = c.normal(c.alpha*s*pull, c.alpha*s*s+b.prec)
		floats.AddScaled(c.err, s*(old-b.coef[k]), u)
	}
}

// drawFactor draws the precision of factor f, then its entries. The value of a
// row changes with entry j at the rate h = sign x_j (part - v_j x_j).
func (c *chain) drawFactor(f int) {
	squares := c.setPart(f)
	c.vPrec[f] = c.gamma(factorShape+float64(c.inter)/2, factorShape*c.scale+squares/2)
	for j := range c.inter {
		c.drawEntry(f, j, &c.v[j*c.rank+f])
	}
}

// setPart fills part for factor f and returns the sum of its squared entries.
func (c *chain) setPart(f int) (squares float64) {
	clear(c.part)
	for j := range c.inter {
		v := c.v[j*c.rank+f]
		squares += v * v
		for _, e := range c.cols[j] {
			c.part[e.at] += v * e.x
		}
	}
	return squares
}

func (c *chain) drawEntry(f, j int, v *float64) {
	old, s := *v, sign(f)
	*v = c.normal(c.conditional(f, j))
	step := *v - old
	for _, e := range c.cols[j] {
		c.err[e.at] -= step * s * e.x * (c.part[e.at] - old*e.x)
		c.part[e.at] += step * e.x
	}
}

// conditional returns pull and precision of the normal distribution of entry j
// of factor f given all else; part must be that of f.
func (c *chain) conditional(f, j int) (pull, precision float64) {
	var hh, he float64
	v, s := c.v[j*c.rank+f], sign(f)
	for _, e := range c.cols[j] {
		h := s * e.x * (c.part[e.at] - v*e.x)
		hh += h * h
		he += h * (c.err[e.at] + v*h)
	}
	return c.alpha * he, c.alpha*hh + c.vPrec[f]
}

func single(v []float64) []float32 {
	out := make([]float32, len(v))
	for i, x := range v {
		out[i] = float32(x)
	}
	return out
}

func sumSquares(v []float64) float64 {
	var s float64
	for _, x := range v {
		s += x * x
	}
	return s
}
