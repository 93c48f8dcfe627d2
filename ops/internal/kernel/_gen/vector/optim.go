package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/reg"
)

// optimisers emits the updates of weights. They round after every operation, in
// the order of the plain-Go loops, so that all sets give the same bits.
func optimisers(s *isa) []loop {
	return []loop{s.sgd(false), s.sgd(true), s.adam()}
}

// sgd: d = g + decay*w; v = momentum*v + d; g = 0; w -= rate*v, or with
// Nesterov w -= rate*(d + momentum*v).
func (s *isa) sgd(nesterov bool) loop {
	field, name := "sgd", "SGD"
	if nesterov {
		field, name = "nesterov", "Nesterov"
	}
	l := s.begin(field, name, "func(rate, momentum, decay float32, w, g, v []float32)")
	c := &columns{isa: s, runs: []string{"w", "g", "v"}, unroll: 2}
	var rate, momentum, decay, zero reg.VecVirtual
	c.enter = func() {
		rate, momentum, decay, zero = s.broadcast("rate"), s.broadcast("momentum"), s.broadcast("decay"), s.zero()
	}
	c.row = func(i int, m *mask) {
		w, d, v, t := s.vec(), s.vec(), s.vec(), s.vec()
		s.load(c.run("w", i), w, m)
		s.load(c.run("g", i), d, m)
		s.load(c.run("v", i), v, m)
		VMULPS(decay, w, t)
		VADDPS(t, d, d)
		VMULPS(momentum, v, v)
		VADDPS(d, v, v)
		s.store(v, c.run("v", i), m)
		s.store(zero, c.run("g", i), m)
		if nesterov {
			VMULPS(momentum, v, v)
			VADDPS(v, d, v)
		}
		VMULPS(rate, v, v)
		VSUBPS(v, w, w)
		s.store(w, c.run("w", i), m)
	}
	c.emit()
	return l
}

// adam: d = g + decay*w; m += keep1*(d-m); v = beta2*v + keep2*d*d; g = 0;
// w = shrink*w - rate*m/(sqrt(v)*root + eps).
func (s *isa) adam() loop {
	l := s.begin("adam", "Adam", "func(rate, keep1, beta2, keep2, eps, root, decay, shrink float32, w, g, m, v []float32)")
	c := &columns{isa: s, runs: []string{"w", "g", "m", "v"}, unroll: 1}
	k := map[string]reg.VecVirtual{}
	c.row = func(i int, lanes *mask) {
		w, d, m, v, t := s.vec(), s.vec(), s.vec(), s.vec(), s.vec()
		s.load(c.run("w", i), w, lanes)
		s.load(c.run("g", i), d, lanes)
		s.load(c.run("m", i), m, lanes)
		s.load(c.run("v", i), v, lanes)
		VMULPS(k["decay"], w, t)
		VADDPS(t, d, d)
		VSUBPS(m, d, t)
		VMULPS(k["keep1"], t, t)
		VADDPS(t, m, m)
		VMULPS(k["beta2"], v, v)
		VMULPS(d, k["keep2"], t)
		VMULPS(d, t, t)
		VADDPS(t, v, v)
		s.store(m, c.run("m", i), lanes)
		s.store(v, c.run("v", i), lanes)
		VSQRTPS(v, v)
		VMULPS(k["root"], v, v)
		VADDPS(k["eps"], v, v)
		VMULPS(k["rate"], m, m)
		VDIVPS(v, m, m)
		VMULPS(k["shrink"], w, w)
		VSUBPS(m, w, w)
		s.store(w, c.run("w", i), lanes)
		s.store(s.zero(), c.run("g", i), lanes)
	}
	c.enter = func() {
		for _, name := range []string{"rate", "keep1", "beta2", "keep2", "eps", "root", "decay", "shrink"} {
			k[name] = s.broadcast(name)
		}
	}
	c.emit()
	return l
}
