package controller

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/espalier-nas/espalier/internal/bootstrap"
	"github.com/espalier-nas/espalier/internal/stream"
)

// Pool is all that one arm evaluated.
type Pool struct {
	Accuracy []float64 // of each evaluation, a fraction, all on the same pictures
	// Correct tells for each evaluation which pictures it got right, in the same
	// order for all of both arms; nil: not known. It replaces Accuracy.
	Correct [][]bool
}

// BestComparison sets the best k evaluations of one arm against the best k of
// another that had as many evaluations: both sides choose by the same rule, so
// that two arms of one kind differ by nothing but luck.
type BestComparison struct {
	Best        int     `json:"best"`        // k
	Evaluations int     `json:"evaluations"` // of each arm
	Pictures    int     `json:"pictures"`    // resampled too; 0: only evaluations are
	SearchMean  float64 `json:"search_mean"` // of the best k
	RandomMean  float64 `json:"random_mean"`
	Difference  float64 `json:"difference"` // search mean - random mean
	Low         float64 `json:"low"`        // of the difference: 95 % bootstrap interval
	High        float64 `json:"high"`
	Better      float64 `json:"better"` // share of the bootstrap samples with a difference above 0, ties half: 0.5 is no difference
	// Chance is how often the difference is as large as this one or larger when
	// the evaluations of both arms are dealt to two arms at random: the p-value of
	// a one-sided permutation test.
	Chance float64 `json:"chance"`
}

// Bootstrap samples of a BestComparison; counting pictures is slow.
const bestDraws, bestPictureDraws = 2000, 500

// CompareBest compares the mean of the best k of two pools of equal size. The
// bootstrap resamples the evaluations of each arm, takes its best k again, and,
// where Correct is given, resamples the pictures too, the same for both arms,
// before the best are chosen; with k below 4 the interval is wider than it need
// be. Evaluations count as independent draws; those of a strategy that learns
// are not, so that its interval is that of one run: several seeds say more (see
// Summarise). seed fixes bootstrap and permutations.
func CompareBest(search, random Pool, k int, seed uint64) (BestComparison, error) {
	s, r, err := pools(search, random)
	if err != nil {
		return BestComparison{}, err
	}
	if k < 1 || k > len(s) {
		return BestComparison{}, fmt.Errorf("compare best: k is %d; want 1 to the %d evaluations of an arm", k, len(s))
	}
	s, r = falling(s), falling(r)
	c := BestComparison{Best: k, Evaluations: len(s), SearchMean: bestMean(s, k), RandomMean: bestMean(r, k)}
	c.Difference = c.SearchMean - c.RandomMean
	b := bestBootstrap{search: s, random: r, k: k, rng: stream.New(seed, "best")}
	draws := bestDraws
	if search.Correct != nil {
		c.Pictures, draws = len(search.Correct[0]), bestPictureDraws
		b.pictures = [2][][]bool{search.Correct, random.Correct}
	}
	c.Low, c.High, c.Better = b.interval(draws)
	c.Chance = chance(s, r, k, stream.New(seed, "best by chance"))
	return c, nil
}

// pools returns the accuracies of both arms, or what makes them unfit to be
// compared.
func pools(search, random Pool) (s, r []float64, err error) {
	if (search.Correct == nil) != (random.Correct == nil) {
		return nil, nil, fmt.Errorf("compare best: the pictures are known of one arm only; want both or neither")
	}
	if s, err = search.accuracies("search"); err != nil {
		return nil, nil, err
	}
	if r, err = random.accuracies("random"); err != nil {
		return nil, nil, err
	}
	if len(s) != len(r) || len(s) == 0 {
		return nil, nil, fmt.Errorf("compare best: %d evaluations of the search arm and %d of the random arm; want as many of each, at least one", len(s), len(r))
	}
	if search.Correct != nil && len(search.Correct[0]) != len(random.Correct[0]) {
		return nil, nil, fmt.Errorf("compare best: %d pictures of the search arm and %d of the random arm; want the same ones", len(search.Correct[0]), len(random.Correct[0]))
	}
	return s, r, nil
}

func (p Pool) accuracies(arm string) ([]float64, error) {
	if p.Correct == nil {
		if i := slices.IndexFunc(p.Accuracy, func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) }); i >= 0 {
			return nil, fmt.Errorf("compare best: evaluation %d of the %s arm is %v; want a finite number", i, arm, p.Accuracy[i])
		}
		return p.Accuracy, nil
	}
	acc := make([]float64, len(p.Correct))
	for i, correct := range p.Correct {
		if len(correct) == 0 || len(correct) != len(p.Correct[0]) {
			return nil, fmt.Errorf("compare best: evaluation %d of the %s arm has %d pictures; want %d, at least one", i, arm, len(correct), len(p.Correct[0]))
		}
		for _, ok := range correct {
			if ok {
				acc[i]++
			}
		}
		acc[i] /= float64(len(correct))
	}
	return acc, nil
}

