package controller

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/espalier-nas/espalier/supernet/space"
)

// known returns trials, the best first, of which the last ones are bad.
func known(s *space.Space, n int) []Trial {
	rng := rand.New(rand.NewPCG(5, 5))
	var all []Trial
	for len(all) < n {
		a := s.Random(rng)
		if !slices.ContainsFunc(all, func(t Trial) bool { return t.Arch == a }) {
			v := 1 - float64(len(all))/float64(n)
			all = append(all, Trial{Arch: a, Accuracy: v, Reward: v, Outcome: Evaluated})
		}
	}
	return all
}

// Evolution that starts from a whole population breeds from it at once, and
// proposes none of it again; of more trials it takes the best.
func TestEvolutionStarts(t *testing.T) {
	s := testSpace(t, 4)
	o := EvolutionOptions{Population: 8, Sample: 8}
	e, err := newEvolution(s, 1, o)
	if err != nil {
		t.Fatal(err)
	}
	all := known(s, 12)
	e.(Starter).Start(all)
	neighbours := s.Neighbors(all[0].Arch) // a tournament among all is won by the best
	for _, a := range e.Propose(20) {
		if slices.ContainsFunc(all[:o.Population], func(t Trial) bool { return t.Arch == a }) {
			t.Errorf("%s is proposed though it is known", s.Format(a))
		}
		if !slices.Contains(neighbours, a) && !mutant(a, all[0].Arch) {
			t.Errorf("%s is no mutant of the best", s.Format(a))
		}
	}
	// The best leaves last: after seven more individuals only it is left of the known.
	later := known(s, 30)[20:27]
	for i := range later {
		later[i].Reward = -1
	}
	e.Observe(later)
	for _, a := range e.Propose(20) {
		if !mutant(a, all[0].Arch) {
			t.Errorf("%s is no mutant of the best, which was to leave last", s.Format(a))
		}
	}
}

// mutant reports whether half of the genes at least are those of the other.
func mutant(a, of space.Arch) bool {
	same := 0
	for i := range a.Len() {
		if a.Gene(i) == of.Gene(i) {
			same++
		}
	}
	return 2*same >= a.Len()
}

// Local search that has its starts tries the neighbours of the best of them.
func TestLocalStarts(t *testing.T) {
	s := testSpace(t, 4)
	l, err := newLocal(s, 1, LocalOptions{Starts: 4})
	if err != nil {
		t.Fatal(err)
	}
	all := known(s, 6)
	l.(Starter).Start(all)
	neighbours := s.Neighbors(all[0].Arch)
	archs := l.Propose(5)
	if len(archs) != 5 {
		t.Fatalf("%d proposals; want 5", len(archs))
	}
	for _, a := range archs {
		if !slices.Contains(neighbours, a) {
			t.Errorf("%s is no neighbour of the best", s.Format(a))
		}
	}
}
