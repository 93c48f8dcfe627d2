package space

import "fmt"

// What follows the name of a weight or norm in the names of its tensors.
var (
	weightParts = []string{".bias"}
	normParts   = []string{".scale", ".shift", ".mean", ".var"}
)

// use is how a step reads a tensor; steps that share one agree in it.
type use struct {
	role      Role
	parity    Sides // sides of the kernel modulo 2
	groups    int
	inC, outC int // of grouped convolutions, which cannot be sliced
}

// String says what the tensor is.
func (u use) String() string {
	switch {
	case u.role == Norm:
		return "norm"
	case u.role == Depthwise:
		return "depthwise filter of " + u.size()
	case u.groups > 1:
		return fmt.Sprintf("weight of %d groups, %d channels in, %d out", u.groups, u.inC, u.outC)
	default:
		return "dense weight of " + u.size()
	}
}

// size says of what parity the kernel is.
func (u use) size() string {
	parity := [2]string{"even", "odd"}
	if u.parity.H == u.parity.W {
		return parity[u.parity.H] + " size"
	}
	return parity[u.parity.H] + " height and " + parity[u.parity.W] + " width"
}

// weightUse returns how the step reads its weight.
func (s *Step) weightUse() use {
	l := s.Layer
	parity := Sides{l.K.H % 2, l.K.W % 2}
	switch {
	case l.Op == Linear:
		return use{role: Dense, parity: Square(1), groups: 1}
	case l.Depthwise():
		return use{role: Depthwise, parity: parity}
	case l.G > 1:
		return use{role: Dense, parity: parity, groups: l.G, inC: l.InC, outC: l.OutC}
	default:
		return use{role: Dense, parity: parity, groups: 1}
	}
}

// validateNames reports a name that stands for two different tensors: a weight
// and a norm, weights that no common one contains, or a weight or norm that has
// the name of another's bias, scale, shift or statistics.
func (p Plan) validateNames() error {
	first := make(map[string]int, len(p))
	uses := make(map[string]use, len(p))
	read := func(i int, name string, u use) error {
		if name == "" {
			return nil
		}
		if have, shared := uses[name]; shared && have != u {
			return fmt.Errorf("reads %q as a %v, step %d as a %v; want the same, or another name", name, u, first[name], have)
		} else if !shared {
			uses[name], first[name] = u, i
		}
		return nil
	}
	for i := range p {
		s := &p[i]
		if err := read(i, s.Weight, s.weightUse()); err != nil {
			return p.fault(i, err)
		}
		if err := read(i, s.Norm, use{role: Norm}); err != nil {
			return p.fault(i, err)
		}
	}
	for i, s := range p {
		if err := derived(s.Weight, weightParts, first); err != nil {
			return p.fault(i, err)
		}
		if err := derived(s.Norm, normParts, first); err != nil {
			return p.fault(i, err)
		}
	}
	return nil
}

// derived reports a weight or norm that has the name of a part of another.
func derived(name string, parts []string, readers map[string]int) error {
	if name == "" {
		return nil
	}
	for _, part := range parts {
		if i, taken := readers[name+part]; taken {
			return fmt.Errorf("%q is a name of step %d, and that of a part of %q; want another", name+part, i, name)
		}
	}
	return nil
}

// fault tells the step of an error.
func (p Plan) fault(i int, err error) error {
	return fmt.Errorf("plan: step %d (%v): %w", i, p[i].Layer, err)
}
