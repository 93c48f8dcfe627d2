package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// isa is an instruction set: how a block of 16 channels lies in registers, and
// the few operations that differ.
type isa struct {
	name  string // suffix of the functions
	width int    // floats in a register
	vecs  int    // registers in a block of 16
	vec   func() reg.VecVirtual

	// The largest tiles that the registers allow.
	densePixels     []int // by blocks
	gradRows        []int // by blocks
	indirectRows    []int // by blocks
	depthPixels     int
	depthTaps       int
	firstConvPixels int // 0: too few registers for rows of first convolutions

	// The largest depthwise rows, by taps on a side.
	stride1Pixels, stride2Pixels, transposedPixels map[int]int
	stride1Grads, stride2Grads                     map[int]rowGradSize

	// The widest rows that are one tile, of one block and of two, by taps on a side.
	stride1FullRow, stride2FullRow map[int][]int
}

// rowGradSize is the largest weight-gradient tile of depthwise rows, rows of taps by
// pixels, and the widest row that is one tile, by all rows of taps.
type rowGradSize struct{ rows, pixels, fullRow int }

var avx512 = &isa{
	name: "AVX512", width: 16, vecs: 1, vec: func() reg.VecVirtual { return ZMM() },
	densePixels:  []int{1: 12, 2: 11, 3: 8, 4: 6},
	gradRows:     []int{1: 16, 2: 14},
	indirectRows: []int{1: 12, 2: 12},
	depthPixels:  11, depthTaps: 12, firstConvPixels: 16, stride1Pixels: map[int]int{3: 16, 5: 16, 7: 16},
	stride2Pixels: map[int]int{3: 8, 5: 8, 7: 8}, transposedPixels: map[int]int{3: 8, 5: 8, 7: 8},
	stride1Grads:   map[int]rowGradSize{3: {3, 8, 16}, 5: {5, 5, 0}, 7: {3, 8, 0}},
	stride2Grads:   map[int]rowGradSize{3: {3, 8, 16}, 5: {5, 5, 0}, 7: {3, 8, 0}},
	stride1FullRow: map[int][]int{3: {1: 16, 2: 8}, 5: {1: 16, 2: 8}, 7: {1: 16, 2: 8}},
	stride2FullRow: map[int][]int{3: {1: 16, 2: 8}, 5: {1: 16, 2: 8}, 7: {1: 16, 2: 8}},
}

var avx2 = &isa{
	name: "AVX2", width: 8, vecs: 2, vec: func() reg.VecVirtual { return YMM() },
	densePixels:  []int{1: 6},
	gradRows:     []int{1: 6},
	indirectRows: []int{1: 6},
	depthPixels:  6, depthTaps: 6, stride1Pixels: map[int]int{3: 8, 5: 6, 7: 4},
	stride2Pixels: map[int]int{3: 7, 5: 5, 7: 4}, transposedPixels: map[int]int{3: 4, 5: 3, 7: 2},
	stride1Grads: map[int]rowGradSize{3: {3, 3, 0}, 5: {1, 6, 0}, 7: {1, 4, 0}},
	stride2Grads: map[int]rowGradSize{3: {3, 3, 0}, 5: {1, 6, 0}, 7: {1, 4, 0}},
}

func (s *isa) wide() bool { return s.vecs == 1 }

// vectors returns n new registers.
func (s *isa) vectors(n int) []reg.VecVirtual {
	v := make([]reg.VecVirtual, n)
	for i := range v {
		v[i] = s.vec()
	}
	return v
}

// zeros returns n registers that hold zero.
func (s *isa) zeros(n int) []reg.VecVirtual {
	v := s.vectors(n)
	for _, r := range v {
		if s.wide() {
			VPXORD(r, r, r)
		} else {
			VXORPS(r, r, r)
		}
	}
	return v
}

// bytes returns the bytes of n registers.
func (s *isa) bytes(n int) int { return n * s.width * 4 }

// mask stands for the lanes in use of a block: a mask register, or on AVX2 the
// place in memory of 16 lane masks.
type mask struct {
	k   reg.OpmaskVirtual
	mem Mem
}

// Distances in bytes of the fields that both kinds of arguments begin with.
const argMask, argLanes = 0, 64

// loadMask reads the mask of the arguments at a.
func (s *isa) loadMask(a reg.Register) mask {
	m := mask{mem: at(a, argMask)}
	if s.wide() {
		m.k = K()
		t := GP32()
		MOVL(at(a, argLanes), t)
		KMOVW(t, m.k)
	}
	return m
}

// loadLanes loads register j of a block from src, zero where the mask is off.
func (s *isa) loadLanes(m mask, j int, src Mem, dst reg.VecVirtual) {
	if s.wide() {
		VMOVUPS_Z(src, m.k, dst)
		return
	}
	VMOVUPS(m.mem.Offset(s.bytes(j)), dst)
	VMASKMOVPS(src, dst, dst)
}

// storeLanes stores register j of a block where the mask is on; tmp is lost.
func (s *isa) storeLanes(m mask, j int, src reg.VecVirtual, dst Mem, tmp reg.VecVirtual) {
	if s.wide() {
		VMOVUPS(src, m.k, dst)
		return
	}
	VMOVUPS(m.mem.Offset(s.bytes(j)), tmp)
	VMASKMOVPS(src, tmp, dst)
}

// at is the operand at a fixed distance, in bytes, from a register.
func at(base reg.Register, disp int) Mem { return Mem{Base: base, Disp: disp} }

// indexed is at with an index register added.
func indexed(base, index reg.Register, disp int) Mem {
	return Mem{Base: base, Index: index, Scale: 1, Disp: disp}
}

// begin starts a function of one argument, a pointer, and returns it.
func begin(name string) reg.Register {
	TEXT(name, NOSPLIT, "func(a *byte)")
	a := GP64()
	Load(Param("a"), a)
	return a
}

// argument loads the arguments' pointer again.
func argument() reg.Register {
	a := GP64()
	Load(Param("a"), a)
	return a
}

// load reads the 64-bit argument at distance off.
func load(a reg.Register, off int) reg.GPVirtual {
	r := GP64()
	MOVQ(at(a, off), r)
	return r
}