// falling returns the values sorted, the highest first.
func falling(x []float64) []float64 {
	sorted := slices.Sorted(slices.Values(x))
	slices.Reverse(sorted)
	return sorted
}

// bestMean returns the mean of the k highest of falling values.
func bestMean(sorted []float64, k int) float64 { return stat.Mean(sorted[:k], nil) }

// bestBootstrap resamples both arms.
type bestBootstrap struct {
	search, random []float64   // falling
	pictures       [2][][]bool // of the arms; nil: not known
	k              int
	rng            *rand.Rand
}

// interval returns the central 95 % of the resampled differences and the share
// of those above 0. The percentiles are those of the expanded interval, which
// makes up for the few figures that count (Hesterberg, "What teachers should
// know about the bootstrap", Am. Stat. 69, 2015).
func (b *bestBootstrap) interval(draws int) (low, high, better float64) {
	diffs := bootstrap.Draws(b.rng, draws, func(*rand.Rand) float64 {
		b.drawPictures()
		return b.resampled(b.search) - b.resampled(b.random)
	})
	for _, d := range diffs {
		switch {
		case d > 0:
			better++
		case d == 0:
			better += 0.5
		}
	}
	low, high = bootstrap.Interval(diffs, 1-2*expandedTail(b.k))
	return low, high, better / float64(draws)
}

// expandedTail returns which share of a bootstrap distribution lies beyond each
// end of a 95 % interval of the difference of two means of k figures. One
// figure counts as two: it has no spread of its own.
func expandedTail(k int) float64 {
	n := float64(max(k, 2))
	t := distuv.StudentsT{Sigma: 1, Nu: 2 * (n - 1)}.Quantile(0.975)
	return distuv.UnitNormal.CDF(-math.Sqrt(n/(n-1)) * t)
}

// resampled returns the mean of the best k of as many evaluations drawn with
// replacement from falling ones.
func (b *bestBootstrap) resampled(sorted []float64) float64 {
	times := make([]int, len(sorted))
	for range sorted {
		times[b.rng.IntN(len(sorted))]++
	}
	sum, left := 0.0, b.k
	for i := 0; left > 0; i++ {
		n := min(times[i], left)
		sum += float64(n) * sorted[i]
		left -= n
	}
	return sum / float64(b.k)
}

// drawPictures replaces the accuracies by those on pictures drawn with
// replacement.
func (b *bestBootstrap) drawPictures() {
	if b.pictures[0] == nil {
		return
	}
	n := len(b.pictures[0][0])
	times := make([]int32, n)
	for range n {
		times[b.rng.IntN(n)]++
	}
	b.search, b.random = falling(reweighed(b.pictures[0], times)), falling(reweighed(b.pictures[1], times))
}

// reweighed returns accuracies where picture i counts times[i].
func reweighed(correct [][]bool, times []int32) []float64 {
	acc := make([]float64, len(correct))
	for i, list := range correct {
		var hits int32
		for p, ok := range list {
			if ok {
				hits += times[p]
			}
		}
		acc[i] = float64(hits) / float64(len(list))
	}
	return acc
}

// chance returns the share of random deals of all evaluations to two arms, the
// true one counted in, whose difference is at least the true one. Both lists
// fall.
func chance(search, random []float64, k int, rng *rand.Rand) float64 {
	truth := bestMean(search, k) - bestMean(random, k)
	all := falling(slices.Concat(search, random))
	asLarge := 1
	for range bestDraws {
		if dealt(all, k, rng) >= truth-1e-12 {
			asLarge++
		}
	}
	return float64(asLarge) / (bestDraws + 1)
}

// dealt deals falling values to two arms of equal size and returns how far the
// mean of the best k of the first lies above that of the second.
func dealt(all []float64, k int, rng *rand.Rand) float64 {
	var sum [2]float64
	var has [2]int
	for i := 0; has[0] < k || has[1] < k; i++ {
		arm := 0
		if rng.IntN(len(all)-i) >= len(all)/2-has[0] {
			arm = 1
		}
		if has[arm]++; has[arm] <= k {
			sum[arm] += all[i]
		}
	}
	return (sum[0] - sum[1]) / float64(k)
}
