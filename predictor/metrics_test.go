package predictor

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

// tiedPair draws two lists of one length from few values, so that ties abound.
func tiedPair(t *rapid.T, least int) (a, b []float64) {
	n := rapid.IntRange(least, 40).Draw(t, "n")
	list := func(name string) []float64 {
		return rapid.SliceOfN(rapid.Map(rapid.IntRange(-4, 4), func(i int) float64 { return float64(i) / 2 }), n, n).Draw(t, name)
	}
	return list("a"), list("b")
}

// naiveKendall is the definition of tau-b, pair by pair.
func naiveKendall(a, b []float64) float64 {
	var num, na, nb float64
	for i := range a {
		for j := range i {
			s, t := float64(compare(a[i], a[j])), float64(compare(b[i], b[j]))
			num += s * t
			na += s * s
			nb += t * t
		}
	}
	if na == 0 || nb == 0 {
		return 0
	}
	return num / math.Sqrt(na*nb)
}

func compare(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func TestKendallEqualsDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := tiedPair(t, 0)
		got, want := Kendall(a, b), naiveKendall(a, b)
		if math.Abs(got-want) > 1e-12 {
			t.Fatalf("Kendall = %v; want %v", got, want)
		}
		if back := Kendall(b, a); math.Abs(back-got) > 1e-12 {
			t.Fatalf("Kendall is not symmetric: %v and %v", got, back)
		}
	})
}

// naiveSpearman correlates ranks that are counted, not sorted.
func naiveSpearman(a, b []float64) float64 {
	rank := func(v []float64, i int) float64 {
		r := 0.5
		for _, x := range v {
			r += 0.5 * float64(1+compare(v[i], x))
		}
		return r
	}
	var sa, sb, saa, sbb, sab float64
	n := float64(len(a))
	for i := range a {
		x, y := rank(a, i), rank(b, i)
		sa, sb, saa, sbb, sab = sa+x, sb+y, saa+x*x, sbb+y*y, sab+x*y
	}
	va, vb := saa-sa*sa/n, sbb-sb*sb/n
	if va < 1e-9 || vb < 1e-9 {
		return 0
	}
	return (sab - sa*sb/n) / math.Sqrt(va*vb)
}

func TestSpearmanEqualsDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := tiedPair(t, 1)
		if got, want := Spearman(a, b), naiveSpearman(a, b); math.Abs(got-want) > 1e-9 {
			t.Fatalf("Spearman = %v; want %v", got, want)
		}
	})
}

func TestMetricsOfKnownLists(t *testing.T) {
	up := []float64{1, 2, 3, 4, 5}
	down := []float64{5, 4, 3, 2, 1}
	for _, c := range []struct {
		name      string
		got, want float64
	}{
		{"Kendall of equal lists", Kendall(up, up), 1},
		{"Kendall of reversed lists", Kendall(up, down), -1},
		{"Kendall with one swap", Kendall(up, []float64{2, 1, 3, 4, 5}), 0.8},
		// Three pairs, one tied in the second list: (2-0)/sqrt(3*2).
		{"Kendall with a tie", Kendall([]float64{1, 2, 3}, []float64{1, 1, 2}), 2 / math.Sqrt(6)},
		{"Kendall of a constant", Kendall(up, []float64{3, 3, 3, 3, 3}), 0},
		{"Kendall of nothing", Kendall(nil, nil), 0},
		{"Spearman with one swap", Spearman(up, []float64{2, 1, 3, 4, 5}), 0.9},
		{"Spearman of a constant", Spearman(up, []float64{3, 3, 3, 3, 3}), 0},
		{"RMSE", RMSE([]float64{1, 2}, []float64{4, 6}), math.Sqrt(12.5)},
		{"MAPE leaves zeros out", MAPE([]float64{1.1, 7, 1}, []float64{1, 0, 2}), 0.3},
		{"MAPE of zeros", MAPE([]float64{1}, []float64{0}), 0},
		{"Within 10 %", Within([]float64{109, 91, 111, -100}, []float64{100, 100, 100, -100}, 0.10), 0.75},
		{"Within takes the bound", Within([]float64{150}, []float64{100}, 0.5), 1},
		{"PrecisionAt 2", PrecisionAt([]float64{9, 8, 1, 0}, []float64{4, 1, 3, 0}, 2), 0.5},
		{"PrecisionAt counts equals of the k-th best", PrecisionAt([]float64{9, 8, 1}, []float64{3, 3, 3}, 1), 1},
		{"PrecisionAt more than all", PrecisionAt(up, down, 9), 1},
		{"PrecisionAt 0", PrecisionAt(up, down, 0), 0},
		{"Regret 1", Regret([]float64{9, 8, 1}, []float64{4, 5, 7}, 1), 3},
		{"Regret 3", Regret([]float64{9, 8, 1}, []float64{4, 5, 7}, 3), 0},
		{"Coverage", Coverage([]float64{0, 0, 0, 0}, []float64{1, 1, 1, 1}, []float64{1.6, -1.6, 1.7, 0}, 0.9), 0.75},
		{"PartialKendall of what z explains", PartialKendall(up, up, up), 0},
		// tau(a,b) = tau(a,z) = 1/3, tau(b,z) = -1/3: (1/3 + 1/9) / (1 - 1/9).
		{"PartialKendall", PartialKendall([]float64{1, 2, 3}, []float64{2, 1, 3}, []float64{1, 3, 2}), 0.5},
	} {
		if math.Abs(c.got-c.want) > 1e-12 {
			t.Errorf("%s = %v; want %v", c.name, c.got, c.want)
		}
	}
}

