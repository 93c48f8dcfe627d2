package space

import (
	"fmt"
	"slices"
)

// Restrict returns the space in which the decision called name offers only
// these of its choices. Decisions and genes keep their meaning: every
// architecture of the result is one of s. It fails if the decision or a choice
// is unknown, or if no architecture is left.
func (s *Space) Restrict(name string, choices ...string) (*Space, error) {
	i, ok := s.index[name]
	if !ok {
		return nil, fmt.Errorf("space: restrict: no decision is named %q", name)
	}
	d := s.decisions[i]
	left := make([]bool, len(d.Choices))
	for _, c := range choices {
		k := slices.Index(d.Choices, c)
		if k < 0 {
			return nil, fmt.Errorf("space: restrict %s: %q is no choice; want some of %v", name, c, d.Choices)
		}
		left[k] = s.left[i][k]
	}
	out := *s
	out.left = slices.Clone(s.left)
	out.left[i] = left
	if err := out.finish(); err != nil {
		return nil, fmt.Errorf("restrict %s to %v: %w", name, choices, err)
	}
	return &out, nil
}
