package predictor

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/espalier-nas/espalier/supernet/space"
)

// Sparse tau is tau-b by pairs where those whose truths round to the same multiple are tied
// in truth; the intervals hold the figures and shrink with their number.
func TestSparseTauEqualsDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	wide := 0.0
	for _, n := range []int{12, 200} {
		score, truth := make([]float64, n), make([]float64, n)
		for i := range score {
			score[i] = r.NormFloat64()
			truth[i] = 0.05*score[i] + 0.05*r.NormFloat64()
		}
		const step = 0.02
		signs := func(a, b float64) float64 {
			switch {
			case a < b:
				return -1
			case a > b:
				return 1
			}
			return 0
		}
		var sum, s, u float64
		for i := range n {
			for j := range i {
				a, b := signs(score[i], score[j]), signs(math.Round(truth[i]/step), math.Round(truth[j]/step))
				sum, s, u = sum+a*b, s+a*a, u+b*b
			}
		}
		got := Rank(score, truth, step, 7)
		if want := sum / math.Sqrt(s*u); math.Abs(got.Sparse.Value-want) > 1e-12 || got.N != n || got.Step != step {
			t.Errorf("%+v; want a sparse tau of %v of %d", got, want, n)
		}
		if got.Tau.Value != Kendall(score, truth) || got.Tau.Value == got.Sparse.Value {
			t.Errorf("tau %v; want %v, which is not sparse tau %v", got.Tau.Value, Kendall(score, truth), got.Sparse.Value)
		}
		for _, e := range []Estimate{got.Tau, got.Sparse} {
			if !(e.Lo < e.Value && e.Value < e.Hi) {
				t.Errorf("interval %+v does not hold its figure", e)
			}
		}
		if w := got.Tau.Hi - got.Tau.Lo; wide > 0 && w > wide/2 {
			t.Errorf("interval of %d is %v wide, of 12 it was %v", n, w, wide)
		}
		wide = got.Tau.Hi - got.Tau.Lo
	}
	if v := Rounded([]float64{0.3, -1}, 0); !slices.Equal(v, []float64{0.3, -1}) {
		t.Errorf("without a step values become %v", v)
	}
}

// blind notes what it learns from, and fails if it is asked about that.
type blind struct {
	t    *testing.T
	fits *[][]space.Arch
	own  []space.Arch
}

// Fit implements Predictor.
func (s *blind) Fit(archs []space.Arch, _ []float64) error {
	s.own = slices.Clone(archs)
	*s.fits = append(*s.fits, s.own)
	return nil
}

// Predict implements Predictor: the number of examples learnt from.
func (s *blind) Predict(archs []space.Arch) (mean, std []float64) {
	for _, a := range archs {
		if slices.Contains(s.own, a) {
			s.t.Errorf("asked about %v, which it has seen", a)
		}
		mean, std = append(mean, float64(len(s.own))), append(std, 1)
	}
	return mean, std
}

// Each point is of all examples, each predicted by a model that has not seen it and has
// learnt from as many as the point says; fewer examples are part of the more.
func TestLearningCurve(t *testing.T) {
	archs, y := make([]space.Arch, 40), make([]float64, 40)
	for i := range archs {
		archs[i] = space.NewArch([]uint8{uint8(i)})
	}
	var fits [][]space.Arch
	curve, err := LearningCurve(func() Predictor { return &blind{t: t, fits: &fits} }, archs, y, []int{5, 20, 31}, 4, 3)
	if err != nil {
		t.Fatal(err)
	}
	if len(curve) != 2 || curve[0].Learnt != 5 || curve[1].Learnt != 20 {
		t.Fatalf("points %+v; want 5 and 20: folds leave 30", curve)
	}
	for i, c := range curve {
		if want := float64([]int{5, 20}[i]); c.Report.N != 40 || c.Report.RMSE != want {
			t.Errorf("point %+v; want all 40 predicted after %v examples", c, want)
		}
	}
	for f := range 4 {
		few, many := fits[f], fits[4+f]
		if len(few) != 5 || len(many) != 20 || !slices.Equal(few, many[:5]) {
			t.Errorf("fold %d learns from %d and then from %d others", f, len(few), len(many))
		}
	}
	if slices.Equal(fits[0], fits[1]) || slices.IsSortedFunc(fits[4], func(a, b space.Arch) int { return int(a.Gene(0)) - int(b.Gene(0)) }) {
		t.Error("examples are not drawn in random order")
	}
}
