package space

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
)

// ErrNone says that rules, or what Restrict has left, leave no architecture.
var ErrNone = errors.New("space: holds no architecture")

// maxStates bounds the prefixes that are told apart while a space is counted.
const maxStates = 1 << 19

// Stater is implemented by rules whose memory of a prefix is small. AppendState
// appends to dst a key of the prefix: two prefixes of one length with the same
// key must have the same number of completions by choices that are left, where
// left[i][c] tells whether Restrict has left choice c of decision i. A choice that
// both may make must lead both into a dead end or neither. Counting and looking
// ahead then visit each key once (dynamic programming).
//
// The key covers the conditions of decisions too. Without rules, what conditions need to
// know of a prefix is its key. Rules that are no Stater are told apart prefix by prefix;
// NewSpace refuses to count above 524,288 keys.
type Stater interface {
	AppendState(dst, prefix []uint8, left [][]bool) []byte
}

func (s *Space) appendState(dst, prefix []uint8) []byte {
	switch r := s.rules.(type) {
	case nil, Definition:
		return s.appendPending(dst, prefix)
	case Stater:
		return r.AppendState(dst, prefix, s.left)
	default:
		return append(dst, prefix...)
	}
}

// count fills size, counts and safe. It keeps the counts of a level only if some
// prefix there is a dead end, since only then Allowed needs them.
func (s *Space) count() error {
	n := len(s.decisions)
	s.safe = slices.Repeat([]bool{true}, n+1)
	s.counts = make([]map[string]*big.Int, n+1)
	for i := range s.counts {
		s.counts[i] = make(map[string]*big.Int)
	}
	c := counter{s: s, prefix: make([]uint8, n), one: big.NewInt(1)}
	s.size = c.count(0)
	if c.states > maxStates {
		return fmt.Errorf("space: more than %d prefixes to tell apart while counting; want fewer decisions, or rules (%T) whose Stater merges more of them", maxStates, s.rules)
	}
	if s.size.Sign() == 0 {
		return fmt.Errorf("%w: every start runs out of allowed choices, at %s at the latest", ErrNone, s.decisions[c.deepest].Name)
	}
	for i, safe := range s.safe {
		if safe {
			s.counts[i] = nil
		}
	}
	return nil
}

type counter struct {
	s       *Space
	prefix  []uint8
	one     *big.Int
	states  int
	deepest int // last decision reached with nothing to choose
}

// count returns the number of completions of prefix[:i]. The result is shared.
func (c *counter) count(i int) *big.Int {
	s := c.s
	if i == len(s.decisions) {
		return c.one
	}
	key := string(s.appendState(nil, c.prefix[:i:i]))
	if n, ok := s.counts[i][key]; ok {
		return n
	}
	if c.states++; c.states > maxStates {
		return c.one
	}
	sum := c.sum(i)
	if sum.Sign() == 0 {
		s.safe[i] = false
	}
	s.counts[i][key] = sum
	return sum
}

// sum adds up the completions over the choices of decision i.
func (c *counter) sum(i int) *big.Int {
	s := c.s
	if !s.Active(c.prefix, i) {
		c.prefix[i] = 0
		return c.count(i + 1)
	}
	sum, stuck := new(big.Int), true
	for choice, left := range s.left[i] {
		if !left || s.rules != nil && !s.rules.Allowed(c.prefix[:i:i], i, choice) {
			continue
		}
		stuck = false
		c.prefix[i] = uint8(choice)
		sum.Add(sum, c.count(i+1))
	}
	if stuck {
		c.deepest = max(c.deepest, i)
	}
	return sum
}

// SizeExact returns the number of architectures of the space.
func (s *Space) SizeExact() *big.Int { return new(big.Int).Set(s.size) }

// Size returns the number of architectures of the space, rounded.
func (s *Space) Size() float64 {
	f, _ := new(big.Float).SetInt(s.size).Float64()
	return f
}

// Enumerate calls yield with every architecture of the space, once each, in the
// order of Arch.Less, until yield returns false. It is an iter.Seq[Arch]:
//
//	for a := range s.Enumerate { ... }
func (s *Space) Enumerate(yield func(Arch) bool) {
	w := s.walker()
	w.enumerate(0, yield)
}

func (w *walker) enumerate(i int, yield func(Arch) bool) bool {
	if i == len(w.genes) {
		return yield(w.arch())
	}
	if !w.s.Active(w.genes, i) {
		w.genes[i] = 0
		return w.enumerate(i+1, yield)
	}
	for c := range w.s.decisions[i].Choices {
		w.genes[i] = uint8(c)
		if w.admits(i) && !w.enumerate(i+1, yield) {
			return false
		}
	}
	return true
}
