package run

import (
	"math"
	"slices"
	"testing"
)

// The comparison sets the best finished networks of the search against as many of
// the random arm, on the whole validation split; the margin is that of the best.
func TestComparisonIsRecomputed(t *testing.T) {
	w := newWorld(t, asPredicted)
	s := w.search("run")
	arms := map[string][]float64{}
	for _, n := range slices.Concat(s.report.Pareto, s.report.Others) {
		for _, arm := range []string{"search", "random"} {
			if n.Arm == arm || n.Arm == "both" {
				arms[arm] = append(arms[arm], n.Validation)
			}
		}
	}
	k := min(len(arms["search"]), len(arms["random"]))
	best := func(arm string) []float64 {
		slices.Sort(arms[arm])
		return arms[arm][len(arms[arm])-k:]
	}
	search, random := best("search"), best("random")
	c := s.report.Compare.Stats
	for name, pair := range map[string][2]float64{
		"searches": {float64(c.Searches), float64(k)}, "randoms": {float64(c.Randoms), float64(k)},
		"search mean": {c.SearchMean, meanOf(search)}, "random mean": {c.RandomMean, meanOf(random)},
		"better": {c.Better, superior(search, random)}, "margin": {s.report.Compare.Margin, search[k-1] - random[k-1]},
	} {
		if math.Abs(pair[0]-pair[1]) > 1e-9 {
			t.Errorf("%s is %v; want %v", name, pair[0], pair[1])
		}
	}
}

func meanOf(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v / float64(len(x))
	}
	return sum
}

// superior returns the share of pairs in which a's accuracy is the larger one,
// equal ones counting half.
func superior(a, b []float64) float64 {
	wins := 0.0
	for _, x := range a {
		for _, y := range b {
			switch {
			case x > y:
				wins++
			case x == y:
				wins += 0.5
			}
		}
	}
	return wins / float64(len(a)*len(b))
}
