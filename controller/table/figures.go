package table

import (
	"cmp"
	"math/rand/v2"
	"slices"

	"github.com/espalier-nas/espalier/internal/bootstrap"
	"github.com/espalier-nas/espalier/internal/stream"
)

// Standing is how one strategy did. Intervals are of 95 %, by the bootstrap over seeds.
type Standing struct {
	Strategy string    `json:"strategy"`
	Curve    []float64 `json:"regret"` // mean after each evaluation
	Low      []float64 `json:"low"`
	High     []float64 `json:"high"`
	// Better is the probability that a search of this strategy ends nearer to the best
	// than a random one, ties half.
	Better     float64 `json:"better"`
	BetterLow  float64 `json:"better_low"`
	BetterHigh float64 `json:"better_high"`
	// Saved is how many times as many evaluations random search needs for the same
	// mean figure, drawing networks uniformly; 0 with several objectives: not known.
	Saved   float64 `json:"saved,omitempty"`
	Wins    float64 `json:"wins"`    // seeds of which it ended nearest to the best, ties shared
	Found   int     `json:"found"`   // seeds of which it found the best, or all of the front
	Seconds float64 `json:"seconds"` // of a search, mean
}

// draws of the bootstrap.
const draws = 1000

// Final returns the mean regret at the end.
func (s *Standing) Final() float64 { return s.Curve[len(s.Curve)-1] }

// stand fills in the standings from the curves of each strategy.
func (c *Contest) stand(t *Table, names []string, runs [][]curve) error {
	random := last(runs[slices.Index(names, "random")])
	wins := winners(runs)
	for i, name := range names {
		s := Standing{Strategy: name, Wins: wins[i]}
		rng := stream.New(c.Seed, "contest "+name)
		s.fill(runs[i], rng)
		ends := last(runs[i])
		s.Better, s.BetterLow, s.BetterHigh = nearer(ends, random, rng)
		if len(c.Objectives) == 0 {
			s.Saved = float64(t.RandomEvaluations(t.Best()-s.Final())) / float64(c.Evaluations)
		}
		for k, r := range ends {
			s.Seconds += runs[i][k].took.Seconds() / float64(c.Seeds)
			if r == 0 {
				s.Found++
			}
		}
		c.Standings = append(c.Standings, s)
	}
	slices.SortStableFunc(c.Standings, func(a, b Standing) int { return cmp.Compare(a.Final(), b.Final()) })
	return nil
}

// fill sets the mean curve and its intervals, the same resamples for all evaluations.
func (s *Standing) fill(runs []curve, rng *rand.Rand) {
	n := len(runs[0].regret)
	means := make([][]float64, n)
	s.Curve = make([]float64, n)
	for e := range n {
		means[e] = make([]float64, draws)
		for _, r := range runs {
			s.Curve[e] += r.regret[e] / float64(len(runs))
		}
	}
	for d := range draws {
		for range runs {
			for e, v := range runs[rng.IntN(len(runs))].regret {
				means[e][d] += v / float64(len(runs))
			}
		}
	}
	for _, m := range means {
		slices.Sort(m)
		low, high := bootstrap.Interval(m, 0.95)
		s.Low, s.High = append(s.Low, low), append(s.High, high)
	}
}

// last returns the final regrets.
func last(runs []curve) []float64 {
	var out []float64
	for _, r := range runs {
		out = append(out, r.regret[len(r.regret)-1])
	}
	return out
}

// winners shares each seed among the strategies that ended nearest to the best.
func winners(runs [][]curve) []float64 {
	wins := make([]float64, len(runs))
	for seed := range runs[0] {
		var best []int
		for i := range runs {
			r, at := runs[i][seed].regret, len(runs[i][seed].regret)-1
			switch {
			case len(best) == 0 || r[at] < runs[best[0]][seed].regret[at]:
				best = []int{i}
			case r[at] == runs[best[0]][seed].regret[at]:
				best = append(best, i)
			}
		}
		for _, i := range best {
			wins[i] += 1 / float64(len(best))
		}
	}
	return wins
}

// nearer returns the probability that a draw of a lies below one of b, ties half, with
// its interval.
func nearer(a, b []float64, rng *rand.Rand) (p, low, high float64) {
	below := make([][]float64, len(a))
	for i, x := range a {
		for _, y := range b {
			v := 0.0
			switch {
			case x < y:
				v = 1
			case x == y:
				v = 0.5
			}
			below[i] = append(below[i], v)
			p += v / float64(len(a)*len(b))
		}
	}
	picked := make([]int, len(b))
	low, high = bootstrap.Interval(bootstrap.Draws(rng, draws, func(r *rand.Rand) float64 {
		share := 0.0
		bootstrap.Redraw(r, picked, len(b))
		for range a {
			row := below[r.IntN(len(a))]
			for _, j := range picked {
				share += row[j] / float64(len(a)*len(b))
			}
		}
		return share
	}), 0.95)
	return p, low, high
}
