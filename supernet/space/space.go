package space

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
)

// Space is a set of architectures: decisions in order, the rules that couple
// them, and the choices that Restrict has left. It never changes once made and
// is safe for concurrent use.
type Space struct {
	decisions []Decision
	rules     Rules
	pending   []pending      // by genes of a prefix; nil with rules that may forbid
	left      [][]bool       // [decision][choice]: false where Restrict removed it
	index     map[string]int // decision by name
	offset    []int          // first feature of each decision; the last entry is their number
	groups    []group        // runs of decisions of one layer: the words of the text form
	size      *big.Int
	safe      []bool                // [i]: every prefix of i genes that the rules let through can be completed
	counts    []map[string]*big.Int // [i]: completions by the state of a prefix of i genes; nil if safe
	notation  Notation              // nil: words of choices
	id        string
}

// NewSpace returns the space of these decisions. Nil rules mean that every choice is
// allowed.
//
// It counts the space at once, so that choices that lead into a dead end are
// never offered: Allowed looks ahead to the last decision. An error tells which
// decision is malformed, which one no prefix can make (the rules forbid all of
// its choices), or that the rules need a Stater.
func NewSpace(ds []Decision, rules Rules) (*Space, error) {
	s := &Space{
		decisions: cloneDecisions(ds),
		rules:     rules,
		index:     make(map[string]int, len(ds)),
		offset:    make([]int, len(ds)+1),
	}
	if len(ds) == 0 {
		return nil, fmt.Errorf("space: no decisions; want at least one")
	}
	for i, d := range s.decisions {
		if err := checkDecision(d); err != nil {
			return nil, err
		}
		if j, ok := s.index[d.Name]; ok {
			return nil, fmt.Errorf("space: decisions %d and %d are both named %q", j, i, d.Name)
		}
		s.index[d.Name] = i
		s.offset[i+1] = s.offset[i] + len(d.Choices)
		s.left = append(s.left, slices.Repeat([]bool{true}, len(d.Choices)))
	}
	s.groups = groupByLayer(s.decisions)
	if err := errors.Join(s.checkSkips(), s.checkWhen()); err != nil {
		return nil, err
	}
	switch rules.(type) {
	case nil, Definition:
		s.pending = s.pendings()
	}
	if err := s.finish(); err != nil {
		return nil, err
	}
	return s, nil
}

// finish fills what follows from decisions, rules and left.
func (s *Space) finish() error {
	if err := s.count(); err != nil {
		return err
	}
	s.id = s.hash()
	return nil
}

func cloneDecisions(ds []Decision) []Decision {
	out := slices.Clone(ds)
	for i := range out {
		out[i].Choices = slices.Clone(out[i].Choices)
		out[i].When = slices.Clone(out[i].When)
	}
	return out
}

// reserved are the bytes with a meaning in the text form of an architecture.
const reserved = " \t\r\n:+,="

func checkDecision(d Decision) error {
	if d.Name == "" || strings.ContainsAny(d.Name, reserved) {
		return fmt.Errorf("space: decision name %q; want a name without spaces and without : + , =", d.Name)
	}
	if n := len(d.Choices); n < 1 || n > 255 {
		return fmt.Errorf("space: decision %s has %d choices; want 1 to 255", d.Name, n)
	}
	for i, c := range d.Choices {
		if c == "" || c == notMade || strings.ContainsAny(c, reserved) {
			return fmt.Errorf("space: decision %s: choice %q; want a word without spaces and without : + , = that is not %q", d.Name, c, notMade)
		}
		if slices.Contains(d.Choices[:i], c) {
			return fmt.Errorf("space: decision %s offers %q twice", d.Name, c)
		}
	}
	if d.Kind == KindSkip && !slices.Equal(d.Choices, []string{"no", "yes"}) {
		return fmt.Errorf("space: decision %s is a skip with choices %v; want [no yes]", d.Name, d.Choices)
	}
	if n := len(d.Sources); n > 0 && (d.Kind != KindSource || n != len(d.Choices) || slices.Max(d.Sources) >= d.Layer) {
		return fmt.Errorf("space: decision %s of layer %d reads the layers %v; want an earlier one, or an input, for each of %v, of a decision for a source", d.Name, d.Layer, d.Sources, d.Choices)
	}
	if d.Kind == KindSkip && d.From < -1 {
		return fmt.Errorf("space: decision %s is a skip from layer %d; want -1 (the stem) or a layer", d.Name, d.From)
	}
	return nil
}

