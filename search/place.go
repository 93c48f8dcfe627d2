package search

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/espalier-nas/espalier/predictor"
	"github.com/espalier-nas/espalier/supernet/space"
)

// placement carries the latencies of this program's layers over to another runtime: it
// takes so many times as long, and a time of its own for each layer, as runtimes do that
// call their layers one by one.
type placement struct {
	slope float64 // seconds there, per image, over seconds of own kernels per pass
	each  float64 // seconds of a layer there beside, per image
}

// place returns the placement under which networks come nearest to what they take, in squared
// relative error, with a constant that is left to the model on top; neither figure is negative.
func (l *Latencies) place(archs []space.Arch, y []float64) placement {
	rows := make([][3]float64, len(archs))
	for i, a := range archs {
		sum, layers := 0.0, 0
		for _, s := range l.family.Plan(a) {
			t, _ := l.table.Lookup(s.Layer)
			sum += t
			layers++
		}
		rows[i] = [3]float64{1 / y[i], sum / y[i], float64(layers) / y[i]}
	}
	best, least := placement{slope: 1}, math.Inf(1)
	for _, use := range [][]int{{0, 1, 2}, {1, 2}, {0, 1}, {1}} { // the slope is never left out
		x, rest := fitOnes(rows, use)
		if x[0] < 0 || x[1] <= 0 || x[2] < 0 || !(rest < least) {
			continue
		}
		best, least = placement{x[1], x[2]}, rest
	}
	return best
}

// fitOnes returns the coefficients of some columns, the others 0, whose sum comes nearest to 1
// in every row, and the sum of squares that is left; infinite where columns depend on each other.
func fitOnes(rows [][3]float64, use []int) (x [3]float64, rest float64) {
	a, ones := mat.NewDense(len(rows), len(use), nil), mat.NewVecDense(len(rows), nil)
	for i, r := range rows {
		ones.SetVec(i, 1)
		for k, c := range use {
			a.Set(i, k, r[c])
		}
	}
	var v mat.VecDense
	if err := v.SolveVec(a, ones); err != nil {
		return x, math.Inf(1)
	}
	for k, c := range use {
		x[c] = v.AtVec(k)
	}
	var left mat.VecDense
	left.MulVec(a, &v)
	left.SubVec(&left, ones)
	return x, mat.Dot(&left, &left)
}

// table returns the layers' latencies there.
func (p placement) table(own predictor.Table) predictor.Table {
	return func(x space.Layer) (float64, bool) {
		t, ok := own(x)
		return p.slope*t + p.each, ok
	}
}
