package predictor

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// RelianceWidth is how far, as a share of itself, a prediction may be off for it to be relied on.
const RelianceWidth = 0.10

// central90 is how many standard deviations on either side of the mean hold 90 %.
var central90 = distuv.UnitNormal.Quantile(0.95)

// Half returns half the width of the interval that holds 90 %, of a prediction with this standard deviation.
func Half(std float64) float64 { return central90 * std }

// Doubtful reports whether a positive prediction may be off by more than RelianceWidth, more than one time
// in ten, or does not tell so surely on which side of a limit it is; 0: there is none.
func Doubtful(mean, std, limit float64) bool {
	half := Half(std)
	return half > RelianceWidth*mean || limit > 0 && math.Abs(limit-mean) <= half
}

// Reliance tells, of predictions of what was measured, which would have been relied on and how good they were.
type Reliance struct {
	Relied        int `json:"relied"`         // predictions that are not Doubtful
	ReliedWithin  int `json:"relied_within"`  // of these, within RelianceWidth of the truth
	Doubted       int `json:"doubted"`        // the others
	DoubtedWithin int `json:"doubted_within"` // of these, within RelianceWidth of the truth
}

// Rely returns how far predictions are to be relied on, by their truths.
func Rely(mean, std, truth []float64) Reliance {
	mustPair(mean, truth)
	mustPair(mean, std)
	var r Reliance
	for i, m := range mean {
		n, within := &r.Relied, &r.ReliedWithin
		if Doubtful(m, std[i], 0) {
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
