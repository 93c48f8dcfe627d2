package report

import "math"

// BinomialError returns half of the 95 % interval of an accuracy on n pictures: 1.96 standard
// errors, but no less than what all n right leave (Clopper and Pearson 1934), which have no
// standard error but say no more than that.
func BinomialError(accuracy float64, n int) float64 {
	return max(1.96*math.Sqrt(accuracy*(1-accuracy)/float64(n)), 1-math.Pow(0.025, 1/float64(n)))
}
