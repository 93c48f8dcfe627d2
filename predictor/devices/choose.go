package devices

import "math"

// most candidates that are looked at.
const maxCandidates = 1000

// Choose returns n different rows of the pool to measure: each the one that most lowers the
// sum of the variances over the pool.
func (s *Sources) Choose(p *Pool, n int) []int {
	var rows []int
	for i := range p.factor {
		if !p.odd[i] {
			rows = append(rows, i)
		}
	}
	cand := make([]int, 0, maxCandidates)
	for _, k := range spread(len(rows), maxCandidates) {
		cand = append(cand, rows[k])
	}
	set := s.expected()
	ks := s.kernels(p, cand)
	m := len(cand)
	k := make([][]float64, m)
	for a := range k {
		k[a] = make([]float64, m)
	}
	for a := range k {
		for b := a; b < m; b++ {
			at := a*m + b
			v := flat + set.all*ks.all[at] + set.even*ks.even[at] + set.rest*ks.rest[at]
			k[a][b], k[b][a] = v, v
		}
	}
	var out []int
	taken := make([]bool, m)
	for range min(n, m) {
		best, gain := 0, math.Inf(-1)
		for a := range k {
			if taken[a] {
				continue
			}
			var g float64
			for _, v := range k[a] {
				g += v * v
			}
			if g /= k[a][a] + set.noise; g > gain {
				best, gain = a, g
			}
		}
		taken[best] = true
		out = append(out, cand[best])
		col := append([]float64(nil), k[best]...)
		d := col[best] + set.noise
		for a := range k {
			f := col[a] / d
			for b := range k[a] {
				k[a][b] -= f * col[b]
			}
		}
	}
	return out
}

// expected returns the setting with the mean variances of the prior.
func (s *Sources) expected() setting {
	out := setting{near: -1}
	for c, set := range s.sets {
		share := math.Exp(s.prior[c])
		out.all += share * (set.all + set.one) // along any of the sources is along what they have in common
		out.even += share * set.even
		out.rest += share * set.rest
		out.noise += share * set.noise
	}
	return out
}
