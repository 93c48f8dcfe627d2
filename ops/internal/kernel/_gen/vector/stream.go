package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// streamBytes is what a stream loop handles at once: 8 cache lines.
const streamBytes = 512

// streams emits the loops that measure memory.
func streams(s *isa) []loop {
	return []loop{s.streamRead(), s.streamCopy(), s.streamTriad()}
}

// stream is a loop that walks whole rounds of runs, again in every pass.
type stream struct {
	*isa
	runs []string // the first one's length is that of the walk
	ptr  map[string]reg.GPVirtual
}

// at is the operand of a run, register i of the round.
func (c *stream) at(run string, i int) Mem {
	return Mem{Base: c.ptr[run], Disp: i * c.bytes()}
}

// emit writes the passes around a round and, after them, leave (nil: nothing).
func (c *stream) emit(round, leave func()) {
	passes, end := GP64(), GP64()
	Load(Param("passes"), passes)
	c.ptr = map[string]reg.GPVirtual{}
	for _, r := range c.runs {
		c.ptr[r] = GP64()
	}
	Label("pass")
	for _, r := range c.runs {
		Load(Param(r).Base(), c.ptr[r])
	}
	first := c.ptr[c.runs[0]]
	Load(Param(c.runs[0]).Len(), end)
	LEAQ(Mem{Base: first, Index: end, Scale: 4}, end)
	Label("round")
	round()
	for _, r := range c.runs {
		ADDQ(U32(streamBytes), c.ptr[r])
	}
	CMPQ(first, end)
	JB(LabelRef("round"))
	DECQ(passes)
	JNZ(LabelRef("pass"))
	if leave != nil {
		leave()
	}
	VZEROUPPER()
	RET()
}

// streamRead: s[i%128] += x[i]. The sums stay in registers, so that the loop
// does nothing but load; they are enough to hide the latency of additions.
func (s *isa) streamRead() loop {
	l := s.begin("streamRead", "StreamRead", "func(passes int, x, s []float32)")
	c := &stream{isa: s, runs: []string{"x"}}
	to := GP64()
	Load(Param("s").Base(), to)
	sums := make([]reg.VecVirtual, streamBytes/s.bytes())
	for i := range sums {
		sums[i] = s.vec()
		VMOVUPS(Mem{Base: to, Disp: i * s.bytes()}, sums[i])
	}
	c.emit(func() {
		for i, v := range sums {
			VADDPS(c.at("x", i), v, v)
		}
	}, func() {
		for i, v := range sums {
			VMOVUPS(v, Mem{Base: to, Disp: i * s.bytes()})
		}
	})
	return l
}

// streamCopy: y = x.
func (s *isa) streamCopy() loop {
	l := s.begin("streamCopy", "StreamCopy", "func(passes int, x, y []float32)")
	c := &stream{isa: s, runs: []string{"x", "y"}}
	c.emit(func() {
		for i := range streamBytes / s.bytes() {
			v := s.vec()
			VMOVUPS(c.at("x", i), v)
			VMOVUPS(v, c.at("y", i))
		}
	}, nil)
	return l
}

// streamTriad: y = x + a*z.
func (s *isa) streamTriad() loop {
	l := s.begin("streamTriad", "StreamTriad", "func(passes int, a float32, x, z, y []float32)")
	c := &stream{isa: s, runs: []string{"x", "z", "y"}}
	factor := s.broadcast("a")
	c.emit(func() {
		for i := range streamBytes / s.bytes() {
			v := s.vec()
			VMOVUPS(c.at("x", i), v)
			VFMADD231PS(c.at("z", i), factor, v)
			VMOVUPS(v, c.at("y", i))
		}
	}, nil)
	return l
}
