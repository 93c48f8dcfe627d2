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
	Objectives []string `yaml:"objectives"` // see Objectives; with several, the hypervolume of their trade-offs is to grow
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
// had come out as expected (Ginsbourger et al. 2010). Each objective has a process of
// its own, and what is to improve is the hypervolume of the normal scores; see staircase.
type bayes struct {
	space    *space.Space
	o        BayesOptions
	seed     uint64
	limits   []term // that are set
	calls    uint64
	coder    *coder       // of decisions, and of features where the reward alone counts
	aims     []*gauss     // of the normal scores of each objective, to be minimised
	costs    []*gauss     // of the logarithm of what each limit is on
	scored   []Trial      // evaluated
	front    []individual // those of them that no other dominates
	costed   []Trial      // evaluated or infeasible
	proposed map[space.Arch]bool
	known    map[space.Arch][]uint8 // codes of trials
}

func openBayes(_ string, s *space.Space, o *StrategyOptions) (Strategy, error) {
	if err := o.Bayes.Validate(); err != nil {
		return nil, err
	}
	b := &bayes{space: s, o: o.Bayes, seed: o.Seed, limits: o.Limits.terms(), coder: newCoder(s), proposed: make(map[space.Arch]bool), known: make(map[space.Arch][]uint8)}
	// Costs follow from decisions, and trade-offs of a reward that sees features with costs
	// that do not come out worse; docs/log/strategies.md has the figures.
	if o.Features != nil && slices.Equal(b.o.Objectives, []string{"reward"}) {
		b.coder.look(o.Features)
	}
	for range b.o.Objectives {
		b.aims = append(b.aims, newGauss(b.coder))
	}
	decisions := newCoder(s)
	for range b.limits {
		b.costs = append(b.costs, newGauss(decisions))
	}
	return b, nil
}

// Observe implements Strategy.
func (b *bayes) Observe(trials []Trial) {
	for _, t := range trials {
		b.proposed[t.Arch] = true
		if t.Outcome == Evaluated {
			b.scored = append(b.scored, t)
			b.enter(t)
		}
		if t.Outcome != Repeat {
			b.costed = append(b.costed, t)
		}
	}
}

// enter adds a trial to the front unless one there is as good in every objective.
func (b *bayes) enter(t Trial) {
	v := Aims(t, b.o.Objectives)
	if slices.ContainsFunc(b.front, func(x individual) bool { return reaches(x.aims, v) }) {
		return
	}
	b.front = slices.DeleteFunc(b.front, func(x individual) bool { return reaches(v, x.aims) })
	b.front = append(b.front, individual{trial: t, aims: v})
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
	ranked := b.fit()
	var parents []space.Arch
	for i, x := range ranked {
		if i < poolElite || x.rank == 0 {
			parents = append(parents, x.trial.Arch)
		}
	}
	archs := pool(rng, b.space, parents, b.proposed, b.o.Candidates)
	codes := b.codes(archs)
	p, feasible := b.prospect(ranked, codes), b.feasible(codes)
	var chosen []space.Arch
	taken := make([]bool, len(archs))
	for range min(n, len(archs)) {
		at, top := -1, math.Inf(-1)
		for c := range archs {
			if taken[c] {
				continue
			}
			if v := p.gain(c) * feasible[c]; v > top {
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

// kept returns the trials that processes of objectives are fitted to. The front stays first.
func (b *bayes) kept() []Trial {
	best := make(map[space.Arch]bool, len(b.front))
	for _, x := range b.front {
		best[x.trial.Arch] = true
	}
	return keep(b.scored, func(t Trial) float64 {
		if best[t.Arch] {
			return math.Inf(1)
		}
		return t.Reward
	}, b.o.Points)
}

// fit fits the processes of the objectives and returns the trials that they are fitted to
// with their normal scores, the best front first, within a front those with most room.
func (b *bayes) fit() []individual {
	kept := b.kept()
	all, values := make([]individual, len(kept)), make([][]float64, len(kept))
	for i, t := range kept {
		all[i], values[i] = individual{trial: t}, Aims(t, b.o.Objectives)
	}
	codes := b.trialCodes(kept)
	y := make([]float64, len(kept))
	for d, g := range b.aims {
		for i, v := range values {
			y[i] = v[d]
		}
		scores := normalScores(y)
		g.fit(codes, scores)
		for i, v := range scores {
			all[i].aims = append(all[i].aims, v)
		}
	}
	place(all)
	slices.SortStableFunc(all, ahead)
	return all
}

// fitCosts fits a process to the logarithm of each cost that is limited.
func (b *bayes) fitCosts() {
	if len(b.costed) < leastToShape {
		return
	}
	kept := b.costed[max(0, len(b.costed)-b.o.Points):]
	for i, g := range b.costs {
		y := make([]float64, len(kept))
		for t := range kept {
			y[t] = math.Log(max(b.limits[i].of(kept[t].Cost), 1e-12))
		}
		g.fit(b.trialCodes(kept), y)
	}
}

// feasible returns the probability that each meets all limits, 1 while too little
// is known.
func (b *bayes) feasible(codes [][]uint8) []float64 {
	out := slices.Repeat([]float64{1}, len(codes))
	for i, g := range b.costs {
		if len(g.codes) == 0 {
			continue
		}
		limit := math.Log(b.limits[i].limit)
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
		if b.known[t.Arch] == nil {
			b.known[t.Arch] = b.coder.code(t.Arch)
		}
		out[i] = b.known[t.Arch]
	}
	return out
}
