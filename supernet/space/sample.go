package space

import (
	"math/rand/v2"
	"slices"
)

// Random draws decision by decision, uniformly from the allowed choices of each
// decision that is made (ancestral sampling). It is uniform over single choices,
// not over architectures: where decisions are not made, the few architectures
// below get more weight each.
func (s *Space) Random(r *rand.Rand) Arch {
	w := s.walker()
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
	w := s.walker()
	for i := range w.genes {
		if r.Float64() < rate && w.drawOther(r, i, a.Gene(i)) {
			continue
		}
		w.keepOrDraw(r, i, a)
	}
	if b := w.arch(); b != a {
		return b
	}
	return s.mutateOne(r, a)
}

// mutateOne changes one random decision of a that has an alternative and
// repairs the rest. If none along a's own path has one, no other architecture
// exists: the first decision in which it differed would be an alternative.
func (s *Space) mutateOne(r *rand.Rand, a Arch) Arch {
	w := s.walker()
	for _, at := range r.Perm(len(w.genes)) {
		copy(w.genes, a.genes)
		if !w.drawOther(r, at, a.Gene(at)) {
			continue
		}
		for i := at + 1; i < len(w.genes); i++ {
			w.keepOrDraw(r, i, a)
		}
		return w.arch()
	}
	return a
}

// drawOther sets gene i to a random allowed choice other than g and reports
// whether there was one.
func (w *walker) drawOther(r *rand.Rand, i, g int) bool {
	opts, _ := w.options(i)
	opts = slices.DeleteFunc(opts, func(c uint8) bool { return int(c) == g })
	if len(opts) == 0 {
		return false
	}
	w.genes[i] = opts[r.IntN(len(opts))]
	return true
}

// keepOrDraw sets gene i to that of a if a makes the decision and its choice is
// allowed here, else to a random allowed choice.
func (w *walker) keepOrDraw(r *rand.Rand, i int, a Arch) {
	if w.s.Active(w.genes, i) && w.s.makes(a, i) {
		w.genes[i] = uint8(a.Gene(i))
		if w.admits(i) {
			return
		}
	}
	w.draw(r, i)
}

// makes reports whether a makes decision i.
func (s *Space) makes(a Arch, i int) bool {
	return s.rules == nil || s.rules.Active([]uint8(a.genes[:i]), i)
}

// Cross returns a child of a and b, architectures of the space: each gene comes
// from one of the two at random (from the one that makes the decision, if only
// one does). A choice that is not allowed after the genes so far gives way to
// the other parent's, then to a random one.
func (s *Space) Cross(r *rand.Rand, a, b Arch) Arch {
	w := s.walker()
	for i := range w.genes {
		first, second := a, b
		if r.IntN(2) == 1 {
			first, second = b, a
		}
		if s.Active(w.genes, i) && s.makes(first, i) {
			w.genes[i] = uint8(first.Gene(i))
			if w.admits(i) {
				continue
			}
		}
		w.keepOrDraw(r, i, second)
	}
	return w.arch()
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
