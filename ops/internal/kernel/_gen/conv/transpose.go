package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// transpose emits the transposition of 16 x 16 floats that follow each other:
//
//	dst[j*16+i] = src[i*16+j]
func transpose(s *isa) string {
	name := "transpose" + s.name
	a := begin(name)
	src, dst := load(a, gatherSrc), load(a, gatherDst)
	for row := 0; row < 16; row += s.width {
		for col := 0; col < 16; col += s.width {
			r := s.vectors(s.width)
			for i, v := range r {
				VMOVUPS(at(src, 64*(row+i)+4*col), v)
			}
			for j, v := range s.columns(s.quads(r)) {
				VMOVUPS(v, at(dst, 64*(col+j)+4*row))
			}
		}
	}
	VZEROUPPER()
	RET()
	return name
}

// quads returns u with u[4k+m] holding, in quarter l of a block of 16 (or half l
// of 8), column 4l+m of rows 4k to 4k+3 of r.
func (s *isa) quads(r []reg.VecVirtual) []reg.VecVirtual {
	t, u := s.vectors(len(r)), s.vectors(len(r))
	for i := 0; i < len(r); i += 2 {
		VUNPCKLPS(r[i+1], r[i], t[i])
		VUNPCKHPS(r[i+1], r[i], t[i+1])
	}
	for i := 0; i < len(r); i += 4 {
		VUNPCKLPD(t[i+2], t[i], u[i])
		VUNPCKHPD(t[i+2], t[i], u[i+1])
		VUNPCKLPD(t[i+3], t[i+1], u[i+2])
		VUNPCKHPD(t[i+3], t[i+1], u[i+3])
	}
	return u
}

// columns joins what quads left: column j of the rows.
func (s *isa) columns(u []reg.VecVirtual) []reg.VecVirtual {
	c := s.vectors(len(u))
	for m := range 4 {
		if !s.wide() {
			VPERM2F128(U8(0x20), u[4+m], u[m], c[m])
			VPERM2F128(U8(0x31), u[4+m], u[m], c[4+m])
			continue
		}
		even, odd := [2]reg.VecVirtual{s.vec(), s.vec()}, [2]reg.VecVirtual{s.vec(), s.vec()}
		for h := range 2 {
			VSHUFF32X4(U8(0x88), u[8*h+4+m], u[8*h+m], even[h])
			VSHUFF32X4(U8(0xdd), u[8*h+4+m], u[8*h+m], odd[h])
		}
		VSHUFF32X4(U8(0x88), even[1], even[0], c[m])
		VSHUFF32X4(U8(0xdd), even[1], even[0], c[8+m])
		VSHUFF32X4(U8(0x88), odd[1], odd[0], c[4+m])
		VSHUFF32X4(U8(0xdd), odd[1], odd[0], c[12+m])
	}
	return c
}
