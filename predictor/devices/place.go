package devices

import (
	"fmt"
	"math"
	"slices"
)

// Device is a new device among the sources.
type Device struct {
	sources *Sources
	pool    *Pool
	at      []int // rows of the pool that were measured
	unit    standard
	share   []float64   // of each setting
	coef    [][]float64 // [setting][measurement], unit of the logarithm
	extra   []float64   // variance of each measurement beyond the noise of a setting
	y       []float64   // standardised logarithms
	mean    []float64   // of the sources, at the measurements
}

// freedom is that of the Student distribution of a measurement: one that lies far from
// what the others let expect counts for less.
const freedom = 4

// Place fits the device from the latencies of the networks at rows at of the pool, above 0
// and in any unit. Settings are weighed by how likely they make the measurements. Errors
// name the measurement.
func (s *Sources) Place(p *Pool, at []int, latency []float64) (*Device, error) {
	if len(at) < 2 || len(at) != len(latency) {
		return nil, fmt.Errorf("devices: %d networks with %d latencies; want as many, at least 2", len(at), len(latency))
	}
	for i, v := range latency {
		if !(v > 0) || math.IsInf(v, 0) || at[i] < 0 || at[i] >= len(p.factor) {
			return nil, fmt.Errorf("devices: measurement %d is %v at row %d; want a latency above 0 of a network of the pool", i, v, at[i])
		}
	}
	d := &Device{sources: s, pool: p, at: slices.Clone(at), extra: make([]float64, len(at))}
	step := timerStep(latency)
	for _, v := range latency {
		d.y = append(d.y, math.Log(v))
	}
	d.unit = standardOf(d.y)
	rounding := make([]float64, len(at))
	for i, v := range latency {
		d.y[i] = d.unit.of(d.y[i])
		rounding[i] = step * step / 12 / (v * v) / (d.unit.std * d.unit.std)
	}
	copy(d.extra, rounding)
	k := s.kernels(p, at)
	d.mean = k.mean
	if err := d.weigh(k); err != nil {
		return nil, err
	}
	for i, v := range d.outlying(k) {
		d.extra[i] = rounding[i] + v
	}
	return d, d.weigh(k)
}

// timerStep returns the resolution of a timer: the largest power of ten that all latencies
// are multiples of, down to a millionth of the smallest.
func timerStep(latency []float64) float64 {
	least := slices.Min(latency)
	for e := math.Floor(math.Log10(least)); ; e-- {
		step := math.Pow(10, e)
		if step < least*1e-6 {
			return 0
		}
		if !slices.ContainsFunc(latency, func(v float64) bool { return math.Abs(v/step-math.Round(v/step)) > 1e-6 }) {
			return step
		}
	}
}

// weigh sets the shares and coefficients of the settings.
func (d *Device) weigh(k *kernels) error {
	n := len(d.at)
	t := &triangle{n, make([]float64, n*(n+1)/2)}
	d.share, d.coef = make([]float64, len(d.sources.sets)), make([][]float64, len(d.sources.sets))
	all := make([]float64, n*len(d.coef))
	for c, set := range d.sources.sets {
		d.coef[c] = all[c*n:][:n]
		l, ok := k.evidence(t, set, d.extra, d.y, d.coef[c])
		if !ok {
			return fmt.Errorf("devices: kernel of %d measurements is not positive", n)
		}
		d.share[c] = l + d.sources.prior[c]
	}
	best := slices.Max(d.share)
	var sum float64
	for c, l := range d.share {
		d.share[c] = math.Exp(l - best)
		sum += d.share[c]
	}
	for c := range d.share {
		d.share[c] /= sum
	}
	return nil
}

// likeliest returns the setting with the largest share.
func (d *Device) likeliest() int {
	best := 0
	for c, v := range d.share {
		if v > d.share[best] {
			best = c
		}
	}
	return best
}

// outlying returns the variance to add to each measurement: none where it is as the others
// let expect, more the further it is off, under the likeliest setting.
func (d *Device) outlying(k *kernels) []float64 {
	n := len(d.at)
	c := d.likeliest()
	t := &triangle{n, make([]float64, n*(n+1)/2)}
	w := make([]float64, n)
	k.evidence(t, d.sources.sets[c], d.extra, d.y, w)
	scale := d.scale(c)
	out := make([]float64, n)
	for i := range n {
		e := make([]float64, n)
		e[i] = 1
		t.forward(e)
		precision := dot(e, e) // of measurement i given the others
		square := w[i] * w[i] / (precision * scale)
		out[i] = max(square-1, 0) / (freedom + 1) / precision
	}
	return out
}

// scale returns the expected variance under a setting, over that of the measurements.
func (d *Device) scale(c int) float64 {
	sq := dot(d.coef[c], d.y) - d.sources.sets[c].mean*dot(d.coef[c], d.mean)
	return (rate + sq/2) / (shape + float64(len(d.at))/2 - 1)
}
