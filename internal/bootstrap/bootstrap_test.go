package bootstrap

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// The interval of a mean is that of the normal distribution with its standard error, and all
// indices are drawn alike.
func TestIntervalOfAMean(t *testing.T) {
	const n = 400
	r := rand.New(rand.NewPCG(1, 2))
	x, mean := make([]float64, n), 0.0
	for i := range x {
		x[i] = r.NormFloat64()
		mean += x[i] / n
	}
	spread := 0.0
	for _, v := range x {
		spread += (v - mean) * (v - mean) / n
	}
	at, counts := make([]int, n), make([]int, n)
	draws := Draws(r, 4000, func(r *rand.Rand) float64 {
		sum := 0.0
		for _, i := range Redraw(r, at, n) {
			sum += x[i] / n
			counts[i]++
		}
		return sum
	})
	if !slices.IsSorted(draws) || len(draws) != 4000 {
		t.Fatalf("%d draws, sorted: %v", len(draws), slices.IsSorted(draws))
	}
	low, high := Interval(draws, 0.95)
	half := 1.96 * math.Sqrt(spread/n)
	if math.Abs(low-(mean-half)) > half/10 || math.Abs(high-(mean+half)) > half/10 {
		t.Errorf("[%v, %v]; want about [%v, %v]", low, high, mean-half, mean+half)
	}
	if slices.Min(counts) < 3600 || slices.Max(counts) > 4400 {
		t.Errorf("indices are drawn %d to %d times; want about 4000", slices.Min(counts), slices.Max(counts))
	}
}

func TestQuantile(t *testing.T) {
	for q, want := range map[float64]float64{0: 1, 0.25: 2, 0.3: 2.2, 1: 5} {
		if got := Quantile([]float64{1, 2, 3, 4, 5}, q); math.Abs(got-want) > 1e-12 {
			t.Errorf("quantile %v is %v; want %v", q, got, want)
		}
	}
	if low, high := Interval([]float64{7}, 0.95); low != 7 || high != 7 {
		t.Errorf("of one draw [%v, %v]", low, high)
	}
}

func TestQuantileInterpolates(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.SliceOfN(rapid.Float64Range(-9, 9), 1, 20).Draw(t, "v")
		slices.Sort(v)
		q := rapid.Float64Range(0, 1).Draw(t, "q")
		got := Quantile(v, q)
		x := q * float64(len(v)-1)
		if got < v[int(math.Floor(x))] || got > v[int(math.Ceil(x))] {
			t.Fatalf("quantile %v = %v; want it between neighbours of %v", q, got, v)
		}
	})
}
