package controller

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/espalier-nas/espalier/internal/stream"
	"github.com/espalier-nas/espalier/supernet/space"
)

// NSGA2Options of NSGA-II.
type NSGA2Options struct {
	Population int      `yaml:"population"` // individuals that survive, at least 2
	Crossover  float64  `yaml:"crossover"`  // share of children of two parents, 0 to 1
	Mutation   float64  `yaml:"mutation"`   // mean number of genes that change in a child, above 0
	Objectives []string `yaml:"objectives"` // see Objectives
}

// DefaultNSGA2Options trade reward against latency, with a quarter of the population of
// the original, which was made for tens of thousands of evaluations.
func DefaultNSGA2Options() NSGA2Options {
	return NSGA2Options{Population: 24, Crossover: 0.5, Mutation: 1, Objectives: []string{"reward", "latency"}}
}

// Validate reports an option that cannot be used.
func (o NSGA2Options) Validate() error {
	switch {
	case o.Population < 2:
		return fmt.Errorf("nsga2.population is %d, want at least 2", o.Population)
	case !(o.Crossover >= 0 && o.Crossover <= 1):
		return fmt.Errorf("nsga2.crossover is %v, want a share from 0 to 1", o.Crossover)
	case !(o.Mutation > 0) || math.IsInf(o.Mutation, 1):
		return fmt.Errorf("nsga2.mutation is %v, want a positive number of genes", o.Mutation)
	}
	return checkObjectives("nsga2.objectives", o.Objectives)
}

// nsga2 is NSGA-II (Deb et al. 2002): parents win binary tournaments by rank and,
// among equals, by crowding distance; children are uniform crosses, mutated; of
// parents and children together the best survive. A generation is what is observed
// at once. Where no objective but the reward varies it is an elitist genetic
// algorithm. It proposes no architecture twice while mutation finds another.
type nsga2 struct {
	space      *space.Space
	o          NSGA2Options
	seed       uint64
	calls      uint64
	population []individual
	proposed   map[space.Arch]bool
}

// individual is a trial with its place in the population.
type individual struct {
	trial    Trial
	aims     []float64 // to be minimised
	rank     int       // of its front, 0 for what nothing dominates
	crowding float64   // distance to its neighbours in the front, +Inf at its ends
}

func openNSGA2(_ string, s *space.Space, o *StrategyOptions) (Strategy, error) {
	if err := o.NSGA2.Validate(); err != nil {
		return nil, err
	}
	return &nsga2{space: s, o: o.NSGA2, seed: o.Seed, proposed: make(map[space.Arch]bool)}, nil
}

// Propose implements Strategy: random architectures until the population is
// complete, then children.
func (e *nsga2) Propose(n int) []space.Arch {
	rng := stream.New(e.seed, "nsga2", e.calls)
	e.calls++
	archs := make([]space.Arch, n)
	for i := range archs {
		archs[i] = fresh(e.proposed, func(try float64) space.Arch {
			if len(e.population) < e.o.Population {
				return e.space.Random(rng)
			}
			return e.child(rng, try)
		})
	}
	return archs
}

// fresh returns the first draw that was not proposed before and notes it; draws
// are told how far the tries have come, from 0 to 1. When none is new it returns
// the last.
func fresh(proposed map[space.Arch]bool, draw func(try float64) space.Arch) (a space.Arch) {
	for try := range redraws {
		if a = draw(float64(try) / redraws); !proposed[a] {
			break
		}
	}
	proposed[a] = true
	return a
}

// child makes one individual; the later the try, the more of its genes change.
func (e *nsga2) child(rng *rand.Rand, try float64) space.Arch {
	a := e.tournament(rng)
	if rng.Float64() < e.o.Crossover {
		a = e.space.Cross(rng, a, e.tournament(rng))
		if !e.proposed[a] {
			return a
		}
	}
	rate := min(1, e.o.Mutation/float64(a.Len()))
	return e.space.Mutate(rng, a, max(rate, try))
}

// tournament returns the better of two different individuals.
func (e *nsga2) tournament(rng *rand.Rand) space.Arch {
	i := rng.IntN(len(e.population))
	j := (i + 1 + rng.IntN(len(e.population)-1)) % len(e.population)
	if ahead(e.population[j], e.population[i]) < 0 {
		i = j
	}
	return e.population[i].trial.Arch
}

// ahead orders individuals: lower rank first, then more room, then age.
func ahead(a, b individual) int {
	return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(b.crowding, a.crowding), cmp.Compare(a.trial.Index, b.trial.Index))
}

// Observe implements Strategy: the best of population and new individuals survive.
func (e *nsga2) Observe(trials []Trial) {
	for _, t := range trials {
		e.proposed[t.Arch] = true
		if t.Outcome == Evaluated {
			e.population = append(e.population, individual{trial: t, aims: Aims(t, e.o.Objectives)})
		}
	}
	place(e.population)
	slices.SortStableFunc(e.population, ahead)
	e.population = e.population[:min(len(e.population), e.o.Population)]
}

// Start implements Starter: the known trials are the first individuals.
func (e *nsga2) Start(known []Trial) { e.Observe(known) }

// place sets rank and crowding of all individuals: the fast non-dominated sort.
func place(all []individual) {
	beaten := make([][]int, len(all)) // by each
	above := make([]int, len(all))    // how many dominate each and have no rank yet
	var front []int
	for i := range all {
		for j := range all {
			switch {
			case dominates(all[i].aims, all[j].aims):
				beaten[i] = append(beaten[i], j)
			case dominates(all[j].aims, all[i].aims):
				above[i]++
			}
		}
		if above[i] == 0 {
			front = append(front, i)
		}
	}
	for rank := 0; len(front) > 0; rank++ {
		var next []int
		for _, i := range front {
			all[i].rank = rank
			for _, j := range beaten[i] {
				if above[j]--; above[j] == 0 {
					next = append(next, j)
				}
			}
		}
		crowd(all, front)
		front = next
	}
}

// crowd sets the crowding distances within one front.
func crowd(all []individual, front []int) {
	for _, i := range front {
		all[i].crowding = 0
	}
	for d := range all[front[0]].aims {
		order := slices.Clone(front)
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(all[a].aims[d], all[b].aims[d]) })
		low, high := order[0], order[len(order)-1]
		span := all[high].aims[d] - all[low].aims[d]
		if span == 0 {
			continue
		}
		all[low].crowding, all[high].crowding = math.Inf(1), math.Inf(1)
		for k := 1; k < len(order)-1; k++ {
			all[order[k]].crowding += (all[order[k+1]].aims[d] - all[order[k-1]].aims[d]) / span
		}
	}
}