func TestPartialKendallRemovesSize(t *testing.T) {
	r := stream(3, forChains, 0)
	size, pred, truth := make([]float64, 400), make([]float64, 400), make([]float64, 400)
	for i := range size {
		size[i] = r.NormFloat64()
		pred[i] = size[i] + 0.3*r.NormFloat64()
		truth[i] = size[i] + 0.3*r.NormFloat64()
	}
	whole, part := Kendall(pred, truth), PartialKendall(pred, truth, size)
	if whole < 0.6 || math.Abs(part) > whole/2 {
		t.Errorf("tau %v, partial tau %v; want the first above 0.6 by size alone, the second far below", whole, part)
	}
}

func TestBootstrapInterval(t *testing.T) {
	r := stream(1, forChains, 0)
	pred, truth := make([]float64, 200), make([]float64, 200)
	for i := range pred {
		pred[i] = r.NormFloat64()
		truth[i] = pred[i] + r.NormFloat64()
	}
	tau := Kendall(pred, truth)
	lo, hi := Bootstrap(Kendall, pred, truth, 300, 0.95, 7)
	if !(lo < tau && tau < hi) || hi-lo > 0.25 || hi-lo < 0.05 {
		t.Errorf("95 %% interval [%v, %v] around %v; want it around, about 0.14 wide", lo, hi, tau)
	}
	narrowLo, narrowHi := Bootstrap(Kendall, pred, truth, 300, 0.5, 7)
	if !(lo < narrowLo && narrowHi < hi) {
		t.Errorf("50 %% interval [%v, %v] is not inside the 95 %% interval [%v, %v]", narrowLo, narrowHi, lo, hi)
	}
	if lo2, hi2 := Bootstrap(Kendall, pred, truth, 300, 0.95, 7); lo2 != lo || hi2 != hi {
		t.Errorf("same seed gave [%v, %v] and [%v, %v]", lo, hi, lo2, hi2)
	}
	if lo2, hi2 := Bootstrap(Kendall, pred, truth, 300, 0.95, 8); lo2 == lo && hi2 == hi {
		t.Error("another seed gave the same interval")
	}
}

// TestBootstrapCovers counts how often the interval holds the true value, 2/pi
// asin(rho) for normal pairs.
func TestBootstrapCovers(t *testing.T) {
	r := stream(2, forChains, 0)
	truth := 2 / math.Pi * math.Asin(1/math.Sqrt2)
	hit := 0
	for trial := range 100 {
		a, b := make([]float64, 60), make([]float64, 60)
		for i := range a {
			a[i] = r.NormFloat64()
			b[i] = a[i] + r.NormFloat64()
		}
		if lo, hi := Bootstrap(Kendall, a, b, 200, 0.9, uint64(trial)); lo <= truth && truth <= hi {
			hit++
		}
	}
	if hit < 80 || hit > 98 {
		t.Errorf("%d of 100 intervals of level 0.9 hold the truth; want about 90", hit)
	}
}

func TestEvaluate(t *testing.T) {
	truth := []float64{10, 20, 30, 40, 50, 60, 70, 80}
	pred := []float64{10.4, 21.8, 29, 41, 49, 70, 69, 81}
	got := Evaluate(pred, truth, 1)
	want := Report{
		N: 8, Kendall: Kendall(pred, truth), Spearman: Spearman(pred, truth),
		MAPE: MAPE(pred, truth), RMSE: RMSE(pred, truth), Within5: 6.0 / 8, Within10: 7.0 / 8,
	}
	if d := cmp.Diff(want, got, cmpopts.IgnoreFields(Report{}, "KendallLo", "KendallHi")); d != "" {
		t.Errorf("Evaluate (-want +got):\n%s", d)
	}
	if got.KendallLo > got.Kendall || got.KendallHi < got.Kendall {
		t.Errorf("tau %v outside its interval [%v, %v]", got.Kendall, got.KendallLo, got.KendallHi)
	}
}

// A relative error of figures near 0 is no number that anybody reads.
func TestPercentNearZero(t *testing.T) {
	for mape, want := range map[float64]string{0.0123: "1.2 %", 9.99: "999.0 %", 8e15: "> 1000 %", math.Inf(1): "> 1000 %"} {
		if got := Percent(mape); got != want {
			t.Errorf("%v is written %q; want %q", mape, got, want)
		}
	}
}
