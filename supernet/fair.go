package supernet

import (
	"math/rand/v2"

	"github.com/espalier-nas/espalier/supernet/space"
)

// fair trains, in each step, as many subnets as the widest op decision has
// choices, such that every op of every layer is used equally often: strict
// fairness (FairNAS, Chu et al. 2021). All other decisions are drawn at random.
// Where rules forbid that, as many models as possible get distinct ops and the
// rest draw among what is allowed.
type fair struct {
	space  *space.Space
	models int
}

func newFair(s *space.Space) fair {
	f := fair{space: s, models: 1}
	for _, d := range s.Decisions() {
		if d.Kind == space.KindOp {
			f.models = max(f.models, len(d.Choices))
		}
	}
	return f
}

// Sample appends one model per op, their decisions drawn side by side.
func (f fair) Sample(_ int, r *rand.Rand, dst []Lesson) []Lesson {
	ds := f.space.Decisions()
	genes := make([][]uint8, f.models)
	for m := range genes {
		genes[m] = make([]uint8, 0, len(ds))
	}
	for i, d := range ds {
		picks := f.draw(r, genes, i)
		if d.Kind == space.KindOp {
			f.spread(r, genes, picks, i)
		}
		for m := range genes {
			genes[m] = append(genes[m], uint8(picks[m]))
		}
	}
	for _, g := range genes {
		dst = append(dst, Lesson{Arch: space.NewArch(g)})
	}
	return dst
}

// draw returns one random allowed choice per model, 0 where decision i is not made.
func (f fair) draw(r *rand.Rand, genes [][]uint8, i int) []int {
	picks := make([]int, len(genes))
	for m, g := range genes {
		if allowed := f.allowed(g, i); len(allowed) > 0 {
			picks[m] = allowed[r.IntN(len(allowed))]
		}
	}
	return picks
}

func (f fair) allowed(prefix []uint8, i int) []int {
	if !f.space.Active(prefix, i) {
		return nil
	}
	var list []int
	for c := range f.space.Decisions()[i].Choices {
		if f.space.Allowed(prefix, i, c) {
			list = append(list, c)
		}
	}
	return list
}

// spread replaces picks of an op decision by a matching of models to choices
// that is as large as the rules permit (augmenting paths over a random order).
func (f fair) spread(r *rand.Rand, genes [][]uint8, picks []int, i int) {
	edges := make([][]int, len(genes))
	for m, g := range genes {
		edges[m] = f.allowed(g, i)
		r.Shuffle(len(edges[m]), func(a, b int) { edges[m][a], edges[m][b] = edges[m][b], edges[m][a] })
	}
	owner := make([]int, len(f.space.Decisions()[i].Choices)) // choice -> model+1
	for _, m := range r.Perm(len(genes)) {
		assign(edges, owner, make([]bool, len(owner)), m)
	}
	for c, m := range owner {
		if m > 0 {
			picks[m-1] = c
		}
	}
}

// assign finds a choice for model m, moving earlier owners aside where needed.
func assign(edges [][]int, owner []int, seen []bool, m int) bool {
	for _, c := range edges[m] {
		if seen[c] {
			continue
		}
		seen[c] = true
		if owner[c] == 0 || assign(edges, owner, seen, owner[c]-1) {
			owner[c] = m + 1
			return true
		}
	}
	return false
}
