package devices

import (
	"math"
)

// setting is one prior of a new device, in units of the variance of its logarithmic
// latencies.
type setting struct {
	mean      float64 // expected slope on the mean of the sources
	near      int     // source that it is like; -1: to none more than to another
	all, even float64 // variances along what sources have in common, and along each direction
	one       float64 // along the source that it is like
	rest      float64 // of what its networks tell beyond the sources, three times
	noise     float64 // of a measurement
}

// flat is the variance of the constant, large enough to leave it free; localReach the
// reach of the local similarity.
const flat, localReach = 30.0, 0.5

// settings lists the priors; kind numbers those that differ in the source only.
func settings(sources int) (sets []setting, kind []int) {
	rests := []float64{0.001, 0.003, 0.01, 0.03, 0.1, 0.3}
	noisy := []float64{0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1}
	shapes := []setting{{near: -1, all: 1}, {near: -1, all: 0.8, even: 0.2}, {near: -1, mean: 0.8, all: 0.1}, {near: -1, mean: 0.8, all: 0.3}, {near: -1, mean: 0.8, all: 0.1, even: 0.1}, {all: 0.1, one: 0.9}, {all: 0.09, even: 0.01, one: 0.9}}
	kinds := 0
	for _, s := range shapes {
		for _, s.rest = range rests {
			for _, s.noise = range noisy {
				if s.near < 0 {
					sets, kind = append(sets, s), append(kind, kinds)
				} else {
					for s.near = range sources {
						sets, kind = append(sets, s), append(kind, kinds)
					}
				}
				kinds++
			}
		}
	}
	return sets, kind
}

// kernels are the parts of the kernel among some networks, each [i][j] as i*n+j.
type kernels struct {
	n         int
	all, even []float64
	rest      []float64
	mean      []float64   // of the sources
	factor    [][]float64 // of the networks
}

func (s *Sources) kernels(p *Pool, at []int) *kernels {
	n := len(at)
	k := &kernels{n: n, all: make([]float64, n*n), even: make([]float64, n*n), rest: make([]float64, n*n)}
	for i, a := range at {
		k.factor = append(k.factor, p.factor[a])
		k.mean = append(k.mean, s.forms.common(p.factor[a]))
		all, even := times(s.forms.all, p.factor[a]), times(s.forms.even, p.factor[a])
		for j, b := range at {
			k.all[i*n+j] = dot(all, p.factor[b])
			k.even[i*n+j] = dot(even, p.factor[b])
			k.rest[i*n+j] = p.pair(p, a, b).sum()
		}
	}
	return k
}

// sum is the mean of the three similarities.
func (p pair) sum() float64 { return (p.linear + p.number + p.local) / 3 }

func (p *Pool) pair(q *Pool, i, j int) pair { return similar(p.code, q.code, i, j, localReach) }

// fill sets t to the kernel of the measurements under s; extra is the variance of each
// measurement beyond s.noise.
func (k *kernels) fill(t *triangle, s setting, extra []float64) {
	for i := range k.n {
		r := t.row(i)
		for j := range r {
			at := i*k.n + j
			v := flat + s.all*k.all[at] + s.even*k.even[at] + s.rest*k.rest[at]
			if s.near >= 0 {
				v += s.one * k.factor[i][s.near] * k.factor[j][s.near]
			}
			r[j] = v
		}
		r[i] += s.noise + extra[i]
	}
}

// The prior of the variance of a device's logarithmic latencies, over that of the
// measured ones: an inverse gamma distribution.
const shape, rate = 2.0, 2.0

// evidence returns the logarithmic marginal likelihood of unit targets, the variance
// integrated out, and sets w to the kernel's inverse times y.
func (k *kernels) evidence(t *triangle, s setting, extra, y, w []float64) (float64, bool) {
	k.fill(t, s, extra)
	if !t.factorise() {
		return 0, false
	}
	for i, v := range y {
		w[i] = v - s.mean*k.mean[i]
	}
	t.forward(w)
	sq := dot(w, w)
	t.backward(w)
	return -(shape+float64(k.n)/2)*math.Log(rate+sq/2) - t.logDet()/2, true
}
