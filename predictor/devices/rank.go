package devices

import (
	"math"
)

// ranker is the mean of a device as sums over what is known of a network.
type ranker struct {
	factor, number []float64
	rest           []float64 // by measurement
	local          *locals
}

// locals are the parts of a similarity that follow from how many choices are shared, by
// [most][same].
type locals struct {
	most  int
	value []float64
}

func newLocals(most int) *locals {
	l := &locals{most, make([]float64, (most+1)*(most+1))}
	for m := range most + 1 {
		for same := range m + 1 {
			share := float64(same) / float64(max(m, 1))
			l.value[m*(most+1)+same] = share + math.Exp(-(1-share)/localReach)
		}
	}
	return l
}

// sharers count what a network has in common with each measured one, all at once.
type sharers struct {
	having [][]int32 // by column: the measurements of networks that have it
	ones   []int     // of each measured network
	same   []int     // that it shares
}

// newSharers returns the sharers of the networks at these rows, of so many columns.
func newSharers(c codes, at []int, cols int) *sharers {
	s := &sharers{make([][]int32, cols), make([]int, len(at)), make([]int, len(at))}
	for j, row := range at {
		s.ones[j] = len(c.choice[row])
		for _, col := range c.choice[row] {
			s.having[col] = append(s.having[col], int32(j))
		}
	}
	return s
}

// add adds to v the parts of a network's similarities to the measured ones, each times its weight.
func (s *sharers) add(v float64, choice []int32, l *locals, weight []float64) float64 {
	clear(s.same)
	for _, col := range choice {
		for _, j := range s.having[col] {
			s.same[j]++
		}
	}
	for j, w := range weight {
		v += w * l.value[max(len(choice), s.ones[j])*(l.most+1)+s.same[j]]
	}
	return v
}

// ranker sums over settings and measurements.
func (d *Device) ranker(q *Pool) *ranker {
	r := &ranker{factor: make([]float64, len(d.sources.unit)), number: make([]float64, len(d.sources.code.unit)), rest: make([]float64, len(d.at))}
	for i, at := range d.at {
		g := d.pool.factor[at]
		all, even := times(d.sources.forms.all, g), times(d.sources.forms.even, g)
		for c, set := range d.sources.sets {
			w := d.share[c] * d.coef[c][i]
			for k := range r.factor {
				r.factor[k] += w * (set.all*all[k] + set.even*even[k])
			}
			if set.near >= 0 {
				r.factor[set.near] += w * set.one * g[set.near]
			}
			r.rest[i] += w * set.rest / 3
		}
		for k, v := range d.pool.code.number[at] {
			r.number[k] += r.rest[i] * v
		}
	}
	for c, set := range d.sources.sets {
		for k := range r.factor {
			r.factor[k] += d.share[c] * set.mean * d.sources.forms.mean
		}
	}
	most := 0
	for _, c := range [][][]int32{d.pool.code.choice, q.code.choice} {
		for _, row := range c {
			most = max(most, len(row))
		}
	}
	r.local = newLocals(most)
	return r
}

// Rank returns the expected latency of the networks of a pool, in the unit of the
// measurements: its median.
func (d *Device) Rank(q *Pool) []float64 {
	r := d.ranker(q)
	constant := d.constant()
	shared := newSharers(d.pool.code, d.at, d.sources.code.cols)
	out := make([]float64, len(q.factor))
	for i := range out {
		v := constant + dot(r.factor, q.factor[i]) + dot(q.code.number[i], r.number)
		out[i] = math.Exp(d.unit.mean + d.unit.std*shared.add(v, q.code.choice[i], r.local, r.rest))
	}
	return out
}

// constant returns what the free constant of the kernel adds to every network.
func (d *Device) constant() float64 {
	var sum float64
	for c, w := range d.coef {
		for _, v := range w {
			sum += d.share[c] * flat * v
		}
	}
	return sum
}

// Predict returns what Rank does, and the standard deviation of a new measurement around
// it, under the likeliest setting and the spread between it and the others.
func (d *Device) Predict(q *Pool) (mean, std []float64) {
	mean, std = d.Rank(q), make([]float64, len(q.factor))
	n := len(d.at)
	c := d.likeliest()
	set := d.sources.sets[c]
	k := d.sources.kernels(d.pool, d.at)
	t := &triangle{n, make([]float64, n*(n+1)/2)}
	k.fill(t, set, d.extra)
	if !t.factorise() {
		panic("devices: kernel of a placed device is not positive")
	}
	scale := d.scale(c)
	all, even := make([][]float64, n), make([][]float64, n)
	for j, at := range d.at {
		all[j], even[j] = times(d.sources.forms.all, d.pool.factor[at]), times(d.sources.forms.even, d.pool.factor[at])
	}
	v := make([]float64, n)
	for i, f := range q.factor {
		for j, at := range d.at {
			v[j] = flat + set.all*dot(f, all[j]) + set.even*dot(f, even[j]) + set.rest*q.pair(d.pool, i, at).sum()
			if set.near >= 0 {
				v[j] += set.one * f[set.near] * d.pool.factor[at][set.near]
			}
		}
		own := flat + set.all*dot(f, times(d.sources.forms.all, f)) + set.even*dot(f, times(d.sources.forms.even, f)) + set.rest*q.pair(q, i, i).sum()
		if set.near >= 0 {
			own += set.one * f[set.near] * f[set.near]
		}
		m := set.mean*d.sources.forms.common(f) + dot(v, d.coef[c])
		t.forward(v)
		variance := scale * (set.noise + max(own-dot(v, v), 0))
		apart := m - (math.Log(mean[i])-d.unit.mean)/d.unit.std
		std[i] = mean[i] * d.unit.std * math.Sqrt(variance+apart*apart)
	}
	return mean, std
}
