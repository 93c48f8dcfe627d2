package devices

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// forms are quadratic forms of the source latencies of two networks, each with a mean of
// 1 over the networks that the sources measured: all weighs sources alike, so that what
// they agree in has most variance; even gives each direction of the table the same.
type forms struct {
	all, even *mat.SymDense
	mean      float64 // times the sum of the sources' values: their mean at a deviation of 1
}

// ridgeOfEven, as a share of the mean variance of a direction, keeps directions that hold
// little but noise from counting as much as the others.
const ridgeOfEven = 0.02

// newForms takes the directions from the unit latencies [network][source]. Where all are 0, so
// are the forms.
func newForms(factor [][]float64) (forms, error) {
	n := len(factor[0])
	cov := mat.NewSymDense(n, nil)
	for _, f := range factor {
		cov.SymRankOne(cov, 1/float64(len(factor)), mat.NewVecDense(n, f))
	}
	var e mat.EigenSym
	if !e.Factorize(cov, true) {
		return forms{}, fmt.Errorf("devices: eigenvalues of the sources do not converge")
	}
	var v mat.Dense
	e.VectorsTo(&v)
	f := forms{all: mat.NewSymDense(n, nil), even: mat.NewSymDense(n, nil), mean: 1 / math.Sqrt(max(mat.Sum(cov), 1e-300))}
	var total, mean float64
	for _, l := range e.Values(nil) {
		total += max(l, 0)
	}
	if !(total > 0) { // no source tells networks apart
		f.mean = 0
		return f, nil
	}
	for k, l := range e.Values(nil) {
		f.all.SetSym(k, k, 1/total)
		w := 1 / (max(l, 0) + ridgeOfEven*total/float64(n))
		f.even.SymRankOne(f.even, w, v.ColView(k))
		mean += max(l, 0) * w
	}
	f.even.ScaleSym(1/mean, f.even)
	return f, nil
}

// times returns a form times a vector.
func times(m *mat.SymDense, v []float64) []float64 {
	var out mat.VecDense
	out.MulVec(m, mat.NewVecDense(len(v), v))
	return out.RawVector().Data
}

// common returns the mean of the sources at a network, at a deviation of 1.
func (f *forms) common(factor []float64) float64 {
	var sum float64
	for _, v := range factor {
		sum += v
	}
	return f.mean * sum
}
