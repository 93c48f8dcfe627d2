package predictor

import (
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// The prior, on targets of mean 0 and variance 1. Precisions are Gamma
// distributed; a shape of s counts as 2s observations.
const (
	noiseShape, noiseRate   = 0.5, 0.005 // of a measurement: nearly flat
	weightShape, weightRate = 0.5, 0.05  // of a linear weight: nearly flat
	factorShape             = 20.0       // of a factor: informative, about the scale set by pairShare
	pairShare               = 0.1        // variance that all interactions together are expected to explain
)

// chainPlan is the length of one Markov chain.
type chainPlan struct{ burn, keep, thin int }

// chain is the state of a Gibbs sampler over machines: every weight is drawn in
// turn from its conditional normal distribution, in closed form because the
// model is linear in each single weight. That is alternating least squares with
// noise; keeping several draws integrates the weights and the strength of each
// penalty out instead of tuning them.
// Source: Freudenthaler, Schmidt-Thieme, Rendle, "Bayesian factorization
// machines" (NIPS workshop 2011); informative factor prior ours.
type chain struct {
	r      *rand.Rand
	inter  int
	rank   int
	cols   [][]entry
	m      machine
	err    []float64 // target minus value, by row
	part   []float64 // sum_i v_i x_i of the factor at hand, by row
	scale  float64   // prior variance of a factor's entries
	wPrec  float64
	vPrec  []float64 // by factor
	target []float64
}

// sample runs one chain on targets of mean 0 and variance 1 and returns
// plan.keep machines.
func sample(d design, target []float64, rank int, plan chainPlan, r *rand.Rand) []machine {
	c := newChain(d, target, rank, r)
	out := make([]machine, 0, plan.keep)
	for step := range plan.burn + plan.keep*plan.thin {
		c.sweep()
		if step >= plan.burn && (step-plan.burn)%plan.thin == plan.thin-1 {
			out = append(out, machine{c.m.B, slices.Clone(c.m.W), slices.Clone(c.m.V), c.m.Alpha})
		}
	}
	return out
}

func newChain(d design, target []float64, rank int, r *rand.Rand) *chain {
	c := &chain{
		r: r, inter: d.inter, rank: rank, cols: d.columns(), target: target,
		m:     machine{W: make([]float64, d.cols), V: make([]float64, d.inter*rank), Alpha: 10},
		err:   make([]float64, len(target)),
		part:  make([]float64, len(target)),
		scale: math.Sqrt(pairShare / max(d.pairs()*float64(rank), 1)),
		wPrec: 10,
		vPrec: make([]float64, rank),
	}
	for i := range c.m.V {
		c.m.V[i] = 0.05 * r.NormFloat64()
	}
	sum, sq := make([]float64, rank), make([]float64, rank)
	for i, row := range d.rows {
		c.err[i] = target[i] - c.m.value(row, rank, d.inter, sum, sq)
	}
	return c
}

// sweep draws every unknown once.
func (c *chain) sweep() {
	n := float64(len(c.err))
	c.m.Alpha = c.gamma(noiseShape+n/2, noiseRate+sumSquares(c.err)/2)
	c.wPrec = c.gamma(weightShape+float64(len(c.m.W))/2, weightRate+sumSquares(c.m.W)/2)
	c.drawIntercept()
	for j := range c.cols {
		c.drawWeight(j)
	}
	for f := range c.rank {
		c.drawFactor(f)
	}
}

func (c *chain) gamma(shape, rate float64) float64 {
	return distuv.Gamma{Alpha: shape, Beta: rate, Src: c.r}.Rand()
}

// normal draws from the normal distribution with this precision whose mean is
// the precision-weighted pull.
func (c *chain) normal(pull, precision float64) float64 {
	return pull/precision + c.r.NormFloat64()/math.Sqrt(precision)
}

func (c *chain) drawIntercept() {
	var pull float64
	for _, e := range c.err {
		pull += e + c.m.B
	}
	b := c.normal(c.m.Alpha*pull, c.m.Alpha*float64(len(c.err))+0.01)
	for i := range c.err {
		c.err[i] += c.m.B - b
	}
	c.m.B = b
}

func (c *chain) drawWeight(j int) {
	var hh, he float64
	w := c.m.W[j]
	for _, e := range c.cols[j] {
		hh += e.x * e.x
		he += e.x * (c.err[e.at] + w*e.x)
	}
	c.m.W[j] = c.normal(c.m.Alpha*he, c.m.Alpha*hh+c.wPrec)
	step := c.m.W[j] - w
	for _, e := range c.cols[j] {
		c.err[e.at] -= step * e.x
	}
}

// drawFactor draws the precision of factor f, then its entries. The value of a
// row changes with entry j at the rate h = sign x_j (part - v_j x_j).
func (c *chain) drawFactor(f int) {
	v := func(j int) *float64 { return &c.m.V[j*c.rank+f] }
	var squares float64
	clear(c.part)
	for j := range c.inter {
		x := *v(j)
		squares += x * x
		for _, e := range c.cols[j] {
			c.part[e.at] += x * e.x
		}
	}
	c.vPrec[f] = c.gamma(factorShape+float64(c.inter)/2, factorShape*c.scale+squares/2)
	for j := range c.inter {
		c.drawEntry(f, j, v(j))
	}
}

func (c *chain) drawEntry(f, j int, v *float64) {
	var hh, he float64
	old, s := *v, sign(f)
	for _, e := range c.cols[j] {
		h := s * e.x * (c.part[e.at] - old*e.x)
		hh += h * h
		he += h * (c.err[e.at] + old*h)
	}
	*v = c.normal(c.m.Alpha*he, c.m.Alpha*hh+c.vPrec[f])
	step := *v - old
	for _, e := range c.cols[j] {
		c.err[e.at] -= step * s * e.x * (c.part[e.at] - old*e.x)
		c.part[e.at] += step * e.x
	}
}

func sumSquares(v []float64) float64 {
	var s float64
	for _, x := range v {
		s += x * x
	}
	return s
}
