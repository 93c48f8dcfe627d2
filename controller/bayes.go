package controller

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/espalier-nas/espalier/internal/stream"
	"github.com/espalier-nas/espalier/supernet/space"
)

// BayesOptions of Bayesian optimisation.
type BayesOptions struct {
	Starts     int      `yaml:"starts"`     // random architectures that it begins with, at least 2
	Points     int      `yaml:"points"`     // trials that the process is fitted to at most, at least 9; time per batch grows with the square, and with the cube once they are full
	Candidates int      `yaml:"candidates"` // that a batch is chosen from, at least 8
	Objectives []string `yaml:"objectives"` // see Objectives; with several, every batch weighs them anew
}

// DefaultBayesOptions pursue the reward alone.
func DefaultBayesOptions() BayesOptions {
	return BayesOptions{Starts: 10, Points: 240, Candidates: 160, Objectives: []string{"reward"}}
}

// Validate reports an option that cannot be used.
func (o BayesOptions) Validate() error {
	switch {
	case o.Starts < 2:
		return fmt.Errorf("bayes.starts is %d, want at least 2", o.Starts)
	case o.Points < 9:
		return fmt.Errorf("bayes.points is %d, want at least 9", o.Points)
	case o.Candidates < 8:
		return fmt.Errorf("bayes.candidates is %d, want at least 8", o.Candidates)
	}
	return checkObjectives("bayes.objectives", o.Objectives)
}

// bayes is Bayesian optimisation: a Gaussian process of the normal scores of what
// was observed, and of a pool of candidates, most of them mutants of the best, the
// one with the largest expected improvement (Jones et al. 1998), times the
// probability that it meets the limits by processes of the logarithms of costs
// (Gardner et al. 2014). The others of a batch are chosen as if those before them
// had come out as expected (Ginsbourger et al. 2010). Several objectives become one
// by random weights, new ones for each batch (ParEGO: Knowles 2006).
type bayes struct {
	space    *space.Space
	o        BayesOptions
	seed     uint64
	limits   Limits
	calls    uint64
	coder    *coder
	worth    *gauss
	costs    [len(costKinds)]*gauss
	scored   []Trial // evaluated
	costed   []Trial // evaluated or infeasible
	proposed map[space.Arch]bool
}

// costKinds are the costs that limits may be on.
var costKinds = [4]struct {
	limit func(Limits) float64
	cost  func(Cost) float64
}{
	{func(l Limits) float64 { return l.Latency }, func(c Cost) float64 { return c.Latency }},
	{func(l Limits) float64 { return float64(l.FLOPs) }, func(c Cost) float64 { return float64(c.FLOPs) }},
	{func(l Limits) float64 { return float64(l.Params) }, func(c Cost) float64 { return float64(c.Params) }},
	{func(l Limits) float64 { return l.Energy }, func(c Cost) float64 { return c.Energy }},
}

func openBayes(_ string, s *space.Space, o *StrategyOptions) (Strategy, error) {
	if err := o.Bayes.Validate(); err != nil {
		return nil, err
	}
	b := &bayes{space: s, o: o.Bayes, seed: o.Seed, limits: o.Limits, coder: newCoder(s), proposed: make(map[space.Arch]bool)}
	b.worth = newGauss(b.coder)
	for i, k := range costKinds {
		if k.limit(o.Limits) > 0 {
			b.costs[i] = newGauss(b.coder)
		}
	}
	return b, nil
}

// Observe implements Strategy.
func (b *bayes) Observe(trials []Trial) {
	for _, t := range trials {
		b.proposed[t.Arch] = true
		if t.Outcome == Evaluated {
			b.scored = append(b.scored, t)
		}
		if t.Outcome != Repeat {
			b.costed = append(b.costed, t)
		}
	}
}

// Start implements Starter: the known trials are as good as its own.
func (b *bayes) Start(known []Trial) { b.Observe(known) }

// Propose implements Strategy.
func (b *bayes) Propose(n int) []space.Arch {
	rng := stream.New(b.seed, "bayes", b.calls)
	b.calls++
	b.fitCosts()
	if len(b.scored) < b.o.Starts {
		return b.begin(rng, n)
	}
	best := b.fitWorth(rng)
	archs := pool(rng, b.space, b.scored, b.proposed, b.o.Candidates)
	codes := b.codes(archs)
	p, feasible := b.worth.predict(codes), b.feasible(codes)
	var chosen []space.Arch
	taken := make([]bool, len(archs))
	for range min(n, len(archs)) {
		at, top := -1, math.Inf(-1)
		for c := range archs {
			if v := improvement(p.mean[c]-best, p.deviation(c)) * feasible[c]; v > top && !taken[c] {
				at, top = c, v
			}
		}
		taken[at] = true
		p.settle(at)
		b.proposed[archs[at]] = true
		chosen = append(chosen, archs[at])
	}
	for len(chosen) < n {
		chosen = append(chosen, fresh(b.proposed, func(float64) space.Arch { return b.space.Random(rng) }))
	}
	return chosen
}

