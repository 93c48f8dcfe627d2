package controller

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/espalier-nas/espalier/internal/stream"
)

// skewed draws accuracies as random architectures have them: most are good,
// with a tail of bad ones.
func skewed(rng *rand.Rand, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = 0.85 - 0.05*rng.ExpFloat64() + 0.01*rng.NormFloat64()
	}
	return x
}

// TestCompareBestOfRandomArms compares random search with random search. The
// best of one arm against all of the other seem to be far ahead; best against
// best are not.
func TestCompareBestOfRandomArms(t *testing.T) {
	const seeds, n, k = 400, 104, 8
	var naive, better, chances float64
	holds, misled, significant := 0, 0, 0
	for seed := range uint64(seeds) {
		rng := stream.New(seed, "two random arms")
		x, y := skewed(rng, n), skewed(rng, n)
		best := slices.Sorted(slices.Values(x))[n-k:]
		old, err := Compare(best, y, seed)
		if err != nil {
			t.Fatal(err)
		}
		naive += old.Better / seeds
		if old.Low > 0 {
			misled++
		}
		c, err := CompareBest(Pool{Accuracy: x}, Pool{Accuracy: y}, k, seed)
		if err != nil {
			t.Fatal(err)
		}
		better += c.Better / seeds
		chances += c.Chance / seeds
		if c.Low <= 0 && 0 <= c.High {
			holds++
		}
		if c.Chance <= 0.05 {
			significant++
		}
	}
	t.Logf("best against all: P %.3f, interval above 0 in %d; best against best: P %.3f, interval holds 0 in %d, chance %.3f, at most 0.05 in %d of %d",
		naive, misled, better, holds, chances, significant, seeds)
	if naive < 0.95 || misled < seeds*95/100 {
		t.Errorf("best against all gives P %.3f and an interval above 0 in %d of %d; want the fault that this comparison avoids", naive, misled, seeds)
	}
	if math.Abs(better-0.5) > 0.05 || math.Abs(chances-0.5) > 0.05 {
		t.Errorf("P %.3f, chance %.3f; want about 0.5", better, chances)
	}
	if share := float64(holds) / seeds; share < 0.92 || share > 0.985 {
		t.Errorf("the interval holds 0 in %d of %d; want about 95 %%", holds, seeds)
	}
	if share := float64(significant) / seeds; share < 0.025 || share > 0.08 {
		t.Errorf("chance is at most 0.05 in %d of %d; want about 5 %%", significant, seeds)
	}
}

// TestCompareBestSeesABetterArm: an arm whose best ones lie a deviation higher
// is told apart, with the difference of the sorted lists.
func TestCompareBestSeesABetterArm(t *testing.T) {
	rng := stream.New(7, "better arm")
	x, y := skewed(rng, 96), skewed(rng, 96)
	for i := range x {
		x[i] += 0.05
	}
	c, err := CompareBest(Pool{Accuracy: x}, Pool{Accuracy: y}, 3, 1)
	if err != nil {
		t.Fatal(err)
	}
	a, b := slices.Sorted(slices.Values(x)), slices.Sorted(slices.Values(y))
	want := (a[93] + a[94] + a[95] - b[93] - b[94] - b[95]) / 3
	if math.Abs(c.Difference-want) > 1e-12 || c.Low <= 0 || c.Low > want || c.High < want || c.Better < 0.99 || c.Chance > 0.01 {
		t.Errorf("%+v; want a difference of %v, clearly above 0", c, want)
	}
	again, err := CompareBest(Pool{Accuracy: x}, Pool{Accuracy: y}, 3, 1)
	if err != nil || again != c {
		t.Errorf("the same seed gives %+v, then %+v (error %v)", c, again, err)
	}
}

// answers draws which of so many pictures evaluations get right.
func answers(rng *rand.Rand, acc []float64, pictures int) [][]bool {
	all := make([][]bool, len(acc))
	for i, a := range acc {
		all[i] = make([]bool, pictures)
		for p := range all[i] {
			all[i][p] = rng.Float64() < a
		}
	}
	return all
}

// TestCompareBestOverPictures: few pictures make the interval wider than
// evaluations alone do, and accuracies are those of the pictures.
func TestCompareBestOverPictures(t *testing.T) {
	rng := stream.New(3, "pictures")
	level := func(v float64) []float64 { return slices.Repeat([]float64{v}, 24) }
	search, random := Pool{Correct: answers(rng, level(0.8), 150)}, Pool{Correct: answers(rng, level(0.8), 150)}
	c, err := CompareBest(search, random, 24, 5)
	if err != nil {
		t.Fatal(err)
	}
	var sum float64
	for _, list := range search.Correct {
		for _, ok := range list {
			if ok {
				sum++
			}
		}
	}
	if want := sum / 24 / 150; math.Abs(c.SearchMean-want) > 1e-12 || c.Pictures != 150 {
		t.Errorf("%+v; want a search mean of %v on 150 pictures", c, want)
	}
	alone, err := CompareBest(Pool{Accuracy: accuraciesOf(t, search)}, Pool{Accuracy: accuraciesOf(t, random)}, 24, 5)
	if err != nil {
		t.Fatal(err)
	}
	if alone.Difference != c.Difference || c.High-c.Low < 1.15*(alone.High-alone.Low) {
		t.Errorf("interval [%v, %v] with pictures, [%v, %v] without; want the first wider", c.Low, c.High, alone.Low, alone.High)
	}
}

