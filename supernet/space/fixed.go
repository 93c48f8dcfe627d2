package space

import (
	"fmt"
	"hash/fnv"
	"slices"
)

// Fixed is the family of one network: its space has one decision with one
// choice, which names the plan. An extracted subnet is one, so whatever trains,
// evaluates or saves a supernet does the same for it.
type Fixed struct {
	plan    Plan
	weights []Weight
	space   *Space
}

// NewFixed returns the family whose only network is p. Its weights are exactly
// as large as p needs, and it transforms none; see Step.Transforms. p must be valid; see Plan.Validate.
func NewFixed(p Plan) (*Fixed, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	p = p.Baked()
	s, err := NewSpace([]Decision{{Name: "network", Kind: KindOp, Choices: []string{p.hash()}}}, nil)
	if err != nil {
		return nil, err
	}
	return &Fixed{plan: p, weights: p.Weights(), space: s}, nil
}

// Space returns the space of one architecture.
func (f *Fixed) Space() *Space { return f.space }

// Weights lists the network's weights in the order of their first use.
func (f *Fixed) Weights() []Weight { return f.weights }

// Plan returns the network, whatever the architecture.
func (f *Fixed) Plan(Arch) Plan { return f.plan }

// Arch returns the family's only architecture.
func (f *Fixed) Arch() Arch { return NewArch([]uint8{0}) }

// Baked returns the plan with filters of their own instead of transformed ones.
func (p Plan) Baked() Plan {
	if !slices.ContainsFunc(p, func(s Step) bool { return len(s.Transforms) > 0 }) {
		return p
	}
	p = slices.Clone(p)
	for i := range p {
		p[i].Transforms = nil
	}
	return p
}

// hash returns 16 hexadecimal digits that tell networks apart. Where an auxiliary head
// would read changes none.
func (p Plan) hash() string {
	h := fnv.New64a()
	for _, s := range p {
		fmt.Fprintf(h, "%+v\n", struct { // these fields in this order, as in files of earlier versions
			Layer      Layer
			Weight     string
			Transforms []string
			Bias       bool
			Norm       string
			Zero       bool
			Path       float64
			In         []int
		}{s.Layer, s.Weight, s.Transforms, s.Bias, s.Norm, s.Zero, s.Path, s.In})
	}
	return fmt.Sprintf("%016x", h.Sum64())
}

// Weights lists what the plan reads, each name once, at the largest size read.
func (p Plan) Weights() []Weight {
	var t WeightTable
	add := t.Add
	for _, s := range p {
		l := s.Layer
		if w, ok := l.Weight(); ok {
			w.Name = s.Weight
			add(w)
		}
		if s.Bias {
			add(Weight{Name: s.Weight + ".bias", Role: Bias, OutC: l.OutC})
		}
		if s.Norm != "" {
			add(Weight{Name: s.Norm, Role: Norm, OutC: l.OutC, Zero: s.Zero})
		}
	}
	return t.List()
}

// Extremes returns the family's only architecture for each.
func (f *Fixed) Extremes() Extremes {
	a := f.Arch()
	return Extremes{Smallest: a, Largest: a, Narrow: a, Uniform: []Arch{a}}
}
