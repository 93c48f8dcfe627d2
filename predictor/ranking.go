package predictor

import "math"

// Ranking tells how well one score orders architectures, with 95 % bootstrap intervals
// over them. Rank correlations that are undefined (see Kendall) are 0.
type Ranking struct {
	N      int      `json:"n"`      // architectures
	Tau    Estimate `json:"tau"`    // tau-b
	Sparse Estimate `json:"sparse"` // tau-b once truths are rounded to multiples of Step
	Step   float64  `json:"step"`   // in the unit of truth; 0: nothing is rounded
}

// Rank returns how well score orders what truth says; higher is better in both. Sparse
// tau does not ask for the order of what differs by less than about a step: truths are
// rounded, as Yu, Ranftl and Salzmann do (2020). The same seed draws the same resamples
// for all scores of as many architectures.
func Rank(score, truth []float64, step float64, seed uint64) Ranking {
	mustPair(score, truth)
	rounded := Rounded(truth, step)
	tau := func(truth []float64) Estimate {
		return estimate(len(score), seed, bootstrapResamples, func(at []int) float64 { return Kendall(pick(score, at), pick(truth, at)) })
	}
	return Ranking{N: len(score), Tau: tau(truth), Sparse: tau(rounded), Step: step}
}

// Rounded returns the multiples of step nearest to values; the values themselves with
// a step of 0.
func Rounded(values []float64, step float64) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = v
		if step > 0 {
			out[i] = step * math.Round(v/step)
		}
	}
	return out
}
