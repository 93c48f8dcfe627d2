package space

import "fmt"

// Valid reports, as an error that names the decision, why a is no architecture
// of the space; nil if it is one.
func (s *Space) Valid(a Arch) error {
	if err := s.checkLen(a.Len()); err != nil {
		return err
	}
	w := s.walker()
	for i := range w.genes {
		g := a.Gene(i)
		if g != 0 && !s.Active(w.genes, i) {
			return fmt.Errorf("space: decision %s is not made here, but its gene is %d; want 0", s.decisions[i].Name, g)
		}
		if err := w.take(i, g); err != nil {
			return err
		}
	}
	return nil
}

// Canon returns the architecture with these genes, those of decisions that are
// not made set to 0. It fails if there are too few or too many, or if a choice
// that is made does not exist or is forbidden.
func (s *Space) Canon(genes []uint8) (Arch, error) {
	if err := s.checkLen(len(genes)); err != nil {
		return Arch{}, err
	}
	w := s.walker()
	for i, g := range genes {
		if err := w.take(i, int(g)); err != nil {
			return Arch{}, err
		}
	}
	return w.arch(), nil
}

func (s *Space) checkLen(n int) error {
	if n != len(s.decisions) {
		return fmt.Errorf("space: architecture has %d genes; want %d, one for each decision", n, len(s.decisions))
	}
	return nil
}

// take sets gene i to g, or to 0 if decision i is not made.
func (w *walker) take(i, g int) error {
	s := w.s
	if !s.Active(w.genes, i) {
		w.genes[i] = 0
		return nil
	}
	d := s.decisions[i]
	if g >= len(d.Choices) {
		return fmt.Errorf("space: decision %s: gene is %d; want 0 to %d", d.Name, g, len(d.Choices)-1)
	}
	w.genes[i] = uint8(g)
	if !w.admits(i) {
		return fmt.Errorf("space: decision %s: %q is not allowed here; want one of %v", d.Name, d.Choices[g], w.optionNames(i))
	}
	return nil
}

// optionNames returns the names of the allowed choices of decision i.
func (w *walker) optionNames(i int) []string {
	opts, _ := w.options(i)
	names := make([]string, len(opts))
	for k, c := range opts {
		names[k] = w.s.decisions[i].Choices[c]
	}
	return names
}
