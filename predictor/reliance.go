package predictor

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// RelianceWidth is how far, as a share of itself, a prediction may be off for it to be relied on.
const RelianceWidth = 0.10

// central90 is how many standard deviations on either side of the mean hold 90 %.
var central90 = distuv.UnitNormal.Quantile(0.95)

// Doubtful reports whether a positive prediction may be off by more than RelianceWidth, more than one time
// in ten, or does not tell so surely on which side of a limit it is; 0: there is none.
func Doubtful(mean, std, limit float64) bool {
	half := central90 * std
	return half > RelianceWidth*mean || limit > 0 && math.Abs(limit-mean) <= half
}

// Reliance tells, of predictions of what was measured, which would have been relied on and how good they were.
type Reliance struct {
	Relied        int `json:"relied"`         // predictions that are not Doubtful
	ReliedWithin  int `json:"relied_within"`  // of these, within RelianceWidth of the truth
	Doubted       int `json:"doubted"`        // the others
	DoubtedWithin int `json:"doubted_within"` // of these, within RelianceWidth of the truth
}

// Rely returns how far predictions are to be relied on, by their truths: each with its deviation stretched by what all
// the others were off (see Calibrate).
func Rely(mean, std, truth []float64) Reliance {
	mustPair(mean, truth)
	mustPair(mean, std)
	without := func(v []float64, i int) []float64 { return slices.Delete(slices.Clone(v), i, i+1) }
	var r Reliance
	for i, m := range mean {
		n, within := &r.Relied, &r.ReliedWithin
		others := Calibrate(without(mean, i), without(std, i), without(truth, i))
		if Doubtful(m, others.Factor()*std[i], 0) {
			n, within = &r.Doubted, &r.DoubtedWithin
		}
		*n++
		if math.Abs(m-truth[i]) <= RelianceWidth*truth[i] {
			*within++
		}
	}
	return r
}

// String returns it for logs and reports.
func (r Reliance) String() string {
	return fmt.Sprintf("%d of %d relied on, %d of them within 10 %%; %d doubtful, %d within 10 %%", r.Relied, r.Relied+r.Doubted, r.ReliedWithin, r.Doubted, r.DoubtedWithin)
}
