package space

import (
	"fmt"
	"math/big"
)

// maxStates bounds the prefixes that are told apart while a space is counted.
const maxStates = 1 << 18

// Stater is implemented by rules whose memory of a prefix is small. AppendState
// appends to dst a key of the prefix: two prefixes of one length with the same
// key must have the same continuations, that is Active and Allowed agree on
// everything that can follow. Counting and looking ahead then cost one visit per
// key and decision (dynamic programming) instead of one per prefix.
// Rules without it are told apart prefix by prefix, which NewSpace refuses above
// some 260,000 prefixes.
type Stater interface {
	AppendState(dst []byte, prefix []uint8) []byte
}

func (s *Space) appendState(dst []byte, prefix []uint8) []byte {
	switch r := s.rules.(type) {
	case nil:
		return dst
	case Stater:
		return r.AppendState(dst, prefix)
	default:
		return append(dst, prefix...)
	}
}

// count fills counts and safe: the number of completions of every prefix that
// the rules and Restrict let through.
func (s *Space) count() error {
	n := len(s.decisions)
	s.counts = make([]map[string]*big.Int, n)
	s.safe = make([]bool, n+1)
	for i := range s.counts {
		s.counts[i] = make(map[string]*big.Int)
		s.safe[i] = true
	}
	s.safe[n] = true
	c := counter{s: s, prefix: make([]uint8, n), one: big.NewInt(1)}
	total := c.count(0)
	if c.states > maxStates {
		return fmt.Errorf("space: more than %d prefixes to tell apart; the rules (%T) must implement Stater", maxStates, s.rules)
	}
	if total.Sign() == 0 {
		return fmt.Errorf("space: holds no architecture: whatever comes before, no choice of %s or of an earlier decision is allowed", s.decisions[c.deepest].Name)
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
	sum := new(big.Int)
	if c.states++; c.states > maxStates {
		return sum
	}
	if !s.Active(c.prefix, i) {
		c.prefix[i] = 0
		sum = c.count(i + 1)
	} else {
		stuck := true
		for choice, left := range s.allow[i] {
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
	}
	if sum.Sign() == 0 {
		s.safe[i] = false
	}
	s.counts[i][key] = sum
	return sum
}

// SizeExact returns the number of architectures of the space.
func (s *Space) SizeExact() *big.Int {
	return new(big.Int).Set(s.counts[0][string(s.appendState(nil, nil))])
}

// Size returns the number of architectures of the space, rounded.
func (s *Space) Size() float64 {
	f, _ := new(big.Float).SetInt(s.SizeExact()).Float64()
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
