package predictor

import (
	"math"
	"math/bits"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// stack returns the shares in which models predict left-out targets with the smallest
// squared error: none negative, their sum 1. means[k] are the left-out predictions of model
// k. Of equal errors the one with the fewest models counts, and of those the first. Source:
// Wolpert, Stacked generalization, Neural Networks 5 (1992); none negative: Breiman, Stacked
// regressions, Machine Learning 24 (1996). All sets of models are tried, so they should be few.
func stack(means [][]float64, y []float64) []float64 {
	best, least := make([]float64, len(means)), math.Inf(1)
	for size := 1; size <= len(means); size++ {
		for set := uint(1); set < 1<<len(means); set++ {
			if bits.OnesCount(set) != size {
				continue
			}
			share, ok := sharesOf(means, y, set)
			if !ok {
				continue
			}
			var sq float64
			for i, v := range mix(means, share) {
				sq += (v - y[i]) * (v - y[i])
			}
			if sq < least*(1-1e-12) {
				best, least = share, sq
			}
		}
	}
	return best
}

// sharesOf returns the best shares of a set of models that sum to 1; false if one of them is
// not above 0 or the models do not differ.
func sharesOf(means [][]float64, y []float64, set uint) ([]float64, bool) {
	last := bits.Len(set) - 1
	var others []int
	for k := range last {
		if set>>k&1 == 1 {
			others = append(others, k)
		}
	}
	share := make([]float64, len(means))
	share[last] = 1
	n := len(others)
	if n == 0 {
		return share, true
	}
	// y = last + sum of w (other - last): the normal equations of w.
	a, b := mat.NewSymDense(n, nil), mat.NewVecDense(n, nil)
	for i, v := range y {
		base := means[last][i]
		for p, k := range others {
			d := means[k][i] - base
			b.SetVec(p, b.AtVec(p)+d*(v-base))
			for q := p; q < n; q++ {
				a.SetSym(p, q, a.At(p, q)+d*(means[others[q]][i]-base))
			}
		}
	}
	var chol mat.Cholesky
	var w mat.VecDense
	if !chol.Factorize(a) || chol.SolveVecTo(&w, b) != nil {
		return nil, false
	}
	for p, k := range others {
		share[k] = w.AtVec(p)
		share[last] -= share[k]
	}
	for k, s := range share {
		if set>>k&1 == 1 && !(s > 0) {
			return nil, false
		}
	}
	return share, true
}

// mix returns the mean of predictions in these shares; those without a share may be nil.
func mix(means [][]float64, share []float64) []float64 {
	var out []float64
	for k, m := range means {
		if share[k] == 0 {
			continue
		}
		if out == nil {
			out = make([]float64, len(m))
		}
		for i, v := range m {
			out[i] += share[k] * v
		}
	}
	return out
}

// crossMix returns the mean of left-out predictions in shares that were chosen without the
// fold of each example: what a stack is worth, not what it was fitted to.
func crossMix(means [][]float64, y []float64, fold []int) []float64 {
	out := make([]float64, len(y))
	for f := range slices.Max(fold) + 1 {
		known, asked := splitFold(fold, f)
		from, to := make([][]float64, len(means)), make([][]float64, len(means))
		for k, m := range means {
			from[k], to[k] = pick(m, known), pick(m, asked)
		}
		for n, v := range mix(to, stack(from, pick(y, known))) {
			out[asked[n]] = v
		}
	}
	return out
}
