package devices

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// setting is one prior of a new device.
type setting struct {
	near int // source that it is like; -1: none more than another
	all, one,
	choice, number, local float64 // variances
	noise float64
}

const flat, localReach = 100.0, 0.5

func settings(sources int) []setting {
	var out []setting
	for near := -1; near < sources; near++ {
		for _, rest := range []float64{0.003, 0.01, 0.03, 0.1, 0.3} {
			for _, noise := range []float64{0.001, 0.01, 0.05, 0.2} {
				s := setting{near: near, all: 1, choice: rest, number: rest, local: rest, noise: noise}
				if near >= 0 {
					s.all, s.one = 0.1, 0.9
				}
				out = append(out, s)
			}
		}
	}
	return out
}

// Device is a placed device.
type Device struct {
	pool  *Pool
	at    []int
	y     []float64
	set   []setting
	share []float64
	coef  [][]float64
	mean  float64
}

func (p *Pool) pair(q *Pool, i, j int) pair { return similar(p.code, q.code, i, j, localReach) }

func (s setting) kernel(p, q *Pool, i, j int, sim pair) float64 {
	f, g := p.factor[i], q.factor[j]
	k := flat + s.all*dot(f, g)/float64(len(f)) + s.choice*sim.linear + s.number*sim.number + s.local*sim.local
	if s.near >= 0 {
		k += s.one * f[s.near] * g[s.near]
	}
	return k
}

// Place fits the device from the latencies of the networks at rows of the pool.
func (s *Sources) Place(p *Pool, at []int, latency []float64) (*Device, error) {
	y, err := logs(0, latency)
	if err != nil {
		return nil, err
	}
	d := &Device{pool: p, at: at, y: y}
	n := len(at)
	sims := make([][]pair, n)
	for i := range n {
		sims[i] = make([]pair, n)
		for j := range n {
			sims[i][j] = p.pair(p, at[i], at[j])
		}
	}
	unit := standardOf(y)
	t := mat.NewVecDense(n, nil)
	for i := range y {
		t.SetVec(i, unit.of(y[i]))
	}
	best := math.Inf(-1)
	var logs []float64
	for c, set := range s.sets {
		k := mat.NewSymDense(n, nil)
		for i := range n {
			for j := i; j < n; j++ {
				k.SetSym(i, j, set.kernel(p, p, at[i], at[j], sims[i][j]))
			}
			k.SetSym(i, i, k.At(i, i)+set.noise)
		}
		var chol mat.Cholesky
		if !chol.Factorize(k) {
			return nil, fmt.Errorf("devices: kernel is not positive")
		}
		var w mat.VecDense
		if err := chol.SolveVecTo(&w, t); err != nil {
			return nil, err
		}
		sq := mat.Dot(&w, t)
		const shape, rate = 2.0, 2.0
		l := s.prior[c] - (shape+float64(n)/2)*math.Log(rate+sq/2) - chol.LogDet()/2
		logs = append(logs, l)
		best = max(best, l)
		coef := make([]float64, n)
		for i := range coef {
			coef[i] = unit.std * w.AtVec(i)
		}
		d.set, d.coef = append(d.set, set), append(d.coef, coef)
	}
	var sum float64
	for _, l := range logs {
		d.share = append(d.share, math.Exp(l-best))
		sum += math.Exp(l - best)
	}
	for k := range d.share {
		d.share[k] /= sum
	}
	d.mean = unit.mean
	return d, nil
}

// Rank predicts.
func (d *Device) Rank(q *Pool) []float64 {
	out := make([]float64, len(q.factor))
	for i := range out {
		out[i] = d.mean
		for n, j := range d.at {
			sim := q.pair(d.pool, i, j)
			for c, set := range d.set {
				if d.share[c] > 1e-4 {
					out[i] += d.share[c] * d.coef[c][n] * set.kernel(q, d.pool, i, j, sim)
				}
			}
		}
	}
	return out
}