// begin draws random architectures, and again those that hardly meet the limits.
func (b *bayes) begin(rng *rand.Rand, n int) []space.Arch {
	archs := make([]space.Arch, n)
	for i := range archs {
		archs[i] = fresh(b.proposed, func(float64) space.Arch {
			var a, likeliest space.Arch
			top := -1.0
			for range redraws {
				a = b.space.Random(rng)
				p := b.feasible(b.codes([]space.Arch{a}))[0]
				if p >= 0.5 {
					return a
				}
				if p > top {
					likeliest, top = a, p
				}
			}
			return likeliest
		})
	}
	return archs
}

// fitWorth fits the process of what is pursued and returns the best of its targets.
func (b *bayes) fitWorth(rng *rand.Rand) float64 {
	kept := keep(b.scored, func(t Trial) float64 { return t.Reward }, b.o.Points)
	y := normalScores(b.targets(rng, kept))
	b.worth.fit(b.trialCodes(kept), y)
	return slices.Max(y)
}

// targets returns what is to be maximised: the only objective, or the augmented
// Tchebycheff function of all of them, each from 0 to 1, under random weights.
func (b *bayes) targets(rng *rand.Rand, trials []Trial) []float64 {
	values := make([][]float64, len(trials))
	for i, t := range trials {
		values[i] = aims(t, b.o.Objectives)
	}
	n := len(values[0])
	low, high := slices.Clone(values[0]), slices.Clone(values[0])
	for _, v := range values {
		for d := range v {
			low[d], high[d] = min(low[d], v[d]), max(high[d], v[d])
		}
	}
	weights, sum := make([]float64, n), 0.0
	for d := range weights {
		weights[d] = rng.ExpFloat64()
		sum += weights[d]
	}
	out := make([]float64, len(trials))
	for i, v := range values {
		worst, total := 0.0, 0.0
		for d := range v {
			if high[d] > low[d] {
				share := weights[d] / sum * (v[d] - low[d]) / (high[d] - low[d])
				worst, total = max(worst, share), total+share
			}
		}
		out[i] = -worst - 0.05*total
	}
	return out
}

// fitCosts fits a process to the logarithm of each cost that is limited.
func (b *bayes) fitCosts() {
	if len(b.costed) < leastToShape {
		return
	}
	kept := b.costed[max(0, len(b.costed)-b.o.Points):]
	for i, g := range b.costs {
		if g == nil {
			continue
		}
		y := make([]float64, len(kept))
		for t := range kept {
			y[t] = math.Log(max(costKinds[i].cost(kept[t].Cost), 1e-12))
		}
		g.fit(b.trialCodes(kept), y)
	}
}

// feasible returns the probability that each meets all limits, 1 while too little
// is known.
func (b *bayes) feasible(codes [][]uint8) []float64 {
	out := slices.Repeat([]float64{1}, len(codes))
	for i, g := range b.costs {
		if g == nil || len(g.codes) == 0 {
			continue
		}
		limit := math.Log(costKinds[i].limit(b.limits))
		p := g.predict(codes)
		for c := range out {
			out[c] *= distuv.UnitNormal.CDF((limit - p.mean[c]) / max(p.deviation(c), 1e-9))
		}
	}
	return out
}

func (b *bayes) codes(archs []space.Arch) [][]uint8 {
	out := make([][]uint8, len(archs))
	for i, a := range archs {
		out[i] = b.coder.code(a)
	}
	return out
}

func (b *bayes) trialCodes(trials []Trial) [][]uint8 {
	out := make([][]uint8, len(trials))
	for i, t := range trials {
		out[i] = b.coder.code(t.Arch)
	}
	return out
}

// improvement is the expectation of max(0, x) for x normal with this mean and
// deviation.
func improvement(mean, deviation float64) float64 {
	if deviation < 1e-12 {
		return max(0, mean)
	}
	z := mean / deviation
	return mean*distuv.UnitNormal.CDF(z) + deviation*distuv.UnitNormal.Prob(z)
}
