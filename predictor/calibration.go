package predictor

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Calibration corrects predictions of what a search proposes by how earlier
// proposals turned out. A search picks what is predicted best, so that its picks
// are overestimated, and errors on them are larger than on random architectures.
// The zero value changes nothing.
type Calibration struct {
	N    int     `json:"n"`    // past picks
	Bias float64 `json:"bias"` // added to the mean, in the unit of the target
	// Stretch is the factor on the standard deviation, less one, such that mean
	// -/+ 1.645 deviations hold about 90 % of new picks; not negative.
	Stretch float64 `json:"stretch"`
}

const (
	// calibrationPrior is how many picks without bias, with errors of the size that
	// the model says, the true ones are mixed with.
	calibrationPrior = 2
	// calibrationShare of the bias is corrected, the rest counts as error.
	calibrationShare = 0.5
)

// Calibrate learns from past picks: what was predicted of them, each by a model
// that had not seen it, and the truth. Bias is half the mean error weighted by
// precision, since a model that learns from its picks errs less on the next; the
// factor on the deviation is the root mean square of the errors that are left,
// in deviations. Both are shrunk towards none by a few picks that agree with the
// model. The factor also makes up for having been estimated, by
// Student's t. It is at least 1: later picks lie farther from what the model has
// learnt than those that it was too careful about. Entries whose deviation is not above 0, or that are not finite,
// are left out.
func Calibrate(mean, std, truth []float64) Calibration {
	mustPair(mean, truth)
	mustPair(mean, std)
	var errs, devs []float64
	var weight, pull float64
	for i, s := range std {
		e, w := truth[i]-mean[i], 1/(s*s)
		if !(s > 0) || math.IsInf(s, 0) || math.IsNaN(e) || math.IsInf(e, 0) || math.IsInf(w, 0) {
			continue
		}
		errs, devs = append(errs, e), append(devs, s)
		weight, pull = weight+w, pull+w*e
	}
	n := float64(len(errs))
	if n == 0 {
		return Calibration{}
	}
	c := Calibration{N: len(errs), Bias: calibrationShare * pull / (weight * (1 + calibrationPrior/n))}
	squares := float64(calibrationPrior)
	for i, e := range errs {
		z := (e - c.Bias) / devs[i]
		squares += z * z
	}
	free := calibrationPrior + n - 1
	// A bias that is estimated adds its own variance, a part 1/(n+prior) of that
	// of an error.
	variance := squares / free * (1 + 1/(n+calibrationPrior))
	c.Stretch = max(math.Sqrt(variance)*tWidth(free)-1, 0)
	return c
}

// tWidth returns how much wider the central 90 % of Student's t are than those
// of the normal distribution.
func tWidth(free float64) float64 {
	return distuv.StudentsT{Sigma: 1, Nu: free}.Quantile(0.95) / central90
}

// Apply returns the corrected mean and standard deviation of a new pick.
func (c Calibration) Apply(mean, std float64) (float64, float64) {
	return mean + c.Bias, std * (1 + c.Stretch)
}

// ApplyAll returns corrected lists; it changes neither.
func (c Calibration) ApplyAll(mean, std []float64) (m, s []float64) {
	mustPair(mean, std)
	m, s = make([]float64, len(mean)), make([]float64, len(std))
	for i := range mean {
		m[i], s[i] = c.Apply(mean[i], std[i])
	}
	return m, s
}

// Factor returns the factor on the standard deviation; 1 changes nothing.
func (c Calibration) Factor() float64 { return 1 + c.Stretch }

// String returns the correction for logs and reports.
func (c Calibration) String() string {
	return fmt.Sprintf("bias %+.4g, deviations times %.2f, from %d picks", c.Bias, c.Factor(), c.N)
}
