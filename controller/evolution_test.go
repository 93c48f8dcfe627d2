package controller

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/espalier-nas/espalier/internal/stream"
	"github.com/espalier-nas/espalier/supernet/space"
)

// Evolution draws at random until its population is complete, but where nothing of that is within the
// limits those that it has, however few, have children.
func TestEvolutionBreedsWithinTightLimits(t *testing.T) {
	s := testSpace(t, 6)
	e := newStrategy(t, "evolution", s, 3)
	first := Trial{Arch: s.Random(rand.New(rand.NewPCG(1, 2))), Outcome: Evaluated, Accuracy: 0.5, Reward: 0.5}
	near := func(archs []space.Arch) (n int) {
		for _, a := range archs {
			differ := 0
			for i := range a.Len() {
				if a.Gene(i) != first.Arch.Gene(i) {
					differ++
				}
			}
			if differ <= 3 {
				n++
			}
		}
		return n
	}
	broken := func(archs []space.Arch) (trials []Trial) {
		for _, a := range archs {
			trials = append(trials, Trial{Index: -1, Arch: a, Outcome: Infeasible})
		}
		return trials
	}
	e.Observe([]Trial{first})
	drawn := e.Propose(20)
	if n := near(drawn); n > 5 {
		t.Errorf("%d of 20 random architectures are like the first; want few", n)
	}
	e.Observe(broken(drawn))
	children := e.Propose(20)
	if n := near(children); n < 15 {
		t.Errorf("after 20 beyond the limits %d of 20 are like the one within; want its children", n)
	}
	e.Observe(append(broken(children[1:]), Trial{Index: 1, Arch: children[0], Outcome: Evaluated, Accuracy: 0.6, Reward: 0.6}))
	if n := near(e.Propose(20)); n > 5 {
		t.Errorf("after one within the limits %d of 20 are like the first; want random ones", n)
	}
}

// A patient evolution draws at random until its population is complete, as logs of earlier versions
// have it.
func TestPatientEvolutionDrawsOn(t *testing.T) {
	s := testSpace(t, 6)
	var proposed [2][]space.Arch
	for k, patient := range []bool{false, true} {
		o := DefaultStrategyOptions(3)
		o.Evolution.Patient = patient
		e, err := New("evolution", s, o)
		if err != nil {
			t.Fatal(err)
		}
		e.Observe([]Trial{{Arch: s.Random(rand.New(rand.NewPCG(1, 2))), Outcome: Evaluated, Accuracy: 0.5, Reward: 0.5}})
		first := e.Propose(20)
		var broken []Trial
		for _, a := range first {
			broken = append(broken, Trial{Index: -1, Arch: a, Outcome: Infeasible})
		}
		e.Observe(broken)
		proposed[k] = append(first, e.Propose(20)...)
	}
	if !slices.Equal(proposed[0][:20], proposed[1][:20]) {
		t.Error("the first proposals differ, before any was beyond the limits")
	}
	// By hand: the second call draws from its own stream.
	rng := stream.New(3, "evolution", 1)
	for i, a := range proposed[1][20:] {
		want := s.Random(rng)
		for slices.Contains(proposed[1][:20+i], want) {
			want = s.Random(rng)
		}
		if a != want {
			t.Fatalf("proposal %d is %s; want the random %s", i, s.Format(a), s.Format(want))
		}
	}
	if slices.Equal(proposed[0][20:], proposed[1][20:]) {
		t.Error("the patient one proposes what the other does")
	}
}

// Within limits that few architectures meet, fewer than a population has, evolution finds them all
// before it gives up.
func TestEvolutionFindsWhatLimitsLeave(t *testing.T) {
	s := testSpace(t, 3)
	cost := testCost(s)
	const limit = 240
	fit := 0
	for a := range s.Enumerate {
		c, err := cost(a)
		if err != nil {
			t.Fatal(err)
		}
		if c.FLOPs <= limit {
			fit++
		}
	}
	p := testProblem(t, s, newLandscape(s, 2))
	p.Limits = Limits{FLOPs: limit}
	res, err := Search(context.Background(), p, newStrategy(t, "evolution", s, 3), Options{Trials: fit + 1, Batch: 8, Tries: 400}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if res.Evaluated != fit || !res.Exhausted {
		t.Errorf("%d of %d found, exhausted: %v; want all, and then no more", res.Evaluated, fit, res.Exhausted)
	}
}
