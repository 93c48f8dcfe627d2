package predictor

import (
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestCurveInvertsItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := rapid.SampledFrom([]Warp{WarpNone, WarpLog, WarpRanks}).Draw(t, "warp")
		y := rapid.SliceOfN(rapid.Map(rapid.IntRange(1, 50), func(i int) float64 { return float64(i) / 7 }), 1, 60).Draw(t, "y")
		c, z, err := fitCurve(w, y)
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range z {
			if got := c.inverse(v); math.Abs(got-y[i]) > 1e-9 {
				t.Fatalf("%s: value %v comes back as %v", w, y[i], got)
			}
		}
		for i := range y {
			for j := range y {
				if compare(y[i], y[j]) != compare(z[i], z[j]) {
					t.Fatalf("%s: %v and %v change order", w, y[i], y[j])
				}
			}
		}
	})
}

// TestCurveRises checks that better stays better beyond the examples, which is
// where a search looks.
func TestCurveRises(t *testing.T) {
	r := stream(1, forChains, 0)
	y := make([]float64, 1000) // more than the knots kept
	for i := range y {
		y[i] = 94 - math.Exp(2*r.NormFloat64())
	}
	c, z, err := fitCurve(WarpRanks, y)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Score) != maxKnots || c.Value[0] != slices.Min(y) || c.Value[maxKnots-1] != slices.Max(y) {
		t.Errorf("%d knots from %v to %v; want %d from %v to %v", len(c.Score), c.Value[0], c.Value[len(c.Value)-1], maxKnots, slices.Min(y), slices.Max(y))
	}
	last := math.Inf(-1)
	for s := -6.0; s <= 6; s += 1.0 / 64 {
		v := c.inverse(s)
		if !(v > last) {
			t.Fatalf("inverse(%v) = %v does not rise above %v", s, v, last)
		}
		last = v
	}
	if top := c.inverse(6); top < slices.Max(y) || top > slices.Max(y)+1 {
		t.Errorf("far beyond the best score: %v; want a little above %v", top, slices.Max(y))
	}
	back := make([]float64, len(z))
	for i, s := range z {
		back[i] = c.inverse(s)
	}
	if tau := Kendall(back, y); tau < 0.9999 {
		t.Errorf("thinned curve ranks its own examples with tau %v", tau)
	}
}

func TestUnwarpGivesIntervals(t *testing.T) {
	c := curve{Kind: WarpLog}
	mean, std := []float64{math.Log(10)}, []float64{0.1}
	c.unwarp(mean, std)
	if math.Abs(mean[0]-10) > 1e-9 || math.Abs(std[0]-10*math.Sinh(0.1)) > 1e-9 {
		t.Errorf("unwarped to %v +- %v; want 10 +- %v", mean[0], std[0], 10*math.Sinh(0.1))
	}
}

func TestCurveErrors(t *testing.T) {
	if _, _, err := fitCurve(WarpLog, []float64{1, 0}); err == nil || !strings.Contains(err.Error(), "value 1 is 0") {
		t.Errorf("log of zero: error %v; want one that names value 1", err)
	}
	if _, _, err := fitCurve("cube", []float64{1}); err == nil || !strings.Contains(err.Error(), `"cube"`) {
		t.Errorf("unknown warp: error %v; want one that names it", err)
	}
	for name, c := range map[string]curve{
		"missing":       {},
		"unknown":       {Kind: "cube"},
		"no knots":      {Kind: WarpRanks},
		"unequal knots": {Kind: WarpRanks, Score: []float64{1, 2}, Value: []float64{1}},
		"falling":       {Kind: WarpRanks, Score: []float64{1, 2}, Value: []float64{2, 1}},
		"slope":         {Kind: WarpRanks, Score: []float64{1, 2}, Value: []float64{1, 2}, High: -1},
	} {
		if c.check() == nil {
			t.Errorf("%s: curve %+v passes", name, c)
		}
	}
}
