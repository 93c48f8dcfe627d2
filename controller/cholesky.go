package controller

import (
	"math"

	"gonum.org/v1/gonum/floats"
)

// leastPivot keeps a factor of a matrix that is singular within rounding finite.
const leastPivot = 1e-10

// factor is the lower triangle L of L L' = K, for a positive definite K that grows
// by a row at a time: row i takes i^2 multiplications, not i^3.
type factor struct{ rows [][]float64 }

// extend appends a row of K: its entries by the earlier rows and the diagonal one last.
func (f *factor) extend(k []float64) {
	i := len(f.rows)
	row := make([]float64, i+1)
	for j, l := range f.rows {
		row[j] = (k[j] - floats.Dot(row[:j], l[:j])) / l[j]
	}
	row[i] = math.Sqrt(max(leastPivot, k[i]-floats.Dot(row[:i], row[:i])))
	f.rows = append(f.rows, row)
}

// forward solves L x = y.
func (f *factor) forward(y []float64) []float64 {
	x := make([]float64, len(y))
	for i, l := range f.rows {
		x[i] = (y[i] - floats.Dot(l[:i], x[:i])) / l[i]
	}
	return x
}

// solve solves K x = y.
func (f *factor) solve(y []float64) []float64 {
	x := f.forward(y)
	for i := len(f.rows) - 1; i >= 0; i-- {
		l := f.rows[i]
		x[i] /= l[i]
		floats.AddScaled(x[:i], -x[i], l[:i])
	}
	return x
}

// logDet returns the logarithm of K's determinant.
func (f *factor) logDet() float64 {
	sum := 0.0
	for i, l := range f.rows {
		sum += 2 * math.Log(l[i])
	}
	return sum
}

// evidence is the log marginal likelihood of y under N(0, s K) with the best s,
// which it returns too, up to a constant; alpha is K^-1 y.
func (f *factor) evidence(y []float64) (log, s float64, alpha []float64) {
	alpha = f.solve(y)
	n := float64(len(y))
	s = max(floats.Dot(y, alpha)/n, 1e-12)
	return -n/2*math.Log(s) - f.logDet()/2, s, alpha
}
