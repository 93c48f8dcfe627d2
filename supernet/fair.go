package supernet

import (
	"math/rand/v2"
	"slices"

	"github.com/espalier-nas/espalier/supernet/space"
)

// fair trains, in each step, as many subnets as the widest op decision has
// choices, such that every op of every layer is used equally often: strict
// fairness (FairNAS, Chu et al. 2021). All other decisions are drawn at random. Where
// ops are no choice, as in stages of blocks, all decisions are spread so.
// Where rules forbid that, as many models as possible get distinct ops and the
// rest draw among what is allowed.
type fair struct {
	drawer    *space.Drawer
	decisions []space.Decision
	models    []fairModel
	ops       bool // only ops are spread
	match     matching
	order     []int // scratch of spread
}

// fairModel is one of the subnets of a step under construction.
type fairModel struct {
	genes   []uint8
	allowed []uint8 // choices of the decision at hand
}

func newFair(_ string, s *space.Space, _ SamplerOptions) (Sampler, error) {
	f, models := &fair{drawer: s.Drawer(), decisions: s.Decisions()}, 1
	f.ops = slices.ContainsFunc(f.decisions, func(d space.Decision) bool { return d.Kind == space.KindOp })
	for _, d := range f.decisions {
		if f.spreads(d) {
			models = max(models, len(d.Choices))
		}
	}
	f.models = make([]fairModel, models)
	f.match.edges = make([][]uint8, models)
	return f, nil
}

// spreads reports whether the choices of a decision are used equally often.
func (f *fair) spreads(d space.Decision) bool { return !f.ops || d.Kind == space.KindOp }

// Sample appends one model per op, their decisions drawn side by side.
func (f *fair) Sample(_ int, r *rand.Rand, dst []Sample) []Sample {
	for m := range f.models {
		f.models[m].genes = f.models[m].genes[:0]
	}
	for _, d := range f.decisions {
		f.draw(r)
		if f.spreads(d) {
			f.spread(r, len(d.Choices))
		}
	}
	for m := range f.models {
		dst = append(dst, Sample{Arch: f.drawer.Arch(f.models[m].genes)})
	}
	return dst
}

// draw appends one random allowed choice to each model, 0 where the next
// decision is not made.
func (f *fair) draw(r *rand.Rand) {
	for i := range f.models {
		m := &f.models[i]
		m.allowed = append(m.allowed[:0], f.drawer.Options(m.genes)...)
		pick := uint8(0)
		if len(m.allowed) > 0 {
			pick = m.allowed[r.IntN(len(m.allowed))]
		}
		m.genes = append(m.genes, pick)
	}
}

// spread replaces the models' last choices, of an op decision, by a matching of
// models to choices that is as large as the rules permit.
func (f *fair) spread(r *rand.Rand, choices int) {
	f.order = f.order[:0]
	for i := range f.models {
		edges := f.models[i].allowed
		r.Shuffle(len(edges), func(a, b int) { edges[a], edges[b] = edges[b], edges[a] })
		f.match.edges[i] = edges
		f.order = append(f.order, i)
	}
	r.Shuffle(len(f.order), func(a, b int) { f.order[a], f.order[b] = f.order[b], f.order[a] })
	for c, m := range f.match.grow(choices, f.order) {
		if m > 0 {
			genes := f.models[m-1].genes
			genes[len(genes)-1] = uint8(c)
		}
	}
}

// matching gives models distinct choices along augmenting paths.
type matching struct {
	edges [][]uint8 // of each model: what it may choose, in order of preference
	owner []int     // of each choice: its model+1
	seen  []bool
}

// grow matches the models in the given order to so many choices, and returns the
// owner of each: its model+1, 0 for none.
func (x *matching) grow(choices int, order []int) []int {
	x.owner, x.seen = x.owner[:0], x.seen[:0]
	for range choices {
		x.owner, x.seen = append(x.owner, 0), append(x.seen, false)
	}
	for _, m := range order {
		clear(x.seen)
		x.assign(m)
	}
	return x.owner
}

// assign finds a choice for model m, moving earlier owners aside where needed.
func (x *matching) assign(m int) bool {
	for _, c := range x.edges[m] {
		if x.seen[c] {
			continue
		}
		x.seen[c] = true
		if x.owner[c] == 0 || x.assign(x.owner[c]-1) {
			x.owner[c] = m + 1
			return true
		}
	}
	return false
}
