package controller

import (
	"math/rand/v2"
	"slices"

	"github.com/espalier-nas/espalier/supernet/space"
)

// poolElite is how many of the best trials a pool's mutants and crosses come from.
const poolElite = 10

// pool returns up to n architectures that were not proposed before, for a model to
// choose among: of ten, six are mutants of the best trials, two of them with more
// than one gene changed, two are crosses of these, and two are random.
func pool(rng *rand.Rand, s *space.Space, trials []Trial, proposed map[space.Arch]bool, n int) []space.Arch {
	elite := slices.Clone(trials)
	slices.SortStableFunc(elite, func(a, b Trial) int {
		switch {
		case better(a, b):
			return -1
		case better(b, a):
			return 1
		}
		return 0
	})
	elite = elite[:min(len(elite), poolElite)]
	parent := func() space.Arch { return elite[min(rng.IntN(len(elite)), rng.IntN(len(elite)))].Arch }
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
