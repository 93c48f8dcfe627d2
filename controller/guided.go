package controller

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat"

	"github.com/espalier-nas/espalier/internal/stream"
	"github.com/espalier-nas/espalier/supernet/space"
)

// GuidedOptions of search by a predictor.
type GuidedOptions struct {
	Starts      int     `yaml:"starts"`      // random architectures that it begins with, at least 2
	Window      int     `yaml:"window"`      // trials that the predictor learns from at most, at least 9
	Population  int     `yaml:"population"`  // of the search on predictions, at least 2
	Generations int     `yaml:"generations"` // of it, at least 1
	Explore     float64 `yaml:"explore"`     // share of proposals that are plain mutants of the best, 0 to below 1
}

// DefaultGuidedOptions predict about a thousand architectures for each batch.
func DefaultGuidedOptions() GuidedOptions {
	return GuidedOptions{Starts: 16, Window: 240, Population: 48, Generations: 20, Explore: 0.25}
}

// Validate reports an option that cannot be used.
func (o GuidedOptions) Validate() error {
	switch {
	case o.Starts < 2:
		return fmt.Errorf("guided.starts is %d, want at least 2", o.Starts)
	case o.Window < 9:
		return fmt.Errorf("guided.window is %d, want at least 9", o.Window)
	case o.Population < 2:
		return fmt.Errorf("guided.population is %d, want at least 2", o.Population)
	case o.Generations < 1:
		return fmt.Errorf("guided.generations is %d, want at least 1", o.Generations)
	case !(o.Explore >= 0 && o.Explore < 1):
		return fmt.Errorf("guided.explore is %v, want a share from 0 to below 1", o.Explore)
	}
	return nil
}

// guided searches by a predictor that learns as it goes: for each batch a ridge
// regression on choices and pairs of choices is fitted to the newest trials and the
// best, evolution finds what it predicts to be best, and that is proposed. So a
// prediction is never taken for a measurement.
type guided struct {
	space    *space.Space
	o        GuidedOptions
	seed     uint64
	calls    uint64
	coder    *coder
	scored   []Trial
	proposed map[space.Arch]bool
}

func openGuided(_ string, s *space.Space, o *StrategyOptions) (Strategy, error) {
	if err := o.Guided.Validate(); err != nil {
		return nil, err
	}
	return &guided{space: s, o: o.Guided, seed: o.Seed, coder: newCoder(s), proposed: make(map[space.Arch]bool)}, nil
}

// Observe implements Strategy.
func (g *guided) Observe(trials []Trial) {
	for _, t := range trials {
		g.proposed[t.Arch] = true
		if t.Outcome == Evaluated {
			g.scored = append(g.scored, t)
		}
	}
}

// Start implements Starter: the known trials are as good as its own.
func (g *guided) Start(known []Trial) { g.Observe(known) }

// Propose implements Strategy.
func (g *guided) Propose(n int) []space.Arch {
	rng := stream.New(g.seed, "guided", g.calls)
	g.calls++
	var archs []space.Arch
	if len(g.scored) >= g.o.Starts {
		archs = g.predicted(rng, n)
	}
	for len(archs) < n {
		archs = append(archs, fresh(g.proposed, func(float64) space.Arch { return g.space.Random(rng) }))
	}
	return archs
}

// predicted returns up to n architectures: those predicted best, and mutants.
func (g *guided) predicted(rng *rand.Rand, n int) []space.Arch {
	worth := func(t Trial) float64 { return t.Reward }
	kept := keep(g.scored, worth, g.o.Window)
	r := newRidge(g.coder, kept)
	mutants := pool(rng, g.space, elite(kept), g.proposed, 10*n)
	archs := make([]space.Arch, 0, n)
	for _, a := range g.evolve(rng, r, kept) {
		if len(archs) < n && (len(mutants) == 0 || rng.Float64() >= g.o.Explore) {
			g.proposed[a] = true
			archs = append(archs, a)
		}
	}
	for _, a := range mutants {
		if len(archs) < n && !g.proposed[a] {
			g.proposed[a] = true
			archs = append(archs, a)
		}
	}
	return archs
}

