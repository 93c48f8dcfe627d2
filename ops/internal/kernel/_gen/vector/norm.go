package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// sums emits the column sums and moments.
func sums(s *isa) []loop {
	plain := s.begin("sums", "Sums", "func(x, s []float32)")
	s.totals(s.sums, []string{"x"}, []string{"s"}, func(c *columns) (func(), accumulate) {
		return func() {}, func(i int, acc []reg.VecVirtual, k *mask) {
			x := c.vec()
			c.load(c.run("x", i), x, k)
			VADDPS(x, acc[0], acc[0])
		}
	})
	moments := s.begin("moments", "Moments", "func(x, k, s, q []float32)")
	s.totals(s.sums, []string{"x"}, []string{"s", "q"}, func(c *columns) (func(), accumulate) {
		var centre reg.VecVirtual
		return func() { centre = c.loaded("k") }, func(i int, acc []reg.VecVirtual, k *mask) {
			x := c.vec()
			c.load(c.run("x", i), x, k)
			VSUBPS(centre, x, x)
			c.only(x, k)
			VADDPS(x, acc[0], acc[0])
			VFMADD231PS(x, x, acc[1])
		}
	})
	return []loop{plain, moments}
}

// accumulate adds row i to the accumulators.
type accumulate func(i int, acc []reg.VecVirtual, k *mask)

// totals emits a loop that adds to the vectors named in to. Rows that are
// handled at once have accumulators of their own.
func (s *isa) totals(unroll int, runs, to []string, body func(c *columns) (enter func(), add accumulate)) {
	c := &columns{isa: s, runs: runs, period: "s", unroll: unroll}
	enter, add := body(c)
	acc := make([][]reg.VecVirtual, c.unroll)
	c.enter = func() {
		enter()
		for i := range acc {
			acc[i] = nil
			for range to {
				acc[i] = append(acc[i], s.zero())
			}
		}
	}
	c.row = func(i int, k *mask) { add(i, acc[i], k) }
	c.leave = func() {
		for n := len(acc); n > 1; n /= 2 {
			for i := range n / 2 {
				for j := range to {
					VADDPS(acc[i+n/2][j], acc[i][j], acc[i][j])
				}
			}
		}
		for j, name := range to {
			m := c.vector(name)
			VADDPS(m, acc[0][j], acc[0][j])
			VMOVUPS(acc[0][j], m)
		}
	}
	c.emit()
}

// norms emits, for each activation, the normalisation and its two backward
// passes.
func norms(s *isa) []loop {
	var forward, reduce, apply []loop
	for _, a := range activations() {
		forward = append(forward, s.norm(a))
		reduce = append(reduce, s.normReduce(a))
		apply = append(apply, s.normApply(a))
	}
	return append(append(forward, reduce...), apply...)
}

// norm: y = act(x*scale + shift).
func (s *isa) norm(a activation) loop {
	l := s.begin("norm", "Norm"+a.name, "func(x, scale, shift, y []float32)")
	c := &columns{isa: s, runs: []string{"x", "y"}, period: "scale", unroll: a.rows(4)}
	var k constants
	var scale, shift reg.VecVirtual
	c.enter = func() {
		a.load(s, &k)
		scale, shift = c.loaded("scale"), c.loaded("shift")
	}
	c.row = func(i int, m *mask) {
		z := s.vec()
		s.load(c.run("x", i), z, m)
		VFMADD213PS(shift, scale, z)
		a.value(s, &k, z)
		s.store(z, c.run("y", i), m)
	}
	c.emit()
	return l
}

// normReduce: with g = dy*act'(x*scale + shift), s += g and q += g*(x - mean).
func (s *isa) normReduce(a activation) loop {
	l := s.begin("normReduce", "NormReduce"+a.name, "func(x, dy, scale, shift, mean, s, q []float32)")
	s.totals(a.rows(s.sums), []string{"x", "dy"}, []string{"s", "q"}, func(c *columns) (func(), accumulate) {
		var k constants
		var scale, shift reg.VecVirtual
		var mean Mem // AVX2 has no register left for it
		enter := func() {
			a.load(s, &k)
			scale, shift, mean = c.loaded("scale"), c.loaded("shift"), c.vector("mean")
		}
		return enter, func(i int, acc []reg.VecVirtual, m *mask) {
			x, g := s.vec(), s.vec()
			s.load(c.run("x", i), x, m)
			s.load(c.run("dy", i), g, m)
			s.gradient(a, &k, x, scale, shift, g)
			VSUBPS(mean, x, x)
			VADDPS(g, acc[0], acc[0])
			VFMADD231PS(x, g, acc[1])
		}
	})
	return l
}

// gradient multiplies g by the activation's slope at x*scale + shift.
func (s *isa) gradient(a activation, k *constants, x, scale, shift, g reg.VecVirtual) {
	if a.name == "" {
		return
	}
	z := s.vec()
	VMOVAPS(x, z)
	VFMADD213PS(shift, scale, z)
	a.slope(s, k, z, g)
}

// normApply: dx = a*g + (b*x + c) with the g of normReduce.
func (s *isa) normApply(a activation) loop {
	l := s.begin("normApply", "NormApply"+a.name, "func(x, dy, scale, shift, a, b, c, dx []float32)")
	c := &columns{isa: s, runs: []string{"x", "dy", "dx"}, period: "a", unroll: a.rows(s.sums)}
	var k constants
	var scale, shift, va, vb, vc reg.VecVirtual
	c.enter = func() {
		a.load(s, &k)
		scale, shift = c.loaded("scale"), c.loaded("shift")
		va, vb, vc = c.loaded("a"), c.loaded("b"), c.loaded("c")
	}
	c.row = func(i int, m *mask) {
		x, g := s.vec(), s.vec()
		s.load(c.run("x", i), x, m)
		s.load(c.run("dy", i), g, m)
		s.gradient(a, &k, x, scale, shift, g)
		VFMADD213PS(vc, vb, x)
		VFMADD213PS(x, va, g)
		s.store(g, c.run("dx", i), m)
	}
	c.emit()
	return l
}
