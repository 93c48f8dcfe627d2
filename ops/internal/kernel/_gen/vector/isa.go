package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// isa is an instruction set: its vector registers and what differs about masks
// and comparisons.
type isa struct {
	name  string // suffix of the functions
	lanes int    // floats in a register
	sums  int    // rows that reductions keep apart, to hide the latency of additions
	vec   func() reg.VecVirtual
}

var (
	avx512 = &isa{name: "AVX512", lanes: 16, sums: 4, vec: func() reg.VecVirtual { return ZMM() }}
	avx2   = &isa{name: "AVX2", lanes: 8, sums: 2, vec: func() reg.VecVirtual { return YMM() }}
)

func (s *isa) wide() bool { return s.lanes == 16 }

// bytes is the size of a register.
func (s *isa) bytes() int { return 4 * s.lanes }

// zero returns a register of zeros.
func (s *isa) zero() reg.VecVirtual {
	v := s.vec()
	if s.wide() {
		VPXORD(v, v, v)
	} else {
		VXORPS(v, v, v)
	}
	return v
}

// constant returns a register with f, a float32, in every lane.
func (s *isa) constant(f float32) reg.VecVirtual {
	v := s.vec()
	VBROADCASTSS(number(f), v)
	return v
}

// broadcast returns a register with the named parameter, a float32, in every lane.
func (s *isa) broadcast(param string) reg.VecVirtual {
	x, v := XMM(), s.vec()
	Load(Param(param), x)
	VBROADCASTSS(x, v)
	return v
}

// mask selects the first lanes of a register: an opmask or, on AVX2, a register.
type mask struct {
	k reg.OpmaskVirtual
	v reg.VecVirtual
}

// firstLanes returns the mask of the first n lanes, n from 1 to lanes-1.
func (s *isa) firstLanes(n reg.GPVirtual) mask {
	if s.wide() {
		t, k := GP32(), K()
		MOVL(I32(-1), t)
		BZHIL(n.As32(), t, t)
		KMOVW(t, k)
		return mask{k: k}
	}
	table, v := GP64(), s.vec()
	LEAQ(laneTable(), table)
	SHLQ(U8(2), n)
	SUBQ(n, table)
	VMOVDQU(Mem{Base: table, Disp: 32}, v)
	return mask{v: v}
}

// load fills v from m; with a mask only its lanes, the others with zero.
func (s *isa) load(m Mem, v reg.VecVirtual, k *mask) {
	switch {
	case k == nil:
		VMOVUPS(m, v)
	case s.wide():
		VMOVUPS_Z(m, k.k, v)
	default:
		VMASKMOVPS(m, k.v, v)
	}
}

// store writes v to m; with a mask only its lanes.
func (s *isa) store(v reg.VecVirtual, m Mem, k *mask) {
	switch {
	case k == nil:
		VMOVUPS(v, m)
	case s.wide():
		VMOVUPS(v, k.k, m)
	default:
		VMASKMOVPS(v, k.v, m)
	}
}

// only clears the lanes of v outside the mask, if there is one.
func (s *isa) only(v reg.VecVirtual, k *mask) {
	switch {
	case k == nil:
	case s.wide():
		VMOVAPS_Z(v, k.k, v)
	default:
		VANDPS(k.v, v, v)
	}
}

// Predicates of comparisons, false for NaN.
const (
	lessThan = 17 // LT_OQ
	greater  = 30 // GT_OQ
	atLeast  = 29 // GE_OQ
	equalTo  = 0  // EQ_OQ
)

// keepIf clears the lanes of v where not "z predicate limit".
func (s *isa) keepIf(predicate uint8, z, limit, v reg.VecVirtual) {
	if s.wide() {
		k := K()
		VCMPPS(U8(predicate), limit, z, k)
		VMOVAPS_Z(v, k, v)
		return
	}
	t := s.vec()
	VCMPPS(U8(predicate), limit, z, t)
	VANDPS(t, v, v)
}

// setIf copies the lanes of from to v where "z predicate limit".
func (s *isa) setIf(predicate uint8, z, limit, from, v reg.VecVirtual) {
	if s.wide() {
		k := K()
		VCMPPS(U8(predicate), limit, z, k)
		VMOVAPS(from, k, v)
		return
	}
	t := s.vec()
	VCMPPS(U8(predicate), limit, z, t)
	VBLENDVPS(t, from, v, v)
}