// guess is an architecture with what is predicted of it.
type guess struct {
	arch  space.Arch
	worth float64
}

// evolve searches on predictions, from the best trials and random architectures,
// and returns what was not proposed before, the best first.
func (g *guided) evolve(rng *rand.Rand, r *ridge, trials []Trial) []space.Arch {
	drawer := g.space.Drawer()
	met := make(map[space.Arch]bool)
	var alive, found []guess
	add := func(a space.Arch) {
		if !met[a] {
			met[a] = true
			x := guess{a, r.predict(g.coder.code(a))}
			if alive = append(alive, x); !g.proposed[a] {
				found = append(found, x)
			}
		}
	}
	best := keep(trials, func(t Trial) float64 { return t.Reward }, 3*g.o.Population/2)
	for _, t := range best[:min(len(best), g.o.Population)] {
		add(t.Arch)
	}
	for range g.o.Population {
		add(drawer.Random(rng))
	}
	down := func(a, b guess) int { return cmp.Compare(b.worth, a.worth) }
	for range g.o.Generations {
		slices.SortStableFunc(alive, down)
		alive = alive[:min(len(alive), g.o.Population)]
		parents := len(alive)
		parent := func() space.Arch { return alive[min(rng.IntN(parents), rng.IntN(parents))].arch }
		for i := range g.o.Population {
			if i%2 == 0 {
				add(drawer.Mutate(rng, parent(), 0))
			} else {
				add(drawer.Mutate(rng, drawer.Cross(rng, parent(), parent()), 0.1*rng.Float64()))
			}
		}
	}
	slices.SortStableFunc(found, down)
	archs := make([]space.Arch, len(found))
	for i, x := range found {
		archs[i] = x.arch
	}
	return archs
}

// ridge is a ridge regression of normal scores on which choices were made and which
// pairs of choices, in its dual form: with m the share of decisions in which two
// architectures agree, their inner product is m + m^2.
type ridge struct {
	coder *coder
	codes [][]uint8
	sums  []float64
	total float64
	mean  float64
	alpha []float64
}

// ridgePenalties are the penalties of which the likeliest is taken.
var ridgePenalties = []float64{1e-3, 0.03, 0.3}

func newRidge(c *coder, trials []Trial) *ridge {
	r := &ridge{coder: c, sums: make([]float64, len(c.sizes)), total: float64(len(c.group))}
	y := make([]float64, len(trials))
	for i, t := range trials {
		r.codes = append(r.codes, c.code(t.Arch))
		y[i] = t.Reward
	}
	y = normalScores(y)
	r.mean = stat.Mean(y, nil)
	rows := make([][]float64, len(trials))
	for i := range rows {
		y[i] -= r.mean
		for j := range i + 1 {
			rows[i] = append(rows[i], r.product(r.codes[i], r.codes[j]))
		}
	}
	best := math.Inf(-1)
	for _, penalty := range ridgePenalties {
		var f factor
		for i, row := range rows {
			row = slices.Clone(row)
			row[i] += penalty
			f.extend(row)
		}
		if log, _, alpha := f.evidence(y); log > best {
			best, r.alpha = log, alpha
		}
	}
	return r
}

// product returns the inner product of two architectures.
func (r *ridge) product(a, b []uint8) float64 {
	r.coder.distance(a, b, r.sums)
	m := r.total
	for _, v := range r.sums {
		m -= v
	}
	m /= r.total
	return m + m*m
}

// predict returns the expected normal score.
func (r *ridge) predict(code []uint8) float64 {
	v := r.mean
	for i, c := range r.codes {
		v += r.alpha[i] * r.product(code, c)
	}
	return v
}
