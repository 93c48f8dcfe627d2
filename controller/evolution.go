package controller

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/espalier-nas/espalier/internal/stream"
	"github.com/espalier-nas/espalier/supernet/space"
)

// EvolutionOptions of regularised evolution.
type EvolutionOptions struct {
	Population int     `yaml:"population"` // individuals alive, at least 2
	Sample     int     `yaml:"sample"`     // drawn per tournament, 1 to Population
	Crossover  float64 `yaml:"crossover"`  // share of children of two parents, 0 to 1
	Patient    bool    `yaml:"-"`          // draws at random until the population is complete, whatever that brings, as logs of earlier versions have it
}

// DefaultEvolutionOptions scales the 100 individuals and samples of 25 of
// AmoebaNet, made for 20 000 models, down to the few hundred evaluations of one
// search, keeping the ratio; a quarter of the children have two parents.
func DefaultEvolutionOptions() EvolutionOptions {
	return EvolutionOptions{Population: 32, Sample: 8, Crossover: 0.25}
}

// Validate reports an option that cannot be used.
func (o EvolutionOptions) Validate() error {
	switch {
	case o.Population < 2:
		return fmt.Errorf("evolution.population is %d, want at least 2", o.Population)
	case o.Sample < 1 || o.Sample > o.Population:
		return fmt.Errorf("evolution.sample is %d, want 1 to the population of %d", o.Sample, o.Population)
	case !(o.Crossover >= 0 && o.Crossover <= 1):
		return fmt.Errorf("evolution.crossover is %v, want a share from 0 to 1", o.Crossover)
	}
	return nil
}

// evolution is regularised evolution (Real et al. 2019): a queue of
// individuals, of which the oldest leaves when a new one enters, however good it
// is. A child is a tournament winner with one gene changed, or a cross of two.
// Unlike the original it never proposes an architecture twice while mutation
// finds another. Infeasible and repeated trials do not enter the population.
type evolution struct {
	space      *space.Space
	o          EvolutionOptions
	seed       uint64
	calls      uint64
	population []Trial // oldest first
	proposed   map[space.Arch]bool
	barren     bool // nothing that was proposed last was new and within the limits
}

func newEvolution(s *space.Space, seed uint64, o EvolutionOptions) (Strategy, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	return &evolution{space: s, o: o, seed: seed, proposed: make(map[space.Arch]bool)}, nil
}

// Propose implements Strategy: random architectures until the population is
// complete, then children. Where limits leave so little that random ones bring nothing,
// those at hand have children before it is.
func (e *evolution) Propose(n int) []space.Arch {
	rng := stream.New(e.seed, "evolution", e.calls)
	e.calls++
	archs := make([]space.Arch, n)
	for i := range archs {
		archs[i] = e.propose(rng)
		e.proposed[archs[i]] = true
	}
	return archs
}

// propose redraws what was proposed before, changing ever more genes.
func (e *evolution) propose(rng *rand.Rand) space.Arch {
	young := len(e.population) < e.o.Population && !(e.barren && len(e.population) > 0)
	var a space.Arch
	for try := range redraws {
		if young {
			a = e.space.Random(rng)
		} else {
			a = e.child(rng, float64(try)/redraws)
		}
		if !e.proposed[a] {
			break
		}
	}
	return a
}

// child makes one individual: every gene of a mutant changes with probability
// rate, and one in any case.
func (e *evolution) child(rng *rand.Rand, rate float64) space.Arch {
	parent := e.tournament(rng)
	if rng.Float64() >= e.o.Crossover {
		return e.space.Mutate(rng, parent, rate)
	}
	a := e.space.Cross(rng, parent, e.tournament(rng))
	if e.proposed[a] {
		a = e.space.Mutate(rng, a, rate)
	}
	return a
}

// tournament returns the best of a sample drawn without replacement.
func (e *evolution) tournament(rng *rand.Rand) space.Arch {
	order := rng.Perm(len(e.population))
	best := e.population[order[0]]
	for _, i := range order[1:min(e.o.Sample, len(order))] {
		if better(e.population[i], best) {
			best = e.population[i]
		}
	}
	return best.Arch
}

// Observe implements Strategy: new individuals enter, the oldest leave.
func (e *evolution) Observe(trials []Trial) {
	e.barren = len(trials) > 0 && !e.o.Patient
	for _, t := range trials {
		e.proposed[t.Arch] = true
		if t.Outcome == Evaluated {
			e.population = append(e.population, t)
			e.barren = false
		}
	}
	if old := len(e.population) - e.o.Population; old > 0 {
		e.population = append([]Trial(nil), e.population[old:]...)
	}
}

// Start implements Starter: the known trials are the first individuals. The best
// ones leave last.
func (e *evolution) Start(known []Trial) {
	known = slices.Clone(known[:min(len(known), e.o.Population)])
	slices.Reverse(known)
	e.Observe(known)
}
