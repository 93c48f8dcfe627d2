package space

import (
	"math/rand/v2"
	"slices"
)

// Random draws decision by decision, uniformly from the allowed choices of each
// decision that is made (ancestral sampling). It is uniform over single choices,
// not over architectures: where decisions are not made, the few architectures
// below get more weight each.
func (s *Space) Random(r *rand.Rand) Arch { return s.walker().random(r) }

func (w *walker) random(r *rand.Rand) Arch {
	for i := range w.genes {
		w.draw(r, i)
	}
	return w.arch()
}

// draw sets gene i to a random allowed choice, or to 0 if the decision is not made.
func (w *walker) draw(r *rand.Rand, i int) {
	if opts, made := w.options(i); made {
		w.genes[i] = opts[r.IntN(len(opts))]
	}
}

// Mutate returns a changed copy of a, an architecture of the space. Each
// decision that is made changes with probability rate, to a different allowed
// choice. Later genes are repaired: a choice that is no longer allowed and a
// decision that was not made before are drawn at random. Should nothing change,
// one decision is made to; only a space of one architecture returns a itself.
func (s *Space) Mutate(r *rand.Rand, a Arch, rate float64) Arch {
	return s.walker().mutate(r, a, rate)
}

func (w *walker) mutate(r *rand.Rand, a Arch, rate float64) Arch {
	from := w.parent(0, a)
	for i := range w.genes {
		if r.Float64() < rate && w.drawOther(r, i, from[i]) {
			continue
		}
		w.keepOrDraw(r, i, from)
	}
	if b := w.arch(); b != a {
		return b
	}
	return w.mutateOne(r, a, from)
}

// mutateOne changes one random decision of a, whose genes are from, that has an
// alternative and repairs the rest. If none along a's own path has one, no other
// architecture exists: the first decision in which it differed would be an
// alternative.
func (w *walker) mutateOne(r *rand.Rand, a Arch, from []uint8) Arch {
	for _, at := range w.perm(r) {
		copy(w.genes, from)
		if !w.drawOther(r, at, from[at]) {
			continue
		}
		for i := at + 1; i < len(w.genes); i++ {
			w.keepOrDraw(r, i, from)
		}
		return w.arch()
	}
	return a
}

// drawOther sets gene i to a random allowed choice other than g and reports
// whether there was one.
func (w *walker) drawOther(r *rand.Rand, i int, g uint8) bool {
	opts, _ := w.options(i)
	opts = slices.DeleteFunc(opts, func(c uint8) bool { return c == g })
	if len(opts) == 0 {
		return false
	}
	w.genes[i] = opts[r.IntN(len(opts))]
	return true
}

// keepOrDraw sets gene i to that of a parent if it makes the decision and its
// choice is allowed here, else to a random allowed choice.
func (w *walker) keepOrDraw(r *rand.Rand, i int, from []uint8) {
	if !w.inherit(i, from) {
		w.draw(r, i)
	}
}

// inherit sets gene i to that of a parent and reports whether the parent makes
// the decision and its choice is allowed here.
func (w *walker) inherit(i int, from []uint8) bool {
	if !w.s.Active(w.genes, i) || !w.s.Active(from, i) {
		return false
	}
	w.genes[i] = from[i]
	return w.admits(i)
}

// Cross returns a child of a and b, architectures of the space: each gene comes
// from one of the two at random (from the one that makes the decision, if only
// one does). A choice that is not allowed after the genes so far gives way to
// the other parent's, then to a random one.
func (s *Space) Cross(r *rand.Rand, a, b Arch) Arch { return s.walker().cross(r, a, b) }

func (w *walker) cross(r *rand.Rand, a, b Arch) Arch {
	ga, gb := w.parent(0, a), w.parent(1, b)
	for i := range w.genes {
		first, second := ga, gb
		if r.IntN(2) == 1 {
			first, second = gb, ga
		}
		if !w.inherit(i, first) {
			w.keepOrDraw(r, i, second)
		}
	}
	return w.arch()
}

// parent returns a copy of a's genes, valid until the next call with this k.
func (w *walker) parent(k int, a Arch) []uint8 {
	w.parents[k] = append(w.parents[k][:0], a.genes...)
	return w.parents[k]
}

// perm returns what r.Perm does for the number of decisions.
func (w *walker) perm(r *rand.Rand) []int {
	w.order = w.order[:0]
	for i := range w.genes {
		w.order = append(w.order, i)
	}
	r.Shuffle(len(w.order), func(i, j int) { w.order[i], w.order[j] = w.order[j], w.order[i] })
	return w.order
}

// Neighbors returns the architectures that differ from a in one decision, in
// order of decision and choice, without repetition. Where the change makes later
// choices impossible or decisions necessary, they take the allowed choice
// nearest to their old gene.
func (s *Space) Neighbors(a Arch) []Arch {
	var out []Arch
	seen := map[Arch]bool{a: true}
	w := s.walker()
	for at := range w.genes {
		copy(w.genes, a.genes)
		opts, _ := w.options(at)
		for _, c := range slices.Clone(opts) {
			copy(w.genes, a.genes)
			w.genes[at] = c
			for i := at + 1; i < len(w.genes); i++ {
				w.nearest(i, a.Gene(i))
			}
			if b := w.arch(); !seen[b] {
				seen[b] = true
				out = append(out, b)
			}
		}
	}
	return out
}

// nearest sets gene i to the allowed choice nearest to g, the smaller one of two.
func (w *walker) nearest(i, g int) {
	opts, made := w.options(i)
	if !made {
		return
	}
	best := opts[0]
	for _, c := range opts {
		if abs(int(c)-g) < abs(int(best)-g) {
			best = c
		}
	}
	w.genes[i] = best
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}
