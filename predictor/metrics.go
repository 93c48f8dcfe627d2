package predictor

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/espalier-nas/espalier/internal/bootstrap"
)

// RMSE returns the root of the mean squared difference; 0 of empty lists.
func RMSE(pred, truth []float64) float64 {
	mustPair(pred, truth)
	if len(pred) == 0 {
		return 0
	}
	var s float64
	for i, p := range pred {
		s += (p - truth[i]) * (p - truth[i])
	}
	return math.Sqrt(s / float64(len(pred)))
}

// Percent writes a relative error, a fraction. Above 1000 % it says nothing but that the truth is
// near 0.
func Percent(mape float64) string {
	if mape > 10 {
		return "> 1000 %"
	}
	return fmt.Sprintf("%.1f %%", 100*mape)
}

// MAPE returns the mean of |pred-truth|/|truth| as a fraction, over entries
// whose truth is not 0; 0 if there is none.
func MAPE(pred, truth []float64) float64 {
	mustPair(pred, truth)
	var s, n float64
	for i, t := range truth {
		if t != 0 {
			s += math.Abs(pred[i]-t) / math.Abs(t)
			n++
		}
	}
	return s / max(n, 1)
}

// Within returns the fraction of predictions that differ from the truth by at
// most share (0.05: 5 %) of it; 0 of empty lists.
func Within(pred, truth []float64, share float64) float64 {
	mustPair(pred, truth)
	var n float64
	for i, t := range truth {
		if math.Abs(pred[i]-t) <= share*math.Abs(t) {
			n++
		}
	}
	return n / max(float64(len(truth)), 1)
}

// Coverage returns the fraction of truths inside the central interval that a
// normal distribution with these means and standard deviations gives the
// probability level (0.9: 90 %). A calibrated model's is near level.
func Coverage(mean, std, truth []float64, level float64) float64 {
	mustPair(mean, truth)
	mustPair(mean, std)
	z := distuv.UnitNormal.Quantile((1 + level) / 2)
	var n float64
	for i, t := range truth {
		if math.Abs(mean[i]-t) <= z*std[i] {
			n++
		}
	}
	return n / max(float64(len(truth)), 1)
}

// PrecisionAt returns which fraction of the k best predicted entries (highest
// first, equal ones in the order given) are among the k best in truth, entries
// equal to the k-th best included. k is cut to the length; 0 gives 0.
func PrecisionAt(pred, truth []float64, k int) float64 {
	mustPair(pred, truth)
	k = min(k, len(truth))
	if k <= 0 {
		return 0
	}
	best := slices.Clone(truth)
	slices.Sort(best)
	floor := best[len(best)-k]
	var n float64
	for _, i := range top(pred, k) {
		if truth[i] >= floor {
			n++
		}
	}
	return n / float64(k)
}

// Regret returns how far the best truth among the k best predicted entries
// lies below the best truth of all, in the unit of truth: what is lost by
// looking only at the predictor's k favourites. Higher is better in both lists.
func Regret(pred, truth []float64, k int) float64 {
	mustPair(pred, truth)
	k = min(k, len(truth))
	if k <= 0 {
		return 0
	}
	found := math.Inf(-1)
	for _, i := range top(pred, k) {
		found = max(found, truth[i])
	}
	return slices.Max(truth) - found
}

// top returns the indices of the k highest entries, highest first.
func top(v []float64, k int) []int {
	order := make([]int, len(v))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(v[j], v[i]) })
	return order[:k]
}

// Bootstrap returns the central percentile interval of probability level of a
// statistic of paired lists, from resamples of the pairs with replacement.
// The same seed gives the same interval. Source: Efron, Ann. Statist. 7 (1979).
func Bootstrap(stat func(pred, truth []float64) float64, pred, truth []float64, resamples int, level float64, seed uint64) (lo, hi float64) {
	mustPair(pred, truth)
	if len(pred) == 0 || resamples < 1 {
		v := stat(pred, truth)
		return v, v
	}
	p, t, at := make([]float64, len(pred)), make([]float64, len(pred)), make([]int, len(pred))
	return bootstrap.Interval(bootstrap.Draws(stream(seed, forBootstrap, 0), resamples, func(r *rand.Rand) float64 {
		for i, j := range bootstrap.Redraw(r, at, len(at)) {
			p[i], t[i] = pred[j], truth[j]
		}
		return stat(p, t)
	}), level)
}
