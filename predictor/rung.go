package predictor

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
)

// The priors of a rung, on the scale of rungEvidence.
const (
	rungSlope, rungSlopeStd = 0.5, 0.5  // of the upper score on the lower one: likely to rise, by less
	rungSize, rungSizeStd   = 0.25, 0.4 // of the slope on the size: a larger network learns more than its inherited weights show
	rungShiftStd            = 10        // of the intercept: free
	rungNoise, rungShape    = 0.2, 1.0  // variance of what is left, and half the observations that is worth
	rungBend                = 0.1       // by how much the truth may bend away from the line, per squared distance from the evidence
)

// rungCols is the number of coefficients.
const rungCols = 3

// rungEvidence is what a step between two levels is learnt from. Scores and
// sizes count in deviations of the architectures with both scores; in half the
// deviation of all with the lower one, if those are much alike: a search
// promotes the best.
type rungEvidence struct {
	lower, sizes, upper []float64 // of the architectures with both scores
	allLower, allSizes  []float64 // of all with the lower one
}

// rung is the regression upper = shift + slope lower + bySize size + noise after
// it has seen the evidence: a normal-inverse-gamma posterior, with a deviation
// from the line that grows with the distance from the evidence.
type rung struct {
	centre, scale [2]float64 // of the lower score and of the size
	shift, unit   float64    // of the upper score
	coef          *mat.VecDense
	cov           *mat.SymDense // of the coefficients, over the variance of the noise
	noise         float64       // expected variance
	free          float64       // degrees of freedom
}

func fitRung(e rungEvidence) rung {
	var r rung
	r.centre[0], r.scale[0] = centred(e.lower, e.allLower)
	r.centre[1], r.scale[1] = centred(e.sizes, e.allSizes)
	r.shift, r.unit = stat.MeanStdDev(e.upper, nil)
	r.unit = max(r.unit, r.scale[0]/10) // scores that are equal by chance are not without noise
	if !(r.unit > 0) {
		r.unit = 1
	}
	prior := mat.NewVecDense(rungCols, []float64{0, rungSlope, rungSize})
	precision := mat.NewSymDense(rungCols, nil)
	for k, std := range []float64{rungShiftStd, rungSlopeStd, rungSizeStd} {
		precision.SetSym(k, k, rungNoise/(std*std))
	}
	squares := 2 * rungShape * rungNoise
	var pull mat.VecDense
	pull.MulVec(precision, prior)
	squares += mat.Inner(prior, precision, prior)
	for i, v := range e.upper {
		x, y := r.row(e.lower[i], e.sizes[i]), (v-r.shift)/r.unit
		precision.SymRankOne(precision, 1, x)
		pull.AddScaledVec(&pull, y, x)
		squares += y * y
	}
	r.solve(precision, &pull, squares, 2*rungShape+float64(len(e.upper)))
	return r
}

// centred returns the mean of some numbers and their deviation, but at least
// half of that of all; 1 if they do not differ.
func centred(some, all []float64) (mean, scale float64) {
	mean, scale = stat.MeanStdDev(some, nil)
	if scale = max(scale, stat.StdDev(all, nil)/2); !(scale > 1e-12*math.Abs(mean)) {
		scale = 1
	}
	return mean, scale
}

// row returns the regressors on the unit scale.
func (r *rung) row(lower, size float64) *mat.VecDense {
	x := (lower - r.centre[0]) / r.scale[0]
	return mat.NewVecDense(rungCols, []float64{1, x, (size - r.centre[1]) / r.scale[1]})
}

// solve sets the posterior from its precision, precision times mean, and the
// squares that are not yet explained.
func (r *rung) solve(precision *mat.SymDense, pull *mat.VecDense, squares, free float64) {
	var chol mat.Cholesky
	if !chol.Factorize(precision) {
		panic("predictor: precision of a rung is not positive")
	}
	r.coef, r.cov = &mat.VecDense{}, &mat.SymDense{}
	if err := chol.SolveVecTo(r.coef, pull); err != nil {
		panic("predictor: precision of a rung is singular")
	}
	if err := chol.InverseTo(r.cov); err != nil {
		panic("predictor: precision of a rung is singular")
	}
	r.free = free
	r.noise = max(squares-mat.Dot(r.coef, pull), 0) / free
}

// predict returns the upper score of an architecture whose lower score has this
// mean and deviation.
func (r *rung) predict(mean, std, size float64) (float64, float64) {
	x := r.row(mean, size)
	width := tWidth(r.free)
	variance := r.noise * (1 + mat.Inner(x, r.cov, x)) * width * width
	slope := r.coef.AtVec(1)
	d := std / r.scale[0]
	bend := rungBend * (x.AtVec(1)*x.AtVec(1) + d*d)
	variance += (slope*slope+r.noise*r.cov.At(1, 1))*d*d + bend*bend
	return r.shift + r.unit*mat.Dot(r.coef, x), r.unit * math.Sqrt(variance)
}

// words tells the fitted line.
func (r *rung) words(sized bool) string {
	text := fmt.Sprintf("%.3g per unit of the score below", r.coef.AtVec(1)*r.unit/r.scale[0])
	if sized {
		text += fmt.Sprintf(", %+.3g for twice the size", r.coef.AtVec(2)*r.unit/r.scale[1]*math.Ln2)
	}
	return text + fmt.Sprintf(", deviation %.3g", r.unit*math.Sqrt(r.noise))
}
