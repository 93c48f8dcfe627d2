package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// pixels is a loop over the output pixels of a pooling run, a register's worth
// of channels at a time; the last one of a pixel may be masked.
type pixels struct {
	*isa
	runs []string // parameters with C floats a pixel
	at   string   // the parameter that taps look into
	also string   // another one laid out alike; "" for none

	enter func()        // start of the function, optional
	body  func(k *mask) // one register's worth

	ptr          map[string]reg.GPVirtual // of the runs at this pixel and channel
	tap          map[string]reg.GPVirtual // of at and also, without the tap's offset
	left         reg.GPVirtual            // channels left in the pixel
	next, offEnd reg.GPVirtual
}

func pools(s *isa) []loop { return []loop{s.maxTaps(), s.maxBack(), s.sumTaps(), s.sumBack()} }

// emit writes the loop and the function's end.
func (p *pixels) emit() {
	p.ptr, p.tap = map[string]reg.GPVirtual{}, map[string]reg.GPVirtual{}
	for _, r := range p.runs {
		p.ptr[r] = Load(Param(r).Base(), GP64()).(reg.GPVirtual)
	}
	count := Load(Param("pixels"), GP64()).(reg.GPVirtual)
	if p.enter != nil {
		p.enter()
	}
	shift := GP64()
	XORQ(shift, shift)
	Label("pixel")
	p.left = Load(Param("c"), GP64()).(reg.GPVirtual)
	for _, a := range p.windows() {
		p.tap[a] = Load(Param(a).Base(), GP64()).(reg.GPVirtual)
		LEAQ(Mem{Base: p.tap[a], Index: shift, Scale: 4}, p.tap[a])
	}
	p.channels()
	step := Load(Param("step"), GP64()).(reg.GPVirtual)
	ADDQ(step, shift)
	DECQ(count)
	JNZ(LabelRef("pixel"))
	VZEROUPPER()
	RET()
}

func (p *pixels) windows() []string {
	if p.also == "" {
		return []string{p.at}
	}
	return []string{p.at, p.also}
}

// channels writes the loop over one pixel's channels and leaves the runs at the
// next pixel.
func (p *pixels) channels() {
	Label("channels")
	CMPQ(p.left, U8(uint8(p.lanes)))
	JLT(LabelRef("rest"))
	p.body(nil)
	for _, r := range p.runs {
		ADDQ(U8(uint8(p.bytes())), p.ptr[r])
	}
	for _, a := range p.windows() {
		ADDQ(U8(uint8(p.bytes())), p.tap[a])
	}
	SUBQ(U8(uint8(p.lanes)), p.left)
	JMP(LabelRef("channels"))
	Label("rest")
	TESTQ(p.left, p.left)
	JZ(LabelRef("pixel_done"))
	n := GP64()
	MOVQ(p.left, n)
	k := p.firstLanes(n)
	p.body(&k)
	for _, r := range p.runs {
		LEAQ(Mem{Base: p.ptr[r], Index: p.left, Scale: 4}, p.ptr[r])
	}
	Label("pixel_done")
}

// taps writes a loop over the taps; f gets the offset's register.
func (p *pixels) taps(k *mask, f func(offset reg.GPVirtual)) {
	label := "tap"
	if k != nil {
		label = "tap_rest"
	}
	off, n, o := GP64(), GP64(), GP64()
	Load(Param("off").Base(), off)
	Load(Param("off").Len(), n)
	LEAQ(Mem{Base: off, Index: n, Scale: 4}, n)
	Label(label)
	MOVLQSX(Mem{Base: off}, o)
	f(o)
	ADDQ(U8(4), off)
	CMPQ(off, n)
	JLT(LabelRef(label))
}

func (p *pixels) window(name string, offset reg.GPVirtual) Mem {
	return Mem{Base: p.tap[name], Index: offset, Scale: 4}
}

// maxTaps: y = the maximum of x over the taps.
func (s *isa) maxTaps() loop {
	l := s.begin("maxTaps", "MaxTaps", "func(off []int32, pixels, step, c int, x, y []float32)")
	p := &pixels{isa: s, runs: []string{"y"}, at: "x"}
	var lowest reg.VecVirtual
	p.enter = func() { lowest = s.constant(negInf) }
	p.body = func(k *mask) {
		top := s.vec()
		VMOVAPS(lowest, top)
		p.taps(k, func(o reg.GPVirtual) {
			x := s.vec()
			s.load(p.window("x", o), x, k)
			VMAXPS(x, top, top)
		})
		s.store(top, Mem{Base: p.ptr["y"]}, k)
	}
	p.emit()
	return l
}

// maxBack: dx += dy at the first tap where x = y.
func (s *isa) maxBack() loop {
	l := s.begin("maxBack", "MaxBack", "func(off []int32, pixels, step, c int, x, y, dy, dx []float32)")
	p := &pixels{isa: s, runs: []string{"y", "dy"}, at: "x", also: "dx"}
	p.body = func(k *mask) {
		top, g := s.vec(), s.vec()
		s.load(Mem{Base: p.ptr["y"]}, top, k)
		s.load(Mem{Base: p.ptr["dy"]}, g, k)
		p.taps(k, func(o reg.GPVirtual) {
			x, d := s.vec(), s.vec()
			s.load(p.window("x", o), x, k)
			s.load(p.window("dx", o), d, k)
			s.give(x, top, g, d)
			s.store(d, p.window("dx", o), k)
		})
	}
	p.emit()
	return l
}

// give adds g to d in the lanes where x equals top, and takes it from g.
func (s *isa) give(x, top, g, d reg.VecVirtual) {
	if s.wide() {
		k := K()
		VCMPPS(U8(equalTo), x, top, k)
		VADDPS(g, d, k, d)
		VPXORD(g, g, k, g)
		return
	}
	t, share := s.vec(), s.vec()
	VCMPPS(U8(equalTo), x, top, t)
	VANDPS(g, t, share)
	VADDPS(share, d, d)
	VANDNPS(g, t, g)
}

// sumTaps: y = scale times the sum of x over the taps.
func (s *isa) sumTaps() loop {
	l := s.begin("sumTaps", "SumTaps", "func(off []int32, pixels, step, c int, scale float32, x, y []float32)")
	p := &pixels{isa: s, runs: []string{"y"}, at: "x"}
	var scale reg.VecVirtual
	p.enter = func() { scale = s.broadcast("scale") }
	p.body = func(k *mask) {
		sum := s.zero()
		p.taps(k, func(o reg.GPVirtual) {
			x := s.vec()
			s.load(p.window("x", o), x, k)
			VADDPS(x, sum, sum)
		})
		VMULPS(scale, sum, sum)
		s.store(sum, Mem{Base: p.ptr["y"]}, k)
	}
	p.emit()
	return l
}

// sumBack: dx += scale*dy at every tap.
func (s *isa) sumBack() loop {
	l := s.begin("sumBack", "SumBack", "func(off []int32, pixels, step, c int, scale float32, dy, dx []float32)")
	p := &pixels{isa: s, runs: []string{"dy"}, at: "dx"}
	var scale reg.VecVirtual
	p.enter = func() { scale = s.broadcast("scale") }
	p.body = func(k *mask) {
		g := s.vec()
		s.load(Mem{Base: p.ptr["dy"]}, g, k)
		VMULPS(scale, g, g)
		p.taps(k, func(o reg.GPVirtual) {
			d := s.vec()
			s.load(p.window("dx", o), d, k)
			VADDPS(g, d, d)
			s.store(d, p.window("dx", o), k)
		})
	}
	p.emit()
	return l
}
