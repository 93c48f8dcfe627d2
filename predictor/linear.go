package predictor

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// linear is a block of columns of a design in the basis of their singular
// vectors after centring, where weights are independent given the targets: it
// lets a sampler draw all of them at once.
type linear struct {
	from int         // first column
	mean []float64   // of each column
	u    [][]float64 // [direction][row], unit length
	v    [][]float64 // [direction][column], unit length
	sv   []float64   // singular values, falling, none near zero
}

// newLinear decomposes columns from to to-1; it takes the eigenvectors of the
// smaller of the two Gram matrices.
func newLinear(d design, from, to int) *linear {
	l := &linear{from: from, mean: make([]float64, to-from)}
	n := len(d.rows)
	if n == 0 || to == from {
		return l
	}
	x := mat.NewDense(n, to-from, nil)
	for i, row := range d.rows {
		for _, e := range row {
			if e.at >= from && e.at < to {
				x.Set(i, e.at-from, e.x)
				l.mean[e.at-from] += e.x / float64(n)
			}
		}
	}
	for i := range d.rows {
		for j, m := range l.mean {
			x.Set(i, j, x.At(i, j)-m)
		}
	}
	wide := to-from > n
	var gram mat.SymDense
	if wide {
		gram.SymOuterK(1, x)
	} else {
		gram.SymOuterK(1, x.T())
	}
	l.directions(x, &gram, wide)
	return l
}

// directions fills u, v and sv. Eigenvalues below 1e-10 of the largest are
// rounding noise of one-hot groups, which always sum to one.
func (l *linear) directions(x *mat.Dense, gram *mat.SymDense, wide bool) {
	var eigen mat.EigenSym
	if !eigen.Factorize(gram, true) {
		panic("predictor: eigenvalues of the features do not converge")
	}
	values := eigen.Values(nil)
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	largest := values[len(values)-1]
	for k := len(values) - 1; k >= 0 && values[k] > 1e-10*largest; k-- {
		s := math.Sqrt(values[k])
		own := mat.Col(nil, k, &vectors)
		var other mat.VecDense
		if wide {
			other.MulVec(x.T(), mat.NewVecDense(len(own), own))
		} else {
			other.MulVec(x, mat.NewVecDense(len(own), own))
		}
		other.ScaleVec(1/s, &other)
		far := other.RawVector().Data
		if wide {
			own, far = far, own
		}
		l.sv, l.v, l.u = append(l.sv, s), append(l.v, own), append(l.u, far)
	}
}
