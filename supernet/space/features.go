package space

import (
	"crypto/sha256"
	"fmt"
)

// Features returns a as numbers for a predictor: for each decision one 0 or 1
// per choice (one-hot), all 0 where the decision is not made. The length is that
// of FeatureNames.
func (s *Space) Features(a Arch) []float64 {
	x := make([]float64, s.offset[len(s.decisions)])
	genes := a.Genes()
	for i, g := range genes {
		if s.Active(genes, i) {
			x[s.offset[i]+int(g)] = 1
		}
	}
	return x
}

// FeatureNames returns the name of each feature, such as "layer1/op=conv3x3".
func (s *Space) FeatureNames() []string {
	names := make([]string, 0, s.offset[len(s.decisions)])
	for _, d := range s.decisions {
		for _, c := range d.Choices {
			names = append(names, d.Name+"="+c)
		}
	}
	return names
}

// ID returns 16 hexadecimal digits that identify the space: a hash of its
// decisions, of what Restrict left, and of the rules' String text if they have
// one. Files carry it, so that genes are never read with another space.
func (s *Space) ID() string { return s.id }

func (s *Space) hash() string {
	h := sha256.New()
	for i, d := range s.decisions {
		fmt.Fprintf(h, "%q %d %d %d %q %v\n", d.Name, d.Kind, d.Layer, d.From, d.Choices, s.left[i])
		if _, own := s.rules.(Stater); !own && len(d.When) > 0 {
			fmt.Fprintf(h, "%v\n", d.When) // the text of a Stater says it already
		}
	}
	if r, ok := s.rules.(fmt.Stringer); ok {
		fmt.Fprintf(h, "%s\n", r)
	}
	fmt.Fprintf(h, "%s\n", s.size)
	return fmt.Sprintf("%x", h.Sum(nil)[:8])
}
