package predictor

import "testing"

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
}

// Where deviations are as large as errors, what is within a tenth by its deviation is relied on. One error that is
// twenty times as large makes all others doubtful; the prediction that it is of is judged by the others, and relied on.
func TestRelianceCountsWhatItWasGoodFor(t *testing.T) {
	mean, std, truth := make([]float64, 20), make([]float64, 20), make([]float64, 20)
	for i := range mean {
		mean[i], std[i] = 1, 0.02
		truth[i] = 1 + 0.02*float64(1-i%2*2)
	}
	std[3], truth[3] = 0.2, 1.2
	std[4], truth[4] = 0.2, 0.95
	got, want := Rely(mean, std, truth), Reliance{Relied: 18, ReliedWithin: 18, Doubted: 2, DoubtedWithin: 1}
	if got != want {
		t.Errorf("%+v; want %+v", got, want)
	}
	if text := got.String(); text != "18 of 20 relied on, 18 of them within 10 %; 2 doubtful, 1 within 10 %" {
		t.Error(text)
	}
	truth[7] = 1.4
	if got, want := Rely(mean, std, truth), (Reliance{Relied: 1, Doubted: 19, DoubtedWithin: 18}); got != want {
		t.Errorf("%+v with one far off; want %+v", got, want)
	}
}
