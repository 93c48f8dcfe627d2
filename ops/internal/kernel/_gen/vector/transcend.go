package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/reg"
)

// The activations that need an exponential or an error function. Constants are
// operands in memory: there are too many for registers.

// exp replaces v by e**v, for v brought into [-87, 88]; NaN stays. It is
// 2**n * e**r with n the nearest whole number to v/ln 2, the polynomial being
// that of Cephes (expf, relative error about 2e-7).
func (s *isa) exp(v reg.VecVirtual) {
	limit, n, p := s.vec(), s.vec(), s.vec()
	VMOVUPS(wide(88), limit)
	VMINPS(v, limit, v)
	VMOVUPS(wide(-87), limit)
	VMAXPS(v, limit, v)
	VMULPS(wide(math.Log2E), v, n)
	if s.wide() {
		VRNDSCALEPS(imm(0), n, n)
	} else {
		VROUNDPS(imm(0), n, n)
	}
	VFNMADD231PS(wide(0.693359375), n, v)
	VFNMADD231PS(wide(-2.12194440e-4), n, v)
	s.polynomial(v, p, 1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1)
	VMULPS(v, p, p)
	VFMADD213PS(v, v, p)
	VADDPS(wide(1), p, p)
	if s.wide() {
		VSCALEFPS(n, p, v)
		return
	}
	VCVTPS2DQ(n, n)
	VPSLLD(imm(23), n, n)
	VPADDD(n, p, v)
}

// polynomial sets p to the polynomial in x with the given coefficients, the
// highest power's first.
func (s *isa) polynomial(x, p reg.VecVirtual, c ...float64) {
	VMOVUPS(wide(c[0]), p)
	for _, f := range c[1:] {
		VFMADD213PS(wide(f), x, p)
	}
}

// logistic replaces v by 1/(1+e**-v).
func (s *isa) logistic(v reg.VecVirtual) {
	t := s.zero()
	VSUBPS(v, t, v)
	s.exp(v)
	VADDPS(wide(1), v, v)
	VMOVUPS(wide(1), t)
	VDIVPS(v, t, v)
}

// rest returns 1-v.
func (s *isa) rest(v reg.VecVirtual) reg.VecVirtual {
	t := s.vec()
	VMOVUPS(wide(1), t)
	VSUBPS(v, t, t)
	return t
}

func (s *isa) copied(v reg.VecVirtual) reg.VecVirtual {
	t := s.vec()
	VMOVAPS(v, t)
	return t
}

// sigmoidSlope multiplies g by a*v*(1-v), v being a logistic function's value.
func (s *isa) sigmoidSlope(a float64, v, g reg.VecVirtual) {
	VMULPS(v, g, g)
	t := s.rest(v)
	VMULPS(t, g, g)
	if a != 1 {
		VMULPS(wide(a), g, g)
	}
}

// tanh replaces z by 1 - 2/(1+e**2z), or near zero, where that loses digits, by
// the polynomial of Cephes (tanhf).
func (s *isa) tanh(z reg.VecVirtual) {
	far, square, near := s.vec(), s.vec(), s.vec()
	VADDPS(z, z, far)
	s.exp(far)
	VADDPS(wide(1), far, far)
	VMOVUPS(wide(2), square)
	VDIVPS(far, square, far)
	VMOVUPS(wide(1), square)
	VSUBPS(far, square, far)
	VMULPS(z, z, square)
	s.polynomial(square, near, -5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1)
	VMULPS(square, near, near)
	VFMADD213PS(z, z, near)
	limit := s.vec()
	VMOVUPS(wide(0.625*0.625), limit)
	s.setIf(lessThan, square, limit, near, far)
	VMOVAPS(far, z)
}

// normalCDF replaces v by (1+erf(v/sqrt 2))/2. erf is x*P(x²)/Q(x²) on [-4, 4],
// with the widely used single-precision coefficients of Eigen (absolute error
// below 4e-7).
func (s *isa) normalCDF(v reg.VecVirtual) {
	limit, square, p, q := s.vec(), s.vec(), s.vec(), s.vec()
	VMULPS(wide(1/math.Sqrt2), v, v)
	VMOVUPS(wide(4), limit)
	VMINPS(v, limit, v)
	VMOVUPS(wide(-4), limit)
	VMAXPS(v, limit, v)
	VMULPS(v, v, square)
	s.polynomial(square, p, -2.72614225801306e-10, 2.77068142495902e-08, -2.10102402082508e-06, -5.69250639462346e-05,
		-7.34990630326855e-04, -2.95459980854025e-03, -1.60960333262415e-02)
	s.polynomial(square, q, -1.45660718464996e-05, -2.13374055278905e-04, -1.68282697438203e-03, -7.37332916720468e-03, -1.42647390514189e-02)
	VMULPS(v, p, p)
	VDIVPS(q, p, v)
	VMOVUPS(wide(0.5), p)
	VFMADD213PS(p, p, v)
}

// transcendental lists the activations after those of piecewise polynomials, in
// the order of Act.
var transcendental = []activation{
	{
		name: "Sigmoid", long: true,
		value: func(s *isa, _ *constants, z reg.VecVirtual) { s.logistic(z) },
		slope: func(s *isa, _ *constants, z, g reg.VecVirtual) {
			v := s.copied(z)
			s.logistic(v)
			s.sigmoidSlope(1, v, g)
		},
	},
	{
		name: "Tanh", long: true,
		value: func(s *isa, _ *constants, z reg.VecVirtual) { s.tanh(z) },
		slope: func(s *isa, _ *constants, z, g reg.VecVirtual) { // 1-tanh² = 4*v*(1-v) with v = logistic(2z)
			v := s.vec()
			VADDPS(z, z, v)
			s.logistic(v)
			s.sigmoidSlope(4, v, g)
		},
	},
	{
		name: "SiLU", long: true,
		value: func(s *isa, _ *constants, z reg.VecVirtual) {
			v := s.copied(z)
			s.logistic(v)
			VMULPS(v, z, z)
		},
		slope: func(s *isa, _ *constants, z, g reg.VecVirtual) { // v*(1 + z*(1-v))
			v := s.copied(z)
			s.logistic(v)
			t := s.rest(v)
			VFMADD213PS(wide(1), z, t)
			VMULPS(v, g, g)
			VMULPS(t, g, g)
		},
	},
	{
		name: "GELU", long: true,
		value: func(s *isa, _ *constants, z reg.VecVirtual) {
			v := s.copied(z)
			s.normalCDF(v)
			VMULPS(v, z, z)
		},
		slope: func(s *isa, _ *constants, z, g reg.VecVirtual) { // CDF(z) + z*density(z)
			v := s.copied(z)
			s.normalCDF(v)
			d := s.vec()
			VMULPS(z, z, d)
			VMULPS(wide(-0.5), d, d)
			s.exp(d)
			VMULPS(wide(1/math.Sqrt(2*math.Pi)), d, d)
			VFMADD231PS(z, d, v)
			VMULPS(v, g, g)
		},
	},
}
