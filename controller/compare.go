package controller

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat"

	"github.com/espalier-nas/espalier/internal/bootstrap"
	"github.com/espalier-nas/espalier/internal/stream"
)

// Comparison sets what a search found against what random search found with
// the same number of evaluations. The samples are the figures of independent
// runs (one best accuracy per seed), or the accuracies of all trials of one run.
type Comparison struct {
	Searches   int     `json:"searches"`    // sample sizes
	Randoms    int     `json:"randoms"`     //
	SearchMean float64 `json:"search_mean"` //
	SearchStd  float64 `json:"search_std"`  // sample standard deviation, 0 for one figure
	RandomMean float64 `json:"random_mean"` //
	RandomStd  float64 `json:"random_std"`  //
	Better     float64 `json:"better"`      // P(search > random) + P(equal)/2: 0.5 is no difference
	Relative   float64 `json:"relative"`    // (search mean - random mean) / random mean (Yang et al. 2020)
	Difference float64 `json:"difference"`  // search mean - random mean
	Effect     float64 `json:"effect"`      // Difference in pooled standard deviations; 0 if neither sample varies
	Low        float64 `json:"low"`         // of the difference: 95 % percentile bootstrap interval
	High       float64 `json:"high"`        //
}

// comparisonDraws is the number of bootstrap samples of a Comparison.
const comparisonDraws = 2000

// Compare compares two samples; seed fixes the bootstrap. An interval needs at
// least two figures on each side to say anything; with one the sample is taken
// to have no spread. An empty sample and figures that are not finite are errors.
func Compare(search, random []float64, seed uint64) (Comparison, error) {
	for name, x := range map[string][]float64{"search": search, "random": random} {
		if len(x) == 0 {
			return Comparison{}, fmt.Errorf("compare: the %s arm has no figures, want at least one", name)
		}
		if i := slices.IndexFunc(x, func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) }); i >= 0 {
			return Comparison{}, fmt.Errorf("compare: figure %d of the %s arm is %v, want a finite number", i, name, x[i])
		}
	}
	c := Comparison{Searches: len(search), Randoms: len(random), Better: superiority(search, random)}
	c.SearchMean, c.SearchStd = moments(search)
	c.RandomMean, c.RandomStd = moments(random)
	c.Difference = c.SearchMean - c.RandomMean
	if c.RandomMean != 0 {
		c.Relative = c.Difference / c.RandomMean
	}
	if s := pooled(c); s > 0 {
		c.Effect = c.Difference / s
	}
	c.Low, c.High = meansApart(search, random, seed)
	return c, nil
}

func moments(x []float64) (mean, std float64) {
	if len(x) == 1 {
		return x[0], 0
	}
	return stat.MeanStdDev(x, nil)
}

func pooled(c Comparison) float64 {
	if c.Searches+c.Randoms < 3 {
		return 0
	}
	a, b := float64(c.Searches-1), float64(c.Randoms-1)
	return math.Sqrt((a*c.SearchStd*c.SearchStd + b*c.RandomStd*c.RandomStd) / (a + b))
}

// superiority is the Mann-Whitney statistic as a probability.
func superiority(x, y []float64) float64 {
	sorted := slices.Sorted(slices.Values(y))
	wins := 0.0
	for _, v := range x {
		below, _ := slices.BinarySearch(sorted, v)
		upTo, _ := slices.BinarySearchFunc(sorted, v, func(e, t float64) int {
			if e <= t {
				return -1
			}
			return 1
		})
		wins += float64(below+upTo) / 2
	}
	return wins / float64(len(x)*len(y))
}

// meansApart returns the 95 % interval of the difference of two means.
func meansApart(x, y []float64, seed uint64) (low, high float64) {
	resampled := func(r *rand.Rand, x []float64) float64 {
		sum := 0.0
		for range x {
			sum += x[r.IntN(len(x))]
		}
		return sum / float64(len(x))
	}
	return bootstrap.Interval(bootstrap.Draws(stream.New(seed, "comparison"), comparisonDraws, func(r *rand.Rand) float64 {
		return resampled(r, x) - resampled(r, y)
	}), 0.95)
}
