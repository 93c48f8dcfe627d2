package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/reg"
)

// activation writes one activation: its value in place of z, and its slope at z
// as a factor of g. Both share constants that enter loads.
type activation struct {
	name  string
	long  bool                       // so many instructions that unrolling gains nothing
	enter func(s *isa, c *constants) // optional
	value func(s *isa, c *constants, z reg.VecVirtual)
	slope func(s *isa, c *constants, z, g reg.VecVirtual)
}

// constants are registers with one number in every lane.
type constants struct{ low, high, one, half, share reg.VecVirtual }

// load loads the constants.
func (a *activation) load(s *isa, c *constants) {
	if a.enter != nil {
		a.enter(s, c)
	}
}

// rows limits the number of rows handled at once.
func (a *activation) rows(n int) int {
	if a.long {
		return 1
	}
	return n
}

// activations returns all of them in the order of Act.
func activations() []activation {
	return append(piecewise[:len(piecewise):len(piecewise)], transcendental...)
}

// piecewise lists those made of polynomials, from NoAct on. A lane of z is
// always the second source of a minimum or maximum, so that NaN stays NaN.
var piecewise = []activation{
	{
		name:  "",
		value: func(*isa, *constants, reg.VecVirtual) {},
		slope: func(*isa, *constants, reg.VecVirtual, reg.VecVirtual) {},
	},
	{
		name:  "ReLU",
		enter: func(s *isa, c *constants) { c.low = s.zero() },
		value: func(_ *isa, c *constants, z reg.VecVirtual) { VMAXPS(z, c.low, z) },
		slope: func(s *isa, c *constants, z, g reg.VecVirtual) { s.keepIf(greater, z, c.low, g) },
	},
	{
		name:  "ReLU6",
		enter: func(s *isa, c *constants) { c.low, c.high = s.zero(), s.constant(6) },
		value: func(_ *isa, c *constants, z reg.VecVirtual) {
			VMAXPS(z, c.low, z)
			VMINPS(z, c.high, z)
		},
		slope: func(s *isa, c *constants, z, g reg.VecVirtual) {
			s.keepIf(greater, z, c.low, g)
			s.keepIf(lessThan, z, c.high, g)
		},
	},
	{name: "HardSwish", enter: hardSwishConstants, value: hardSwish, slope: hardSwishSlope},
	{
		name: "HardSigmoid",
		enter: func(s *isa, c *constants) {
			c.low, c.high, c.one, c.half, c.share = s.constant(-3), s.constant(3), s.constant(1), s.constant(0.5), s.constant(1./6)
		},
		value: func(s *isa, c *constants, z reg.VecVirtual) {
			VFMADD213PS(c.half, c.share, z)
			VMAXPS(z, s.zero(), z)
			VMINPS(z, c.one, z)
		},
		slope: func(s *isa, c *constants, z, g reg.VecVirtual) {
			VMULPS(c.share, g, g)
			s.keepIf(greater, z, c.low, g)
			s.keepIf(lessThan, z, c.high, g)
		},
	},
}

func hardSwishConstants(s *isa, c *constants) {
	c.low, c.high, c.one, c.half, c.share = s.constant(-3), s.constant(3), s.constant(1), s.constant(0.5), s.constant(1./6)
}

func hardSwish(s *isa, c *constants, z reg.VecVirtual) {
	t := s.vec()
	VMOVAPS(z, t)
	VFMADD213PS(c.half, c.share, t)
	VMAXPS(t, s.zero(), t)
	VMINPS(t, c.one, t)
	VMULPS(t, z, z)
}

// hardSwishSlope multiplies by z/3 + 1/2 between -3 and 3, by 0 below and by 1
// above.
func hardSwishSlope(s *isa, c *constants, z, g reg.VecVirtual) {
	t := s.vec()
	VADDPS(z, z, t)
	VFMADD213PS(c.half, c.share, t)
	s.setIf(greater, z, c.high, c.one, t)
	s.keepIf(atLeast, z, c.low, t)
	VMULPS(t, g, g)
}
