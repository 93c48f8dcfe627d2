package devices

import "math"

// triangle is a Cholesky factor of a small matrix, row by row: n(n+1)/2 numbers.
type triangle struct {
	n int
	l []float64
}

func (t *triangle) row(i int) []float64 { return t.l[i*(i+1)/2:][:i+1] }

// factorise replaces the lower half of a positive matrix by its Cholesky factor; false if
// it is not positive.
func (t *triangle) factorise() bool {
	for i := range t.n {
		r := t.row(i)
		for j := range i {
			c := t.row(j)
			r[j] = (r[j] - dot(r[:j], c[:j])) / c[j]
		}
		d := r[i] - dot(r[:i], r[:i])
		if !(d > 0) {
			return false
		}
		r[i] = math.Sqrt(d)
	}
	return true
}

// logDet returns the logarithm of the determinant of the matrix.
func (t *triangle) logDet() float64 {
	var s float64
	for i := range t.n {
		s += 2 * math.Log(t.row(i)[i])
	}
	return s
}

// forward solves L x = b in place.
func (t *triangle) forward(b []float64) {
	for i := range t.n {
		r := t.row(i)
		b[i] = (b[i] - dot(r[:i], b[:i])) / r[i]
	}
}

// backward solves L' x = b in place.
func (t *triangle) backward(b []float64) {
	for i := t.n - 1; i >= 0; i-- {
		r := t.row(i)
		b[i] /= r[i]
		for j, v := range r[:i] {
			b[j] -= v * b[i]
		}
	}
}
