package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/reg"
)

// acts emits each activation alone and its backward pass.
func acts(s *isa) []loop {
	var forward, back []loop
	for _, a := range activations() {
		forward = append(forward, s.act(a))
		back = append(back, s.actBack(a))
	}
	return append(forward, back...)
}

// act: y = act(x).
func (s *isa) act(a activation) loop {
	l := s.begin("act", "Act"+a.name, "func(x, y []float32)")
	c := &columns{isa: s, runs: []string{"x", "y"}, unroll: a.rows(4)}
	var k constants
	c.enter = func() { a.load(s, &k) }
	c.row = func(i int, m *mask) {
		z := s.vec()
		s.load(c.run("x", i), z, m)
		a.value(s, &k, z)
		s.store(z, c.run("y", i), m)
	}
	c.emit()
	return l
}

// actBack: dx = dy*act'(x).
func (s *isa) actBack(a activation) loop {
	l := s.begin("actBack", "ActBack"+a.name, "func(x, dy, dx []float32)")
	c := &columns{isa: s, runs: []string{"x", "dy", "dx"}, unroll: a.rows(4)}
	var k constants
	c.enter = func() { a.load(s, &k) }
	c.row = func(i int, m *mask) {
		z, g := s.vec(), s.vec()
		s.load(c.run("x", i), z, m)
		s.load(c.run("dy", i), g, m)
		a.slope(s, &k, z, g)
		s.store(g, c.run("dx", i), m)
	}
	c.emit()
	return l
}

// flats emits sums of runs and the copying of vectors to every row.
func flats(s *isa) []loop {
	return []loop{s.add(), s.axpy(), s.broadcastRows(false), s.broadcastRows(true)}
}

// add: y = a + b.
func (s *isa) add() loop {
	l := s.begin("add", "Add", "func(a, b, y []float32)")
	c := &columns{isa: s, runs: []string{"a", "b", "y"}, unroll: 4}
	c.row = func(i int, m *mask) {
		x, y := s.vec(), s.vec()
		s.load(c.run("a", i), x, m)
		s.load(c.run("b", i), y, m)
		VADDPS(y, x, x)
		s.store(x, c.run("y", i), m)
	}
	c.emit()
	return l
}

// axpy: y += a*x.
func (s *isa) axpy() loop {
	l := s.begin("axpy", "Axpy", "func(a float32, x, y []float32)")
	c := &columns{isa: s, runs: []string{"x", "y"}, unroll: 4}
	var factor reg.VecVirtual
	c.enter = func() { factor = s.broadcast("a") }
	c.row = func(i int, m *mask) {
		x, y := s.vec(), s.vec()
		s.load(c.run("x", i), x, m)
		s.load(c.run("y", i), y, m)
		VFMADD231PS(factor, x, y)
		s.store(y, c.run("y", i), m)
	}
	c.emit()
	return l
}

// broadcastRows: y = v, or y += v, in every row.
func (s *isa) broadcastRows(add bool) loop {
	field, name := "broadcast", "Broadcast"
	if add {
		field, name = "broadcastAdd", "BroadcastAdd"
	}
	l := s.begin(field, name, "func(v, y []float32)")
	c := &columns{isa: s, runs: []string{"y"}, period: "v", unroll: 4}
	var v reg.VecVirtual
	c.enter = func() { v = c.loaded("v") }
	c.row = func(i int, m *mask) {
		if !add {
			s.store(v, c.run("y", i), m)
			return
		}
		y := s.vec()
		s.load(c.run("y", i), y, m)
		VADDPS(v, y, y)
		s.store(y, c.run("y", i), m)
	}
	c.emit()
	return l
}
