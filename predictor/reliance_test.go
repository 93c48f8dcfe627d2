package predictor

import (
	"math"
	"testing"
)

// Half of an interval of 90 % is 1.645 deviations: a tenth of the mean is what a prediction that is relied on may be
// off, and a limit may not lie within.
func TestDoubtfulPredictions(t *testing.T) {
	for _, c := range []struct {
		mean, std, limit float64
		want             bool
	}{
		{1, 0.0607, 0, false},
		{1, 0.0609, 0, true},
		{10, 0.607, 0, false},
		{1, 0, 0, false},
		{1, 0.05, 1.083, false},
		{1, 0.05, 1.082, true},
		{1, 0.05, 0.918, true},
		{1, 0.05, 0.917, false},
		{1, 0, 1, true},
	} {
		if got := Doubtful(c.mean, c.std, c.limit); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
	if got := Half(2); math.Abs(got-3.2897) > 1e-4 {
		t.Errorf("half of the interval is %v", got)
	}
}

func TestRelianceCountsWhatItWasGoodFor(t *testing.T) {
	got := Rely([]float64{1, 1, 1, 1, 2}, []float64{0.01, 0.01, 0.2, 0.2, 0.1}, []float64{1.1, 1.2, 1.1, 0.8, 1.95})
	want := Reliance{Relied: 3, ReliedWithin: 2, Doubted: 2, DoubtedWithin: 1}
	if got != want {
		t.Errorf("%+v; want %+v", got, want)
	}
	if text := got.String(); text != "3 of 5 relied on, 2 of them within 10 %; 2 doubtful, 1 within 10 %" {
		t.Error(text)
	}
}
