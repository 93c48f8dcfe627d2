package controller

import (
	"cmp"
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestHypervolume counts the cells of a grid that points dominate, for one to four
// objectives; points on and beyond the reference cover nothing.
func TestHypervolume(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	const side = 6
	for d := 1; d <= 4; d++ {
		for range 60 {
			reference := make([]float64, d)
			for i := range reference {
				reference[i] = side
			}
			points := make([][]float64, rng.IntN(9))
			for i := range points {
				for range d {
					points[i] = append(points[i], float64(rng.IntN(side+2)))
				}
			}
			want := 0.0
			cell := make([]float64, d)
			for n := range int(math.Pow(side, float64(d))) {
				for i := range cell {
					cell[i] = float64(n % side)
					n /= side
				}
				if slices.ContainsFunc(points, func(p []float64) bool {
					return below(p, cell)
				}) {
					want++
				}
			}
			got, err := Hypervolume(points, reference)
			if err != nil || math.Abs(got-want) > 1e-9 {
				t.Fatalf("%d objectives, points %v: volume %v, %v; want %v", d, points, got, err, want)
			}
		}
	}
	for _, bad := range [][][]float64{{{1, 2}, {}}, {{1, 2, 3}, {4, 4}}, {{1, math.NaN()}, {4, 4}}, {{1, 1}, {4, math.Inf(1)}}} {
		if v, err := Hypervolume(bad[:1], bad[1]); err == nil {
			t.Errorf("%v: volume %v, want an error", bad, v)
		}
	}
}

// below reports whether p is at most cell in every objective.
func below(p, cell []float64) bool {
	for i := range p {
		if p[i] > cell[i] {
			return false
		}
	}
	return true
}

// TestFrontsEqualDefinition peels fronts off by the definition, one after another,
// and recomputes crowding distances.
func TestFrontsEqualDefinition(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 50 {
		all := make([]individual, 1+rng.IntN(25))
		for i := range all {
			all[i] = individual{trial: Trial{Index: i}, aims: []float64{float64(rng.IntN(5)), float64(rng.IntN(5)), float64(rng.IntN(3))}}
		}
		place(all)
		left := make([]int, len(all))
		for i := range left {
			left[i] = i
		}
		for rank := 0; len(left) > 0; rank++ {
			var front, rest []int
			for _, i := range left {
				if slices.ContainsFunc(left, func(j int) bool { return dominates(all[j].aims, all[i].aims) }) {
					rest = append(rest, i)
				} else {
					front = append(front, i)
				}
			}
			for _, i := range front {
				if all[i].rank != rank {
					t.Fatalf("individual %d has rank %d, want %d", i, all[i].rank, rank)
				}
			}
			checkCrowding(t, all, front)
			left = rest
		}
	}
}

// checkCrowding recomputes distances where no two values of a front are equal, for
// then neighbours are determined.
func checkCrowding(t *testing.T, all []individual, front []int) {
	t.Helper()
	want := make(map[int]float64)
	for d := range all[0].aims {
		order := slices.Clone(front)
		slices.SortFunc(order, func(a, b int) int { return cmp.Compare(all[a].aims[d], all[b].aims[d]) })
		for k := 1; k < len(order); k++ {
			if all[order[k]].aims[d] == all[order[k-1]].aims[d] {
				return
			}
		}
		for k, i := range order {
			if len(order) == 1 {
				continue
			}
			if k == 0 || k == len(order)-1 {
				want[i] = math.Inf(1)
				continue
			}
			want[i] += (all[order[k+1]].aims[d] - all[order[k-1]].aims[d]) / (all[order[len(order)-1]].aims[d] - all[order[0]].aims[d])
		}
	}
	for _, i := range front {
		if got := all[i].crowding; got != want[i] && math.Abs(got-want[i]) > 1e-12 {
			t.Fatalf("individual %d: crowding %v, want %v", i, got, want[i])
		}
	}
}

// TestRoomDecidesWithinAFront: individuals are ordered by rank, then by room, then by age.
func TestRoomDecidesWithinAFront(t *testing.T) {
	in := func(rank int, crowding float64, index int) individual {
		return individual{rank: rank, crowding: crowding, trial: Trial{Index: index}}
	}
	order := []individual{in(0, math.Inf(1), 5), in(0, 2, 1), in(0, 2, 4), in(0, 0.1, 0), in(1, math.Inf(1), 2), in(1, 3, 3)}
	for i, a := range order {
		for j, b := range order {
			if got := ahead(a, b); got != cmp.Compare(i, j) {
				t.Errorf("%+v beside %+v: %d; want %d", a, b, got, cmp.Compare(i, j))
			}
		}
	}
}

// TestTradeOffs: what strategies for several objectives find covers more than what
// random search finds in as many evaluations.
func TestTradeOffs(t *testing.T) {
	s := testSpace(t, 4)
	volume := func(name string, seed uint64) float64 {
		so := DefaultStrategyOptions(seed)
		so.Bayes.Objectives = []string{"reward", "latency"}
		strategy, err := New(name, s, so)
		if err != nil {
			t.Fatal(err)
		}
		res, err := Search(context.Background(), testProblem(t, s, newLandscape(s, seed)), strategy, Options{Trials: 150, Batch: 10}, nil)
		if err != nil {
			t.Fatal(err)
		}
		var points [][]float64
		for _, trial := range res.Trials {
			points = append(points, []float64{-trial.Accuracy, trial.Cost.Latency})
		}
		v, err := Hypervolume(points, []float64{-0.4, 0.016})
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	random := volume("random", 0) + volume("random", 1)
	for name, least := range map[string]float64{"nsga2": 1.1, "bayes": 1.3} {
		got := volume(name, 0) + volume(name, 1)
		t.Logf("%s: hypervolume %.5f, random %.5f", name, got, random)
		if got < least*random {
			t.Errorf("%s: hypervolume %.5f, want at least %v times the %.5f of random search", name, got, least, random)
		}
	}
}
