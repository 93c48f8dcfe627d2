package controller

import (
	"math/rand/v2"
	"slices"

	"github.com/espalier-nas/espalier/supernet/space"
)

// poolElite is how many of the best trials a pool's mutants and crosses come from, at least.
const poolElite = 10

// elite returns the best of the trials, the best first.
func elite(trials []Trial) []space.Arch {
	sorted := slices.Clone(trials)
	slices.SortStableFunc(sorted, func(a, b Trial) int {
		switch {
		case better(a, b):
			return -1
		case better(b, a):
			return 1
		}
		return 0
	})
	var archs []space.Arch
	for _, t := range sorted[:min(len(sorted), poolElite)] {
		archs = append(archs, t.Arch)
	}
	return archs
}

// pool returns up to n architectures that were not proposed before, for a model to
// choose among: of ten, six are mutants of the parents, two of them with more than one gene
// changed, two are crosses of parents, and two are random. The earlier in the list, the
// more often something is a parent.
func pool(rng *rand.Rand, s *space.Space, parents []space.Arch, proposed map[space.Arch]bool, n int) []space.Arch {
	parent := func() space.Arch { return parents[min(rng.IntN(len(parents)), rng.IntN(len(parents)))] }
	drawer := s.Drawer()
	var archs []space.Arch
	met := make(map[space.Arch]bool)
	for i := range 2 * n {
		var a space.Arch
		switch k := i % 10; {
		case k < 4:
			a = drawer.Mutate(rng, parent(), 0)
		case k < 6:
			a = drawer.Mutate(rng, parent(), 0.3*rng.Float64())
		case k < 8:
			a = drawer.Cross(rng, parent(), parent())
		default:
			a = drawer.Random(rng)
		}
		if !met[a] && !proposed[a] {
			met[a] = true
			archs = append(archs, a)
		}
		if len(archs) == n {
			break
		}
	}
	return archs
}
