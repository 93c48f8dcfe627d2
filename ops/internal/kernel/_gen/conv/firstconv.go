package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// firstConvSide is the kernel's side that tiles of first convolutions know, as in the
// package.
const firstConvSide = 3

// firstConvLeast is the least number of pixels of a tile.
const firstConvLeast = 8

// firstConvShape is a row of output pixels of a layer that reads pictures: how many
// floats of a row of the picture a pixel's row of taps has, and how many lie from
// one pixel's to the next one's. Both are known here, so that a float that several
// pixels meet is loaded once.
type firstConvShape struct{ in, stride, pixels, taps, step int }

func firstConvOf(in, stride, pixels int) firstConvShape {
	return firstConvShape{in, stride, pixels, firstConvSide * in, stride * in}
}

func (f firstConvShape) name(kind string, s *isa) string {
	return fmt.Sprintf("%s%dby%dx%d%s", kind, f.in, f.stride, f.pixels, s.name)
}

// products emits mul for each product of a row of taps, of x in all lanes, in an
// order in which neighbours do not wait for each other's sums: short groups of
// pixels take turns. Each pixel's taps are in order.
func (f firstConvShape) products(s *isa, x reg.Register, mul func(x reg.VecVirtual, pixel, tap int)) {
	group := 4
	if 2*f.step > f.taps {
		group = 2 // pixels share little
	}
	for i := range (group-1)*f.step + f.taps {
		for from := 0; from < f.pixels; from += group {
			var b reg.VecVirtual
			for p := from; p < min(from+group, f.pixels); p++ {
				t := i - (p-from)*f.step
				if t < 0 || t >= f.taps {
					continue
				}
				if b == nil {
					b = s.vec()
					VBROADCASTSS(at(x, 4*(from*f.step+i)), b)
				}
				mul(b, p, t)
			}
		}
	}
}

// firstConv emits a tile of a first convolution, of 16 output channels: a run is
// a row of taps, and pixels lie along a row.
//
//	for each tile, run, t < taps: acc[p][o] += x[xOff+run.x+p*step+t] * w[run.w+t*16+o]
func firstConv(s *isa, shape firstConvShape) string {
	name := shape.name("firstConv", s)
	f := &forward{isa: s, pixels: shape.pixels, blocks: 1, row: true}
	f.start(begin(name))
	run, x, w := GP64(), GP64(), GP64()
	Label("run")
	MOVQ(f.run, run)
	MOVQ(at(run, 0), x)
	ADDQ(f.ptr[0], x)
	MOVQ(at(run, 8), w)
	ADDQ(f.wBase, w)
	ws := s.vectors(shape.taps)
	for t, v := range ws {
		VMOVUPS(at(w, s.bytes(t)), v)
	}
	shape.products(s, x, func(x reg.VecVirtual, p, t int) { VFMADD231PS(x, ws[t], f.acc[p]) })
	ADDQ(U8(runSize), f.run)
	DECQ(f.runs)
	JNZ(LabelRef("run"))
	f.finish()
	return name
}

// gradFirstConv emits the weight gradient of a first convolution, of 16 output channels,
// for as many rows of taps at once as there are registers for, over groups of pixels
// along rows: a column is a group.
//
//	for each group, pixel p, row of taps r, t < taps: acc[r][t][o] += x[r*line+p*step+t] * dy[p][o]
//	dw[(r*taps+t)*16+o] += acc[r][t][o]
func gradFirstConv(s *isa, shape firstConvShape) string {
	name := shape.name("gradFirstConv", s)
	lines := firstConvSide / shape.in // whose sums are as many as of one line of three channels
	g := &grad{isa: s, rows: lines * shape.taps, blocks: 1}
	a := begin(name)
	g.start(a, loopFields()...)
	m := g.loadMask(a)
	x, dy := load(a, gradX), load(a, gradDY)
	line, outPix := load(a, gradLine), load(a, gradOutPix)
	steps := multiples(outPix)
	from := [firstConvSide]Mem{{Base: x}, {Base: x, Index: line, Scale: 1}, {Base: x, Index: line, Scale: 2}}
	g.loops("", x, dy, func() {
		d, at := s.vectors(shape.pixels), GP64()
		MOVQ(dy, at)
		for p, v := range d {
			if p > 0 && p%4 == 0 {
				LEAQ(Mem{Base: at, Index: outPix, Scale: 4}, at)
			}
			src := steps[p%4]
			src.Base = at
			s.loadLanes(m, 0, src, v)
		}
		for i := range (shape.pixels-1)*shape.step + shape.taps {
			for l := range lines {
				b := s.vec()
				VBROADCASTSS(from[l].Offset(4*i), b)
				for p, v := range d {
					if t := i - p*shape.step; t >= 0 && t < shape.taps {
						VFMADD231PS(b, v, g.acc[l*shape.taps+t])
					}
				}
			}
		}
	})
	dw := load(argument(), gradDW)
	for t := range g.rows {
		g.addOut(m, t, func(_, disp int) Mem { return at(dw, 64*t+disp) })
	}
	VZEROUPPER()
	RET()
	return name
}
