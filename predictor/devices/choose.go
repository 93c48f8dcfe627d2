package devices

import "math"

// most candidates that are looked at.
const maxCandidates = 1000

// Choose returns n rows of the pool to measure: each the one that most lowers the sum of
// the variances over the pool.
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
	set := setting{near: -1, all: 1, choice: 0.03, number: 0.03, local: 0.03, noise: 0.05}
	m := len(cand)
	k := make([][]float64, m)
	for a := range k {
		k[a] = make([]float64, m)
	}
	for a := range k {
		for b := a; b < m; b++ {
			v := set.kernel(p, p, cand[a], cand[b], p.pair(p, cand[a], cand[b]))
			k[a][b], k[b][a] = v, v
		}
	}
	var out []int
	for range min(n, m) {
		best, gain := 0, math.Inf(-1)
		for a := range k {
			var g float64
			for _, v := range k[a] {
				g += v * v
			}
			if g /= k[a][a] + set.noise; g > gain {
				best, gain = a, g
			}
		}
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
