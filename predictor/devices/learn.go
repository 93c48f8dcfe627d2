package devices

import (
	"math"
	"math/rand/v2"
	"slices"
)

// How the prior is learnt: each source plays the new device, several times, with as many
// measurements.
const trials, trialRows, rounds = 4, 12, 30

// learn sets the prior of the settings: the shares under which the sources themselves,
// each as a new device beside the others, are most likely, found by expectation
// maximisation from equal shares. Settings that differ in the source only keep one share.
func (s *Sources) learn(p *Pool, rows []int) error {
	kinds := s.kind[len(s.kind)-1] + 1
	size := make([]float64, kinds)
	for _, k := range s.kind {
		size[k]++
	}
	var tables [][]float64 // [device and trial][kind] likelihood
	for d := range s.unit {
		if len(s.unit) < 3 {
			break
		}
		own, err := s.without(d, p)
		if err != nil {
			return err
		}
		for trial := range trials {
			r := rand.New(rand.NewPCG(uint64(d), uint64(trial)))
			at := make([]int, 0, trialRows)
			for _, k := range r.Perm(len(rows)) {
				if len(at) < trialRows && !p.odd[rows[k]] {
					at = append(at, rows[k])
				}
			}
			tables = append(tables, own.likelihoods(p, at, pickRows(s.unit[d], at), s.sets, s.kind, kinds, d))
		}
	}
	share := make([]float64, kinds)
	for k := range share {
		share[k] = 1 / float64(kinds)
	}
	for range rounds {
		next := make([]float64, kinds)
		for k := range next {
			next[k] = 1.0 / float64(kinds)
		}
		for _, l := range tables {
			var sum float64
			for k, v := range l {
				sum += share[k] * v
			}
			for k, v := range l {
				next[k] += share[k] * v / sum
			}
		}
		for k := range share {
			share[k] = next[k] / (1 + float64(len(tables)))
		}
	}
	s.prior = make([]float64, len(s.sets))
	for c, k := range s.kind {
		s.prior[c] = math.Log(share[k] / size[k])
	}
	return nil
}

// without returns the sources without one of them, as far as likelihoods need them.
func (s *Sources) without(d int, p *Pool) (*Sources, error) {
	out := &Sources{}
	f := make([][]float64, 0, maxSmooth)
	for _, i := range spread(len(p.factor), maxSmooth) {
		f = append(f, slices.Delete(slices.Clone(p.factor[i]), d, d+1))
	}
	var err error
	out.forms, err = newForms(f)
	return out, err
}

// likelihoods returns the likelihood of unit latencies at rows under each kind of
// setting, over the largest; source d is left out.
func (s *Sources) likelihoods(p *Pool, at []int, y []float64, sets []setting, kind []int, kinds, d int) []float64 {
	own := &Pool{code: p.code.pick(at)}
	for _, i := range at {
		own.factor = append(own.factor, slices.Delete(slices.Clone(p.factor[i]), d, d+1))
	}
	rows := make([]int, len(at))
	for i := range rows {
		rows[i] = i
	}
	k := s.kernels(own, rows)
	unit := standardOf(y)
	for i := range y {
		y[i] = unit.of(y[i])
	}
	n := len(at)
	t := &triangle{n, make([]float64, n*(n+1)/2)}
	extra, w := make([]float64, n), make([]float64, n)
	log := make([]float64, len(sets))
	best := math.Inf(-1)
	for c, set := range sets {
		if set.near >= len(own.factor[0]) {
			log[c] = math.Inf(-1)
			continue
		}
		l, ok := k.evidence(t, set, extra, y, w)
		if !ok {
			l = math.Inf(-1)
		}
		log[c] = l
		best = max(best, l)
	}
	out, count := make([]float64, kinds), make([]float64, kinds)
	for c, l := range log {
		if !math.IsInf(l, -1) {
			out[kind[c]] += math.Exp(l - best)
			count[kind[c]]++
		}
	}
	for k := range out {
		out[k] /= max(count[k], 1)
	}
	return out
}
