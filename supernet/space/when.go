package space

import (
	"fmt"
	"slices"
)

// Active reports whether decision i is made after the i genes of prefix: whether all of
// its conditions hold.
func (s *Space) Active(prefix []uint8, i int) bool {
	for _, any := range s.decisions[i].When {
		if !s.holds(prefix, any) {
			return false
		}
	}
	return true
}

// holds reports whether one of the choices was made. prefix has a gene for each decision
// that they name. The gene of a decision that is not made is 0, so it is looked at only
// where option 0 is named.
func (s *Space) holds(prefix []uint8, any Any) bool {
	for _, c := range any {
		g := prefix[c.Decision]
		if slices.Contains(c.Options, g) && (g != 0 || s.Active(prefix, c.Decision)) {
			return true
		}
	}
	return false
}

// checkWhen reports a condition on a decision that is not an earlier one, or on an option
// that it does not have.
func (s *Space) checkWhen() error {
	for i, d := range s.decisions {
		for _, any := range d.When {
			if len(any) == 0 {
				return fmt.Errorf("space: decision %s has a condition without choices; want at least one", d.Name)
			}
			for _, c := range any {
				if c.Decision < 0 || c.Decision >= i {
					return fmt.Errorf("space: decision %s depends on decision %d; want an earlier one than its own, %d", d.Name, c.Decision, i)
				}
				for _, o := range c.Options {
					if int(o) >= len(s.decisions[c.Decision].Choices) {
						return fmt.Errorf("space: decision %s depends on option %d of %s; want 0 to %d", d.Name, o, s.decisions[c.Decision].Name, len(s.decisions[c.Decision].Choices)-1)
					}
				}
			}
		}
	}
	return nil
}

// pending is what a prefix of so many genes must remember for the conditions of later
// decisions.
type pending struct {
	conditions []Any // all of their decisions are in the prefix: each holds or not
	decisions  []int // those that conditions with later decisions name too
}

// pendings returns what prefixes of 0, 1, ... genes must remember.
func (s *Space) pendings() []pending {
	all := make([]pending, len(s.decisions)+1)
	for i := range all {
		for _, d := range s.decisions[i:] {
			for _, any := range d.When {
				all[i].add(any, i)
			}
		}
	}
	return all
}

func (p *pending) add(any Any, genes int) {
	last := slices.MaxFunc(any, func(a, b Choice) int { return a.Decision - b.Decision }).Decision
	if last < genes {
		if !slices.ContainsFunc(p.conditions, func(o Any) bool { return sameAny(o, any) }) {
			p.conditions = append(p.conditions, any)
		}
		return
	}
	for _, c := range any {
		if c.Decision < genes && !slices.Contains(p.decisions, c.Decision) {
			p.decisions = append(p.decisions, c.Decision)
		}
	}
}

func sameAny(a, b Any) bool {
	return slices.EqualFunc(a, b, func(x, y Choice) bool {
		return x.Decision == y.Decision && slices.Equal(x.Options, y.Options)
	})
}

// appendPending appends what a prefix must remember for conditions.
func (s *Space) appendPending(dst, prefix []uint8) []byte {
	p := &s.pending[len(prefix)]
	for _, any := range p.conditions {
		holds := byte(0)
		if s.holds(prefix, any) {
			holds = 1
		}
		dst = append(dst, holds)
	}
	for _, d := range p.decisions {
		made := byte(0)
		if s.Active(prefix, d) {
			made = 1
		}
		dst = append(dst, prefix[d], made)
	}
	return dst
}
