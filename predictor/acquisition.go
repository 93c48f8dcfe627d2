package predictor

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// ExpectedImprovement returns by how much a value that is normal with this mean
// and standard deviation is expected to exceed best, values below counting as
// no improvement; higher is better. Without deviation it is max(mean-best, 0).
// Source: Mockus et al. 1978; Jones et al., J. Global Optim. 13 (1998).
func ExpectedImprovement(mean, std, best float64) float64 {
	gain := mean - best
	if !(std > 0) {
		return max(gain, 0)
	}
	z := gain / std
	return max(gain*distuv.UnitNormal.CDF(z)+std*distuv.UnitNormal.Prob(z), 0)
}

// ProbabilityOfImprovement returns how likely a value that is normal with this
// mean and standard deviation is to exceed best.
func ProbabilityOfImprovement(mean, std, best float64) float64 {
	if !(std > 0) {
		if mean > best {
			return 1
		}
		return 0
	}
	return distuv.UnitNormal.CDF((mean - best) / std)
}

// UpperBound returns the upper confidence bound mean + k std: the value that a
// search hopes for, the bolder the larger k. Source: Cox and John 1992;
// Srinivas et al., ICML 2010.
func UpperBound(mean, std, k float64) float64 { return mean + k*math.Max(std, 0) }
