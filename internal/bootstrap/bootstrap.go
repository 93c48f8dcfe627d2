// Package bootstrap draws resamples with replacement and takes intervals from them (Efron,
// Ann. Statist. 7, 1979). What is resampled, one list, pairs or two samples, is left to the
// statistic. It imports the standard library only.
package bootstrap

import (
	"math/rand/v2"
	"slices"
)

// Draws returns a statistic of so many resamples, sorted. Each call of stat draws its
// resample from r; see Redraw.
func Draws(r *rand.Rand, resamples int, stat func(r *rand.Rand) float64) []float64 {
	values := make([]float64, resamples)
	for i := range values {
		values[i] = stat(r)
	}
	slices.Sort(values)
	return values
}

// Redraw fills at with indices below n, drawn with replacement, and returns it.
func Redraw(r *rand.Rand, at []int, n int) []int {
	for i := range at {
		at[i] = r.IntN(n)
	}
	return at
}

// Interval returns the central percentile interval of probability level (0.95: 95 %) of
// sorted draws, at least one.
func Interval(sorted []float64, level float64) (low, high float64) {
	return Quantile(sorted, (1-level)/2), Quantile(sorted, (1+level)/2)
}

// Quantile interpolates the q-quantile of sorted values, 0 <= q <= 1.
func Quantile(sorted []float64, q float64) float64 {
	x := q * float64(len(sorted)-1)
	i := min(int(x), len(sorted)-1)
	j := min(i+1, len(sorted)-1)
	return sorted[i] + (x-float64(i))*(sorted[j]-sorted[i])
}
