package report

import "math"

// BinomialError returns half of the 95 % interval of an accuracy on n pictures: 1.96 standard
// errors, but no less than what all n right leave (Clopper and Pearson 1934), which have no
// standard error but say no more than that.
func BinomialError(accuracy float64, n int) float64 {
	return max(1.96*math.Sqrt(accuracy*(1-accuracy)/float64(n)), 1-math.Pow(0.025, 1/float64(n)))
}

// PairedError returns half of the 95 % interval of the difference of two accuracies on the same n pictures, of which onlyA are
// told right by the first network alone and onlyB by the second alone: 1.96 standard errors of the mean difference per
// picture (McNemar 1947), but no less than what n pictures on which both agree leave.
func PairedError(onlyA, onlyB, n int) float64 {
	d := float64(onlyA-onlyB) / float64(n)
	return max(1.96*math.Sqrt((float64(onlyA+onlyB)/float64(n)-d*d)/float64(n)), BinomialError(1, n))
}
