package space

import "math/rand/v2"

// maxMet bounds the architectures that a Drawer remembers, and the prefixes that a
// walker has looked into.
const maxMet = 4096

// Drawer draws architectures as the methods of Space with the same names do,
// from the same random numbers, in memory that it keeps: an architecture that it
// has met lately costs no allocation, a new one little more than its genes. One
// goroutine at a time may use it.
type Drawer struct{ w walker }

// Drawer returns a new Drawer of the space.
func (s *Space) Drawer() *Drawer {
	d := &Drawer{*s.walker()}
	d.w.met = make(map[string]Arch)
	return d
}

// Random does what Space.Random does.
func (d *Drawer) Random(r *rand.Rand) Arch { return d.w.random(r) }

// Mutate does what Space.Mutate does.
func (d *Drawer) Mutate(r *rand.Rand, a Arch, rate float64) Arch { return d.w.mutate(r, a, rate) }

// Cross does what Space.Cross does.
func (d *Drawer) Cross(r *rand.Rand, a, b Arch) Arch { return d.w.cross(r, a, b) }

// Options returns the allowed choices of decision len(prefix) as Space.Options
// does, valid until the next call of a method.
func (d *Drawer) Options(prefix []uint8) []uint8 {
	copy(d.w.genes, prefix)
	opts, _ := d.w.options(len(prefix))
	return opts
}

// Arch returns the architecture with these genes, unchecked, as NewArch does.
func (d *Drawer) Arch(genes []uint8) Arch { return d.w.keep(genes) }

// keep returns the architecture with these genes, the one met before if it is
// still known. It forgets all at once, so that nothing depends on what it keeps.
func (w *walker) keep(genes []uint8) Arch {
	if w.met == nil {
		return NewArch(genes)
	}
	a, ok := w.met[string(genes)]
	if !ok {
		if len(w.met) == maxMet {
			clear(w.met)
		}
		a = NewArch(genes)
		w.met[a.genes] = a
	}
	return a
}
