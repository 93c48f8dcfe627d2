package devices

import (
	"fmt"
	"math"
)

// Device is a placed device.
type Device struct {
	sources *Sources
	pool    *Pool
	at      []int
	unit    standard
	share   []float64
	coef    [][]float64 // [setting][measurement], unit of the logarithm
}

// Place fits the device from the latencies of the networks at rows of the pool.
func (s *Sources) Place(p *Pool, at []int, latency []float64) (*Device, error) {
	y, err := logs(0, latency)
	if err != nil {
		return nil, err
	}
	d := &Device{sources: s, pool: p, at: at, unit: standardOf(y)}
	n := len(at)
	k := s.kernels(p, at)
	for i := range y {
		y[i] = d.unit.of(y[i])
	}
	t := &triangle{n, make([]float64, n*(n+1)/2)}
	extra := make([]float64, n)
	best := math.Inf(-1)
	for c, set := range s.sets {
		w := make([]float64, n)
		l, ok := k.evidence(t, set, extra, y, w)
		if !ok {
			return nil, fmt.Errorf("devices: kernel is not positive")
		}
		l += s.prior[c]
		d.share, d.coef = append(d.share, l), append(d.coef, w)
		best = max(best, l)
	}
	var sum float64
	for c, l := range d.share {
		d.share[c] = math.Exp(l - best)
		sum += d.share[c]
	}
	for c := range d.share {
		d.share[c] /= sum
	}
	return d, nil
}

// Rank predicts.
func (d *Device) Rank(q *Pool) []float64 {
	n := len(d.at)
	factor := make([]float64, len(d.sources.unit))
	rest := make([]float64, n)
	for i, at := range d.at {
		g := d.pool.factor[at]
		all, even := times(d.sources.forms.all, g), times(d.sources.forms.even, g)
		for c, set := range d.sources.sets {
			w := d.share[c] * d.coef[c][i]
			for k := range factor {
				factor[k] += w * (set.all*all[k] + set.even*even[k])
			}
			if set.near >= 0 {
				factor[set.near] += w * set.one * g[set.near]
			}
			rest[i] += w * set.rest
		}
	}
	out := make([]float64, len(q.factor))
	for i := range out {
		v := dot(factor, q.factor[i])
		for j, at := range d.at {
			v += rest[j] * q.pair(d.pool, i, at).sum()
		}
		out[i] = d.unit.mean + d.unit.std*v
	}
	return out
}
