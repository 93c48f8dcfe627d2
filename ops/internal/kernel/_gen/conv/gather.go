package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// Distances in bytes of the fields of gatherTile, in the package's tile.go.
const (
	gatherSrc, gatherDst, gatherStep = 72, 80, 88
	gatherN, gatherRows, gatherSkip  = 96, 104, 112
	gatherLeft, gatherRight          = 120, 128
)

// gather emits the copy of 16 channels of pixels in rows, zero where the mask is
// off and in the borders left and right:
//
//	for each row: left times dst = 0; for i < n: dst = src[i*step:][:16]; right times dst = 0
func gather(s *isa) string {
	name := "gather" + s.name
	a := begin(name)
	m := s.loadMask(a)
	src, dst, step := load(a, gatherSrc), load(a, gatherDst), load(a, gatherStep)
	rows, skip := load(a, gatherRows), load(a, gatherSkip)
	zero, v := s.zeros(1)[0], s.vectors(s.vecs)
	n := GP64()
	border := func(label string, off int) {
		MOVQ(at(a, off), n)
		TESTQ(n, n)
		JZ(LabelRef(label + "End"))
		Label(label)
		for j := range v {
			VMOVUPS(zero, at(dst, s.bytes(j)))
		}
		ADDQ(Imm(64), dst)
		DECQ(n)
		JNZ(LabelRef(label))
		Label(label + "End")
	}
	Label("row")
	border("left", gatherLeft)
	MOVQ(at(a, gatherN), n)
	Label("pixel")
	for j, r := range v {
		s.loadLanes(m, j, at(src, s.bytes(j)), r)
		VMOVUPS(r, at(dst, s.bytes(j)))
	}
	PREFETCHT1(at(src, 64)) // the next block's channels are read next
	ADDQ(step, src)
	ADDQ(Imm(64), dst)
	DECQ(n)
	JNZ(LabelRef("pixel"))
	border("right", gatherRight)
	ADDQ(skip, src)
	DECQ(rows)
	JNZ(LabelRef("row"))
	VZEROUPPER()
	RET()
	return name
}

// peak emits n rounds of 64 independent multiply-adds in registers, the most
// that a core can do.
func peak(s *isa) string {
	name := "peak" + s.name
	a := begin(name)
	n := load(a, gatherN)
	acc, v := s.zeros(12), s.zeros(1)[0]
	Label("round")
	for range 4 {
		for _, r := range acc {
			VFMADD231PS(v, v, r)
		}
	}
	DECQ(n)
	JNZ(LabelRef("round"))
	VMOVUPS(acc[0], at(a, 0))
	VZEROUPPER()
	RET()
	return name
}
