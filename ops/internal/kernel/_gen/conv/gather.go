package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// Distances in bytes of the fields of gatherTile, in the package's tile.go.
const gatherSrc, gatherDst, gatherStep, gatherN = 72, 80, 88, 96

// gather emits the copy of 16 channels of pixels in a row, zero where the mask
// is off:
//
//	for i < n: dst[i*16:][:16] = src[i*step:][:16]
func gather(s *isa) string {
	name := "gather" + s.name
	a := begin(name)
	m := s.loadMask(a)
	src, dst, step, n := load(a, gatherSrc), load(a, gatherDst), load(a, gatherStep), load(a, gatherN)
	Label("pixel")
	for j, v := range s.vectors(s.vecs) {
		s.loadLanes(m, j, at(src, s.bytes(j)), v)
		VMOVUPS(v, at(dst, s.bytes(j)))
	}
	ADDQ(step, src)
	ADDQ(Imm(64), dst)
	DECQ(n)
	JNZ(LabelRef("pixel"))
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
