package predictor

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// integral sums f(v) times the normal density of v over 16 deviations.
func integral(mean, std float64, f func(v float64) float64) float64 {
	const steps = 40000
	var sum float64
	for i := range steps {
		z := -8 + 16*(float64(i)+0.5)/steps
		sum += f(mean+std*z) * math.Exp(-z*z/2) / math.Sqrt(2*math.Pi) * 16 / steps
	}
	return sum
}

func TestAcquisitionEqualsIntegral(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		mean, best := rapid.Float64Range(-2, 2).Draw(t, "mean"), rapid.Float64Range(-2, 2).Draw(t, "best")
		std := rapid.Float64Range(0.01, 2).Draw(t, "std")
		got := ExpectedImprovement(mean, std, best)
		want := integral(mean, std, func(v float64) float64 { return max(v-best, 0) })
		if math.Abs(got-want) > 1e-6 || got < 0 {
			t.Fatalf("expected improvement %v; want %v", got, want)
		}
		got = ProbabilityOfImprovement(mean, std, best)
		want = integral(mean, std, func(v float64) float64 {
			if v > best {
				return 1
			}
			return 0
		})
		if math.Abs(got-want) > 1e-3 {
			t.Fatalf("probability of improvement %v; want %v", got, want)
		}
	})
}

func TestAcquisitionWithoutDeviation(t *testing.T) {
	for _, c := range []struct {
		name      string
		got, want float64
	}{
		{"improvement above", ExpectedImprovement(0.9, 0, 0.8), 0.9 - 0.8},
		{"improvement below", ExpectedImprovement(0.7, 0, 0.8), 0},
		{"improvement far below", ExpectedImprovement(0, 1e-3, 1), 0},
		{"probability above", ProbabilityOfImprovement(0.9, 0, 0.8), 1},
		{"probability at", ProbabilityOfImprovement(0.8, 0, 0.8), 0},
		{"bound", UpperBound(0.5, 0.1, 2), 0.7},
		{"bound without deviation", UpperBound(0.5, 0, 2), 0.5},
	} {
		if math.Abs(c.got-c.want) > 1e-15 {
			t.Errorf("%s: %v; want %v", c.name, c.got, c.want)
		}
	}
}
