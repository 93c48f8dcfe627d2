package predictor

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// TestRidgeSolvesNormalEquations checks X'(y - Xw) = penalty w on centred data.
func TestRidgeSolvesNormalEquations(t *testing.T) {
	archs, y := planted(60, 0.5, 1)
	p := fitted(t, "ridge", plantedInputs(), Options{}, archs, y).(*Ridge)
	mean, _ := p.Predict(archs)
	features := plantedInputs().Features
	for j := range p.state.Weight {
		var left float64
		for i, a := range archs {
			left += (features(a)[j] - p.state.Center[j]) * (y[i] - mean[i])
		}
		if right := p.state.Penalty * p.state.Weight[j]; math.Abs(left-right) > 1e-8*(1+math.Abs(right)) {
			t.Errorf("weight %d: gradient of the fit %v, of the penalty %v", j, left, right)
		}
	}
}

// TestRidgeLeaveOneOutIsExact refits without each example.
func TestRidgeLeaveOneOutIsExact(t *testing.T) {
	archs, y := planted(25, 0.5, 1)
	table, err := encoder{features: plantedInputs().Features}.encode(archs, -1)
	if err != nil {
		t.Fatal(err)
	}
	d := newSpectrum(table.design(upTo(len(y)), nil), y)
	const penalty = 0.7
	got, _ := d.leaveOneOut(penalty)
	var want float64
	for out := range archs {
		e := y[out] - refit(denseRows(table), y, out, penalty)
		want += e * e / float64(len(y))
	}
	if math.Abs(got-want) > 1e-9*want {
		t.Errorf("closed form %v; refits %v", got, want)
	}
}

func denseRows(t encoded) [][]float64 {
	return dense(design{rows: t.rows, inter: t.inter, cols: t.inter})
}

// refit predicts row out by ridge regression with a free intercept on all
// others, solved as one dense system.
func refit(x [][]float64, y []float64, out int, penalty float64) float64 {
	k := len(x[0]) + 1
	a, b := mat.NewSymDense(k, nil), mat.NewVecDense(k, nil)
	for i, row := range x {
		if i == out {
			continue
		}
		with := append([]float64{1}, row...)
		for p, u := range with {
			b.SetVec(p, b.AtVec(p)+u*y[i])
			for q := p; q < k; q++ {
				a.SetSym(p, q, a.At(p, q)+u*with[q])
			}
		}
	}
	for p := 1; p < k; p++ {
		a.SetSym(p, p, a.At(p, p)+penalty)
	}
	var w mat.VecDense
	if err := w.SolveVec(a, b); err != nil {
		panic(err)
	}
	return w.AtVec(0) + mat.Dot(w.SliceVec(1, k), mat.NewVecDense(k-1, x[out]))
}

func TestRidgeIntervalsAreCalibrated(t *testing.T) {
	archs, y := planted(60, 0, 1)
	fresh, truth := planted(2000, 0, 2)
	r := stream(8, forChains, 0)
	for i, a := range archs {
		y[i] = float64(a.Gene(0)) - float64(a.Gene(1)) + r.NormFloat64()
	}
	for i, a := range fresh {
		truth[i] = float64(a.Gene(0)) - float64(a.Gene(1)) + r.NormFloat64()
	}
	m, s := fitted(t, "ridge", plantedInputs(), Options{}, archs, y).Predict(fresh)
	if c := Coverage(m, s, truth, 0.9); math.Abs(c-0.9) > 0.06 {
		t.Errorf("90 %% intervals hold %v of new measurements", c)
	}
}
