package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Distances in bytes of the fields of epilogueArgs, in the package's epilogueargs.go,
// from its start.
const (
	outMode, outBias        = 0, 8
	outLow, outHigh         = 264, 268
	outSixth, outHalf       = 272, 276
	outOne, epilogueArgsEnd = 280, 288
)

// The values of the mode of epilogueArgs.
const (
	modeAdd   = 1
	modeClamp = 2
	modeSwish = 4
)

// activation emits the clamp, the hard sigmoid or the hard swish of values, as
// the epilogueArgs at a+args say, and jumps to the label store. id makes labels
// differ. A value is always the second source of a minimum or maximum, so that NaN stays NaN.
func (s *isa) activation(a reg.Register, args int, id, store string, mode reg.GPVirtual, values []reg.VecVirtual) {
	broadcast := func(off int) reg.VecVirtual {
		v := s.vec()
		VBROADCASTSS(at(a, args+off), v)
		return v
	}
	hard, swish := "hard"+id, "swish"+id
	CMPQ(mode, U8(modeClamp))
	JG(LabelRef(hard))
	low, high := broadcast(outLow), broadcast(outHigh)
	for _, v := range values {
		VMAXPS(v, low, v)
		VMINPS(v, high, v)
	}
	JMP(LabelRef(store))
	Label(hard)
	zero, h := s.zeros(1)[0], s.vec()
	gate := func(v, to reg.VecVirtual) {
		c := broadcast(outSixth)
		VMULPS(c, v, to)
		VBROADCASTSS(at(a, args+outHalf), c)
		VADDPS(c, to, to)
		VMAXPS(to, zero, to)
		VBROADCASTSS(at(a, args+outOne), c)
		VMINPS(to, c, to)
	}
	CMPQ(mode, U8(modeSwish))
	JEQ(LabelRef(swish))
	for _, v := range values {
		gate(v, v)
	}
	JMP(LabelRef(store))
	Label(swish)
	for _, v := range values {
		gate(v, h)
		VMULPS(h, v, v)
	}
	JMP(LabelRef(store))
}

// label returns a label that id makes differ from others of its name.
func label(name string, id ...int) string {
	for _, n := range id {
		name = fmt.Sprintf("%s_%d", name, n)
	}
	return name
}