// checkSkips reports two skips of one layer from the same source: the text form
// names a skip by its source.
func (s *Space) checkSkips() error {
	for _, g := range s.groups {
		seen := make(map[int]string)
		for _, d := range s.decisions[g.from:g.to] {
			if d.Kind != KindSkip {
				continue
			}
			if other, ok := seen[d.From]; ok {
				return fmt.Errorf("space: decisions %s and %s are the same skip of layer %d", other, d.Name, d.Layer)
			}
			seen[d.From] = d.Name
		}
	}
	return nil
}

// Decisions returns the decisions in order. The slice is shared and must not be
// written to.
func (s *Space) Decisions() []Decision { return s.decisions }

// Index returns the position of the decision called name, and whether it exists.
func (s *Space) Index(name string) (int, bool) {
	i, ok := s.index[name]
	return i, ok
}

// Allowed reports whether choice c of an active decision i may follow the i
// genes of prefix: the rules allow it, Restrict has left it, and at least one
// architecture of the space starts so. After a prefix of an architecture of the
// space at least one choice of each active decision is allowed.
func (s *Space) Allowed(prefix []uint8, i, c int) bool {
	if c < 0 || c >= len(s.decisions[i].Choices) {
		return false
	}
	w := s.walker()
	copy(w.genes, prefix[:i])
	w.genes[i] = uint8(c)
	return w.admits(i)
}

// Options appends to dst the allowed choices of decision len(prefix), in rising
// order; none if that decision is not made.
func (s *Space) Options(dst, prefix []uint8) []uint8 {
	w := s.walker()
	copy(w.genes, prefix)
	opts, _ := w.options(len(prefix))
	return append(dst, opts...)
}

// walker visits the decisions of a space in order; genes[:i] is the prefix of
// decision i. Its scratch makes a walk cheap: a handful of allocations.
type walker struct {
	s       *Space
	genes   []uint8
	state   []byte
	opts    []uint8
	parents [2][]uint8
	order   []int
	met     map[string]Arch // see Drawer; nil: none is kept
	looked  map[look]bool   // whether prefixes whose state was not met in counting can be completed
}

func (s *Space) walker() *walker {
	return &walker{s: s, genes: make([]uint8, len(s.decisions))}
}

// look is a prefix of so many genes by its state.
type look struct {
	genes int
	state string
}

// admits reports whether genes[i] is an allowed choice after genes[:i]. It may
// set the genes behind to 0.
func (w *walker) admits(i int) bool {
	return w.lets(i) && w.completes(i+1)
}

// lets reports whether genes[i] is left and the rules let it follow genes[:i].
func (w *walker) lets(i int) bool {
	s, c := w.s, int(w.genes[i])
	return s.left[i][c] && (s.rules == nil || s.rules.Allowed(w.genes[:i:i], i, c))
}

// completes reports whether some architecture starts with genes[:i]. Counting
// visits one prefix of each state, and prefixes of one state have as many
// completions but may go on to other states: those that it did not meet are
// looked into here.
func (w *walker) completes(i int) bool {
	s := w.s
	if s.safe[i] {
		return true
	}
	w.state = s.appendState(w.state[:0], w.genes[:i:i])
	if n, ok := s.counts[i][string(w.state)]; ok {
		return n.Sign() > 0
	}
	at := look{i, string(w.state)}
	if found, ok := w.looked[at]; ok {
		return found
	}
	if w.looked == nil {
		w.looked = make(map[look]bool)
	} else if len(w.looked) >= maxMet {
		clear(w.looked)
	}
	w.looked[at] = w.finds(i)
	return w.looked[at]
}

// finds tries the choices of decision i after genes[:i], and leaves it at 0.
func (w *walker) finds(i int) bool {
	w.genes[i] = 0
	if !w.s.Active(w.genes, i) {
		return w.completes(i + 1)
	}
	found := false
	for c := range w.s.decisions[i].Choices {
		w.genes[i] = uint8(c)
		if found = w.admits(i); found {
			break
		}
	}
	w.genes[i] = 0
	return found
}

// options returns the allowed choices of decision i after genes[:i], valid
// until the next call, and whether the decision is made. It overwrites genes[i].
func (w *walker) options(i int) (opts []uint8, made bool) {
	w.opts = w.opts[:0]
	if !w.s.Active(w.genes, i) {
		w.genes[i] = 0
		return nil, false
	}
	for c := range w.s.decisions[i].Choices {
		w.genes[i] = uint8(c)
		if w.admits(i) {
			w.opts = append(w.opts, uint8(c))
		}
	}
	return w.opts, true
}

// arch returns the architecture of all genes.
func (w *walker) arch() Arch { return w.keep(w.genes) }