func accuraciesOf(t *testing.T, p Pool) []float64 {
	t.Helper()
	acc, err := p.accuracies("some")
	if err != nil {
		t.Fatal(err)
	}
	return acc
}

// TestPicturesAreSharedByArms: arms that answer alike on every picture differ
// on no resample of them.
func TestPicturesAreSharedByArms(t *testing.T) {
	same := answers(stream.New(4, "pictures"), []float64{0.7}, 40)[0]
	arm := Pool{Correct: [][]bool{same, same, same}}
	c, err := CompareBest(arm, arm, 2, 1)
	if err != nil || c.Low != 0 || c.High != 0 || c.Better != 0.5 || c.Chance != 1 {
		t.Errorf("%+v, error %v; want no difference at all", c, err)
	}
}

func TestCompareBestErrors(t *testing.T) {
	two := Pool{Accuracy: []float64{0.1, 0.2}}
	for _, c := range []struct {
		name           string
		search, random Pool
		k              int
		want           string
	}{
		{"sizes", two, Pool{Accuracy: []float64{1}}, 1, "2 evaluations of the search arm and 1"},
		{"nothing", Pool{}, Pool{}, 1, "0 evaluations"},
		{"k of 0", two, two, 0, "k is 0; want 1 to the 2"},
		{"k above", two, two, 3, "k is 3; want 1 to the 2"},
		{"not a number", two, Pool{Accuracy: []float64{0, math.NaN()}}, 1, "evaluation 1 of the random arm is NaN"},
		{"one with pictures", Pool{Correct: [][]bool{{true}}}, two, 1, "one arm only"},
		{"ragged", Pool{Correct: [][]bool{{true}, {}}}, Pool{Correct: [][]bool{{true}, {true}}}, 1, "evaluation 1 of the search arm has 0 pictures; want 1"},
		{"other pictures", Pool{Correct: [][]bool{{true}}}, Pool{Correct: [][]bool{{true, false}}}, 1, "1 pictures of the search arm and 2"},
	} {
		if _, err := CompareBest(c.search, c.random, c.k, 1); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v; want one with %q", c.name, err, c.want)
		}
	}
}

// TestSummarise checks a list worked out by hand: mean 3, deviation sqrt(2.5),
// t of 4 degrees of freedom 2.776445.
func TestSummarise(t *testing.T) {
	s, err := Summarise([]float64{1, 2, 3, 4, 5}, 0.95)
	half := 2.7764451 * math.Sqrt(2.5/5)
	if err != nil || s.N != 5 || s.Mean != 3 || math.Abs(s.Std-math.Sqrt(2.5)) > 1e-12 || math.Abs(s.Low-3+half) > 1e-6 || math.Abs(s.High-3-half) > 1e-6 {
		t.Errorf("%+v, error %v", s, err)
	}
	if s, err := Summarise([]float64{0.5}, 0.95); err != nil || s != (Summary{N: 1, Mean: 0.5, Low: 0.5, High: 0.5}) {
		t.Errorf("%+v, error %v; want one figure without spread", s, err)
	}
	for _, c := range []struct {
		figures []float64
		level   float64
		want    string
	}{{nil, 0.95, "no figures"}, {[]float64{1}, 1, "level is 1"}, {[]float64{1, math.Inf(1)}, 0.9, "figure 1 is +Inf"}} {
		if _, err := Summarise(c.figures, c.level); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v; want one with %q", err, c.want)
		}
	}
}

// TestSummariseCovers: the interval of 3 runs holds the true mean in about 90 of
// 100 cases; with the normal quantile it would in about 76.
func TestSummariseCovers(t *testing.T) {
	rng := stream.New(1, "summary")
	held := 0
	for range 1000 {
		s, err := Summarise([]float64{rng.NormFloat64(), rng.NormFloat64(), rng.NormFloat64()}, 0.9)
		if err != nil {
			t.Fatal(err)
		}
		if s.Low <= 0 && 0 <= s.High {
			held++
		}
	}
	if held < 870 || held > 930 {
		t.Errorf("the interval holds the mean in %d of 1000 cases; want about 900", held)
	}
}

// TestDeals checks the deals against a shuffle that is cut in two.
func TestDeals(t *testing.T) {
	all := []float64{6, 5, 4, 3, 2, 1}
	fast, slow := map[float64]int{}, map[float64]int{}
	rng := stream.New(1, "deals")
	const deals = 20000
	for range deals {
		fast[math.Round(10*dealt(all, 2, rng))]++
		x := slices.Clone(all)
		rng.Shuffle(len(x), func(i, j int) { x[i], x[j] = x[j], x[i] })
		slow[math.Round(10*(bestMean(falling(x[:3]), 2)-bestMean(falling(x[3:]), 2)))]++
	}
	for d, n := range slow {
		if diff := math.Abs(float64(n - fast[d])); diff > 5*math.Sqrt(2*float64(n)) {
			t.Errorf("a difference of %v in %d deals; want about %d", d/10, fast[d], n)
		}
	}
}
