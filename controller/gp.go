package controller

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"
)

// gauss is a Gaussian process over architectures. With h the weighted share of
// decisions in which two of them differ, from 0 to 1, its kernel is
//
//	linear * (1 - h) + (1 - linear) * exp(-rate * h)
//
// plus noise on the diagonal: a sum of effects of single decisions, and one of
// their interactions. Weights belong to groups of decisions (automatic relevance
// determination); amplitude and mean follow in closed form. The others are those of
// a grid, then of a walk along the weights, that the data are likeliest under.
type gauss struct {
	coder  *coder
	shape  kernelShape
	refit  int // points from which the shape is looked for again
	codes  [][]uint8
	apart  [][]float64 // [i]: distances to the points 0 to i by group, one after another
	factor factor
	mean   float64 // of the targets
	alpha  []float64
	scale  float64 // amplitude, squared
}

type kernelShape struct {
	linear, rate, noise float64
	weights             []float64 // by group
}

// What shapes are tried.
var (
	gridRates   = []float64{2, 5, 12, 25}
	gridLinears = []float64{0.1, 0.5, 0.9}
	gridNoises  = []float64{1e-3, 0.03, 0.2}
)

// How shapes are looked for: not below so many points, again after they have grown
// by so much, and how often the walk along the weights goes around.
const (
	leastToShape = 8
	refitGrowth  = 1.4
	weightRounds = 2
)

func newGauss(c *coder) *gauss {
	return &gauss{coder: c, shape: kernelShape{linear: 0.5, rate: 5, noise: 0.03, weights: slices.Repeat([]float64{1}, len(c.sizes))}, refit: leastToShape}
}

// value returns the kernel of two architectures with these distances by group.
func (s *kernelShape) value(sums, sizes []float64) float64 {
	h := floats.Dot(s.weights, sums) / floats.Dot(s.weights, sizes)
	return s.linear*(1-h) + (1-s.linear)*math.Exp(-s.rate*h)
}

// fit takes points and their targets. Points that begin as the last ones did are
// only added to.
func (g *gauss) fit(codes [][]uint8, y []float64) {
	same := 0
	for same < min(len(codes), len(g.codes)) && slices.Equal(codes[same], g.codes[same]) {
		same++
	}
	if same < len(g.codes) {
		same = 0
		g.apart, g.factor = nil, factor{}
	}
	g.codes = slices.Clone(codes)
	for i := same; i < len(codes); i++ {
		g.apart = append(g.apart, g.distances(i))
		g.factor.extend(g.shape.row(g.apart[i], g.coder.sizes))
	}
	g.mean = stat.Mean(y, nil)
	centred := make([]float64, len(y))
	for i, v := range y {
		centred[i] = v - g.mean
	}
	if len(codes) >= g.refit {
		g.refit = int(math.Ceil(refitGrowth * float64(len(codes))))
		g.search(centred)
	}
	_, g.scale, g.alpha = g.factor.evidence(centred)
}

// distances returns those of point i to the points up to it.
func (g *gauss) distances(i int) []float64 {
	n := len(g.coder.sizes)
	out := make([]float64, (i+1)*n)
	for j := range i {
		g.coder.distance(g.codes[i], g.codes[j], out[j*n:(j+1)*n])
	}
	return out
}

// row returns a row of the kernel matrix.
func (s *kernelShape) row(apart, sizes []float64) []float64 {
	n := len(sizes)
	row := make([]float64, len(apart)/n)
	for j := range row {
		row[j] = s.value(apart[j*n:(j+1)*n], sizes)
	}
	row[len(row)-1] += s.noise
	return row
}

// search sets the shape.
func (g *gauss) search(y []float64) {
	best, factored := math.Inf(-1), g.factor
	try := func(s kernelShape) bool {
		var f factor
		for _, apart := range g.apart {
			f.extend(s.row(apart, g.coder.sizes))
		}
		log, _, _ := f.evidence(y)
		if log <= best {
			return false
		}
		best, g.shape, factored = log, s, f
		return true
	}
	weights := g.shape.weights
	for _, rate := range gridRates {
		for _, linear := range gridLinears {
			for _, noise := range gridNoises {
				try(kernelShape{linear: linear, rate: rate, noise: noise, weights: weights})
			}
		}
	}
	if len(weights) > 1 {
		for range weightRounds {
			for i := range weights {
				for _, times := range []float64{2, 0.5} {
					s := g.shape
					s.weights = slices.Clone(s.weights)
					s.weights[i] *= times
					if try(s) {
						break
					}
				}
			}
		}
	}
	g.factor = factored
}

// posterior is what a fitted process says of candidates; settle makes it take
// for known that one of them is as expected.
type posterior struct {
	g       *gauss
	codes   [][]uint8
	mean    []float64
	spread  []float64   // variance of each
	reduced [][]float64 // L^-1 k, a row for each point
}

func (g *gauss) predict(codes [][]uint8) *posterior {
	p := &posterior{g: g, codes: codes, mean: make([]float64, len(codes)), spread: make([]float64, len(codes))}
	sums := make([]float64, len(g.coder.sizes))
	for i, point := range g.codes {
		row := make([]float64, len(codes))
		for c, code := range codes {
			g.coder.distance(point, code, sums)
			row[c] = g.shape.value(sums, g.coder.sizes)
		}
		floats.AddScaled(p.mean, g.alpha[i], row)
		p.reduced = append(p.reduced, row)
	}
	for i, l := range g.factor.rows {
		for j, v := range l[:i] {
			floats.AddScaled(p.reduced[i], -v, p.reduced[j])
		}
		floats.Scale(1/l[i], p.reduced[i])
	}
	for c := range codes {
		p.mean[c] += g.mean
		p.spread[c] = 1
	}
	for _, row := range p.reduced {
		p.shrink(row)
	}
	return p
}

func (p *posterior) shrink(row []float64) {
	for c, v := range row {
		p.spread[c] = max(0, p.spread[c]-v*v)
	}
}

// deviation returns the standard deviation of candidate c.
func (p *posterior) deviation(c int) float64 { return math.Sqrt(p.g.scale * p.spread[c]) }

// settle adds candidate at to the points, with its mean for its target: what others
// of a batch are chosen by.
func (p *posterior) settle(at int) {
	row := make([]float64, len(p.codes))
	sums := make([]float64, len(p.g.coder.sizes))
	for c, code := range p.codes {
		p.g.coder.distance(p.codes[at], code, sums)
		row[c] = p.g.shape.value(sums, p.g.coder.sizes)
	}
	for _, r := range p.reduced {
		floats.AddScaled(row, -r[at], r)
	}
	floats.Scale(1/math.Sqrt(p.spread[at]+p.g.shape.noise), row)
	p.reduced = append(p.reduced, row)
	p.shrink(row)
}
