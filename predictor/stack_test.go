package predictor

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// squaredError of a mean in these shares.
func squaredError(means [][]float64, share, y []float64) (sq float64) {
	for i, v := range y {
		for k := range means {
			v -= share[k] * means[k][i]
		}
		sq += v * v
	}
	return sq
}

// drawnMeans draws targets and what three models say of them.
func drawnMeans(t *rapid.T, least, most int) (y []float64, means [][]float64) {
	n := rapid.IntRange(least, most).Draw(t, "examples")
	numbers := rapid.SliceOfN(rapid.Float64Range(-2, 2), n, n)
	for _, name := range []string{"first", "second", "third"} {
		means = append(means, numbers.Draw(t, name))
	}
	return numbers.Draw(t, "y"), means
}

// TestStackIsTheBestMean sets shares against all shares in steps of 1/40.
func TestStackIsTheBestMean(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		y, means := drawnMeans(t, 3, 12)
		share := stack(means, y)
		sum := 0.0
		for _, s := range share {
			if s < 0 {
				t.Fatalf("shares %v; want none negative", share)
			}
			sum += s
		}
		if math.Abs(sum-1) > 1e-9 {
			t.Fatalf("shares %v sum to %v; want 1", share, sum)
		}
		got := squaredError(means, share, y)
		const steps = 40
		for i := range steps + 1 {
			for j := range steps + 1 - i {
				other := []float64{float64(i) / steps, float64(j) / steps, float64(steps-i-j) / steps}
				if sq := squaredError(means, other, y); sq < got-1e-9*(1+got) {
					t.Fatalf("shares %v have the error %v, %v have %v", share, got, other, sq)
				}
			}
		}
	})
}

func TestStackOfModelsThatSayTheSame(t *testing.T) {
	y := []float64{1, 2, 3, 5}
	good, bad := []float64{1, 2, 3, 4.5}, []float64{3, 1, 0, 2}
	for _, c := range []struct {
		means [][]float64
		want  []float64
	}{
		{[][]float64{good, good, good}, []float64{1, 0, 0}},
		{[][]float64{bad, y, good}, []float64{0, 1, 0}},
		{[][]float64{{0, 0, 0, 0}, {2, 4, 6, 10}, bad}, []float64{0.5, 0.5, 0}},
		{[][]float64{y}, []float64{1}},
	} {
		got := stack(c.means, y)
		for k := range got {
			if math.Abs(got[k]-c.want[k]) > 1e-9 {
				t.Errorf("shares %v; want %v", got, c.want)
				break
			}
		}
	}
}

func TestMixPassesOverModelsWithoutShare(t *testing.T) {
	if got := mix([][]float64{nil, {1, 2}, {5, 10}}, []float64{0, 0.75, 0.25}); !slices.Equal(got, []float64{2, 4}) {
		t.Errorf("mix is %v; want [2 4]", got)
	}
}

// TestCrossMixKnowsNothingOfItsFold changes the targets of a fold: what is said of that fold stays,
// and is the mean in the shares that the other folds ask for.
func TestCrossMixKnowsNothingOfItsFold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		y, means := drawnMeans(t, 9, 15)
		fold := make([]int, len(y))
		for i := range fold {
			fold[i] = i % 3
		}
		before := crossMix(means, y, fold)
		for f := range 3 {
			var from [3][]float64
			var known []float64
			other := slices.Clone(y)
			for i := range y {
				if fold[i] == f {
					other[i] += 5
					continue
				}
				known = append(known, y[i])
				for k := range from {
					from[k] = append(from[k], means[k][i])
				}
			}
			share := stack(from[:], known)
			after := crossMix(means, other, fold)
			for i := range y {
				if fold[i] != f {
					continue
				}
				want := share[0]*means[0][i] + share[1]*means[1][i] + share[2]*means[2][i]
				if math.Abs(before[i]-want) > 1e-9 || after[i] != before[i] {
					t.Fatalf("example %d of fold %d: %v, with other targets of its fold %v; want %v", i, f, before[i], after[i], want)
				}
			}
		}
	})
}
