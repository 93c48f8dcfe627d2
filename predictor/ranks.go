package predictor

import (
	"math"
	"slices"

	"github.com/espalier-nas/espalier/supernet/space"
)

// innerFolds of the cross-validation inside a fit, and the fewest distinct
// architectures for which it is worth its noise.
const innerFolds, minChoose = 5, 10

// folds are the examples of a fit, split for cross-validation.
type folds struct {
	train, test [][]int
	known       []problem // of train
	asked       []design  // of test
	rows        int
	options     Options
}

// newFolds splits the examples; nil if there are too few.
func newFolds(t encoded, archs []space.Arch, o Options) *folds {
	if _, groups := groupByArch(archs); groups < minChoose {
		return nil
	}
	fold := assignFolds(archs, innerFolds, o.Seed)
	f := &folds{
		train: make([][]int, innerFolds), test: make([][]int, innerFolds),
		known: make([]problem, innerFolds), asked: make([]design, innerFolds),
		rows: len(archs), options: o,
	}
	parallel(innerFolds, o.Workers, func(k int) {
		f.train[k], f.test[k] = splitFold(fold, k)
		scale := t.scalings(f.train[k])
		f.known[k] = newProblem(t.design(f.train[k], scale))
		f.asked[k] = t.design(f.test[k], scale)
	})
	return f
}

// weighRanks predicts every example by models of each rank that have not seen
// it, and returns the shares that the ranks deserve and the predictions mixed
// in these shares. target(k) holds the targets of all rows as fold k sees them.
func (f *folds) weighRanks(target func(k int) []float64) (share, mixed []float64) {
	ranks := f.options.ranks()
	preds := make([][]float64, len(ranks))
	for r := range preds {
		preds[r] = make([]float64, f.rows)
	}
	errs := make([][]float64, len(f.test))
	parallel(len(f.test), f.options.Workers, func(k int) {
		all := target(k)
		errs[k] = make([]float64, len(ranks))
		for r, rank := range ranks {
			p := f.known[k].fit(pick(all, f.train[k]), []int{rank}, trialPlan(), f.options.Seed+uint64(k+1), 1)
			mean, _ := p.predict(f.asked[k], 1)
			for n, i := range f.test[k] {
				preds[r][i] = mean[n]
				errs[k][r] += (mean[n] - all[i]) * (mean[n] - all[i])
			}
		}
	})
	total := make([]float64, len(ranks))
	for _, e := range errs {
		for r, v := range e {
			total[r] += v
		}
	}
	share = evidence(total, f.rows)
	mixed = make([]float64, f.rows)
	for r, p := range preds {
		for i, v := range p {
			mixed[i] += share[r] * v
		}
	}
	return share, mixed
}

// evidence turns the summed squared errors of models on n unseen examples into
// shares: the likelihood of the errors under normal noise of their own size,
// error^(-n/2), normalised. The best of many examples takes nearly all; few
// examples leave a mixture, which is safer than a choice.
func evidence(squares []float64, n int) []float64 {
	share := make([]float64, len(squares))
	for r, s := range squares {
		share[r] = -float64(n) / 2 * math.Log(s+1e-300)
	}
	largest := slices.Max(share)
	var sum float64
	for r, l := range share {
		share[r] = math.Exp(l - largest)
		sum += share[r]
	}
	for r := range share {
		share[r] /= sum
	}
	return share
}

// allot gives each of n chains a rank, in proportion to the shares: largest
// remainders first, smaller ranks winning ties.
func allot(ranks []int, share []float64, n int) []int {
	var out []int
	rest := make([]float64, len(ranks))
	for r, s := range share {
		whole := math.Floor(s * float64(n))
		rest[r] = s*float64(n) - whole
		for range int(whole) {
			out = append(out, ranks[r])
		}
	}
	for len(out) < n {
		best := 0
		for r := range rest {
			if rest[r] > rest[best] {
				best = r
			}
		}
		rest[best] = -1
		out = append(out, ranks[best])
	}
	slices.Sort(out)
	return out
}
