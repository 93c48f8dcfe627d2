package predictor

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// standing returns predictions whose errors have the given size, a part of
// which the other model makes too.
func standing(name string, r *rand.Rand, truth, shared []float64, own float64) Standing {
	h := HeldOut{Truth: truth}
	for i, v := range truth {
		h.Mean, h.Std = append(h.Mean, v+shared[i]+own*r.NormFloat64()), append(h.Std, 1)
	}
	return Standing{Model: name, Report: h.Report(1), HeldOut: h}
}

func normals(r *rand.Rand, n int, scale float64) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = scale * r.NormFloat64()
	}
	return v
}

// TestVersusCovers: of equally good models, the interval of the difference holds
// 0 in about 95 of 100 cases, for tau and for RMSE.
func TestVersusCovers(t *testing.T) {
	const runs = 120
	var tau, rmse int
	for seed := range uint64(runs) {
		r := stream(seed, forChains, 1)
		truth, shared := normals(r, 40, 1), normals(r, 40, 0.5)
		d := Versus(standing("a", r, truth, shared, 0.4), standing("b", r, truth, shared, 0.4), seed)
		if d.TauLo <= 0 && 0 <= d.TauHi {
			tau++
		}
		if d.RMSELo <= 0 && 0 <= d.RMSEHi {
			rmse++
		}
		if d.TauLo > d.Tau || d.TauHi < d.Tau {
			t.Fatalf("%v: the difference lies outside its interval", d)
		}
	}
	t.Logf("the interval holds 0 in %d and %d of %d cases", tau, rmse, runs)
	if min(tau, rmse) < 105 || max(tau, rmse) == runs {
		t.Errorf("the intervals hold 0 in %d and %d of %d cases; want about %d", tau, rmse, runs, runs*95/100)
	}
}

// TestVersusIsPaired: errors that both models make do not hide that one of them
// makes fewer of its own, although the intervals of their taus overlap.
func TestVersusIsPaired(t *testing.T) {
	r := stream(1, forChains, 2)
	truth, shared := normals(r, 200, 1), normals(r, 200, 0.8)
	a, b := standing("fm", r, truth, shared, 0.1), standing("ridge", r, truth, shared, 0.6)
	if a.Report.KendallLo > b.Report.KendallHi {
		t.Fatalf("intervals of %v and %v do not overlap; want a case that needs pairs", a.Report, b.Report)
	}
	d, back := Versus(a, b, 3), Versus(b, a, 3)
	if !d.Better() || d.RMSEHi >= 0 || d.Verdict() != "better than ridge" {
		t.Errorf("%v; want fm clearly better", d)
	}
	if !back.Worse() || back.Verdict() != "worse than fm" || back.Tau != -d.Tau || math.Abs(back.TauLo+d.TauHi) > 1e-12 {
		t.Errorf("%v; want the mirror of %v", back, d)
	}
	if got := a.Report.Kendall - b.Report.Kendall; d.Tau != got || d.RMSE != a.Report.RMSE-b.Report.RMSE {
		t.Errorf("%v; want the differences of %v and %v", d, a.Report, b.Report)
	}
	if again := Versus(a, b, 3); again != d {
		t.Errorf("the same seed gives %v and %v", d, again)
	}
	if want := "predictor ridge ranks worse than fm on 200 architectures that neither has seen: difference in Kendall tau -"; d.Warning() != "" || !strings.HasPrefix(back.Warning(), want) {
		t.Errorf("warnings %q and %q; want none, and one that begins with %q", d.Warning(), back.Warning(), want)
	}
	if !strings.Contains(d.String(), "fm ranks better than ridge: difference in tau +") {
		t.Errorf("%v", d)
	}
}

// TestVersusAll follows models from Compare: of additive truth the low-rank
// model is no better than ridge, of interactions it is.
func TestVersusAll(t *testing.T) {
	models, err := Models(plantedInputs(), Options{Seed: 2})
	if err != nil {
		t.Fatal(err)
	}
	archs, y := planted(120, 0.3, 1)
	linear := make([]float64, len(archs))
	r := stream(3, forChains, 3)
	for i, a := range archs {
		linear[i] = float64(a.Gene(0)) - float64(a.Gene(1)) + 0.3*r.NormFloat64()
	}
	for _, c := range []struct {
		name    string
		y       []float64
		verdict string
	}{{"interactions", y, "better than ridge"}, {"additive", linear, "no better than ridge"}} {
		all, err := Compare(models, archs, c.y, 5, 1)
		if err != nil {
			t.Fatal(err)
		}
		got := VersusAll("fm", all, 1)
		if len(got) != 1 || got[0].N != 120 || got[0].Verdict() != c.verdict {
			t.Errorf("%s: %v; want fm %s", c.name, got, c.verdict)
		}
		if VersusAll("absent", all, 1) != nil {
			t.Error("comparisons of a model that is not there")
		}
	}
}
