package kernel

import (
	"math"
	"math/rand/v2"
	"slices"
)

// weightIndex is the place of one weight of the window, written down from the
// layouts' definition alone. i counts within o's group.
func weightIndex(c Conv, o, i, ky, kx int) int {
	wk, wIn := max(c.WK, c.K), max(c.WInC, c.InC)
	ky, kx = ky+(wk-c.K)/2, kx+(wk-c.K)/2
	if c.WC > 0 {
		return (ky*wk+kx)*c.WC + o
	}
	per := c.OutC / c.G
	g, o := o/per, o%per
	blocks := (per + 15) / 16
	return ((((g*blocks+o/16)*wk+ky)*wk+kx)*(wIn/c.G)+i)*16 + o%16
}

// weightLen is the size of the stored weight.
func weightLen(c Conv) int {
	wk, wIn := max(c.WK, c.K), max(c.WInC, c.InC)
	if c.WC > 0 {
		return wk * wk * c.WC
	}
	return c.G * ((c.OutC/c.G + 15) / 16) * wk * wk * (wIn / c.G) * 16
}

// visit calls f for each product of the convolution: the places of y, x and w.
func visit(c Conv, f func(y, x, w int)) {
	oh, ow, in, out := c.OutH(), c.OutW(), c.InC/c.G, c.OutC/c.G
	for p := range c.N * oh * ow {
		n, oy, ox := p/(oh*ow), p/ow%oh, p%ow
		for k := range c.K * c.K {
			ky, kx := k/c.K, k%c.K
			iy, ix := oy*c.S-c.Pad+ky*c.Dil, ox*c.S-c.Pad+kx*c.Dil
			if iy < 0 || iy >= c.H || ix < 0 || ix >= c.W {
				continue
			}
			for o := range c.OutC {
				for i := range in {
					f(p*c.OutC+o, ((n*c.H+iy)*c.W+ix)*c.InC+o/out*in+i, weightIndex(c, o, i, ky, kx))
				}
			}
		}
	}
}

// expected holds a pass computed in float64 and, per element, the sum of the
// absolute values of its terms, by which rounding errors are measured.
type expected struct{ sum, abs []float64 }

func newExpected(n int) expected { return expected{make([]float64, n), make([]float64, n)} }

func (e expected) add(i int, v float64) {
	e.sum[i] += v
	e.abs[i] += math.Abs(v)
}

// level returns e with the largest scale for every element.
func (e expected) level() expected {
	abs, most := make([]float64, len(e.abs)), slices.Max(e.abs)
	for i := range abs {
		abs[i] = most
	}
	return expected{e.sum, abs}
}

// worst returns the largest error of got, in units of each element's scale.
func (e expected) worst(got []float32) float64 {
	var w float64
	for i, v := range got {
		d := math.Abs(float64(v)-e.sum[i]) / (e.abs[i] + 1e-30)
		if math.IsNaN(d) {
			return math.Inf(1)
		}
		w = max(w, d)
	}
	return w
}

func refForward(c Conv, x, w []float32, bias []float32) expected {
	e := newExpected(c.N * c.OutH() * c.OutW() * c.OutC)
	visit(c, func(yi, xi, wi int) { e.add(yi, float64(x[xi])*float64(w[wi])) })
	for i := range e.sum {
		if bias != nil {
			e.add(i, float64(bias[i%c.OutC]))
		}
	}
	return e
}

func refForwardAdd(c Conv, x, w, y []float32) expected {
	e := refForward(c, x, w, nil)
	for i, v := range y {
		e.add(i, float64(v))
	}
	return e
}

func refBackData(c Conv, dy, w, dx []float32) expected {
	e := newExpected(len(dx))
	for i, v := range dx {
		e.add(i, float64(v))
	}
	visit(c, func(yi, xi, wi int) { e.add(xi, float64(dy[yi])*float64(w[wi])) })
	return e
}

func refBackWeights(c Conv, x, dy, dw []float32) expected {
	e := newExpected(len(dw))
	for i, v := range dw {
		e.add(i, float64(v))
	}
	visit(c, func(yi, xi, wi int) { e.add(wi, float64(dy[yi])*float64(x[xi])) })
	return e
}

// guarded returns n values between two runs of NaN, and a function that reports
// whether those runs are as they were.
func guarded(n int, fill func() float32) (s []float32, intact func() bool) {
	const guard = 37
	all := make([]float32, n+2*guard)
	nan := float32(math.NaN())
	for i := range all {
		all[i] = nan
	}
	s = all[guard : guard+n : guard+n]
	for i := range s {
		s[i] = fill()
	}
	return s, func() bool {
		for _, edge := range [][]float32{all[:guard], all[guard+n:]} {
			for _, v := range edge {
				if math.Float32bits(v) != math.Float32bits(nan) {
					return false
				}
			}
		}
		return true
	}
}

func uniform(r *rand.Rand) func() float32 { return func() float32 { return r.Float32()*2 - 1 } }

// storedWeight returns a random weight in storage order whose padding lanes,
// those beyond OutC in a block, are zero.
func storedWeight(c Conv, r *rand.Rand) (w []float32, intact func() bool) {
	w, intact = guarded(weightLen(c), uniform(r))
	per := c.OutC / c.G
	if c.WC == 0 && per%16 != 0 {
		block := len(w) / c.G / ((per + 15) / 16)
		for i := range w {
			if i%(block*((per+15)/16))/block*16+i%16 >= per {
				w[i] = 0
			}
		}
	}
	return w, intact
}

func sameBits(a, b []float32) bool {
	for i := range a {
		if math.Float32bits(a[i]) != math.Float32bits(b[i]) {
			return false
		}
	}
	return len(a) == len(b)
}
