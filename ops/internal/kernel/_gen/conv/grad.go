package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Distances in bytes of the fields of gradTile, in the package's tile.go.
const (
	gradX, gradDY, gradDW             = 72, 80, 88
	gradImages, gradRows, gradCols    = 96, 104, 112
	gradXPix, gradXRow, gradXImage    = 120, 128, 136
	gradDYPix, gradDYRow, gradDYImage = 144, 152, 160
	gradBlock, gradOffsets            = 168, 176
	gradAhead                         = 184
	gradLine, gradOutPix              = 216, 224
)

// loopFields are the arguments that the loops keep in the frame.
func loopFields() []int {
	return []int{
		gradImages, gradRows, gradCols, gradXPix, gradXRow, gradXImage, gradDYPix, gradDYRow, gradDYImage,
	}
}

// grad is a weight-gradient tile under construction: rows of the gradient x
// blocks of 16 output channels, summed over a rectangle of pixels of some images.
type grad struct {
	*isa
	rows, blocks int
	acc          []reg.VecVirtual
	images, row  Mem
	args         map[int]Mem
}

// start copies what the loops change into the frame.
func (g *grad) start(a reg.Register, fields ...int) {
	g.acc = g.zeros(g.rows * g.blocks * g.vecs)
	g.args = map[int]Mem{}
	for _, off := range fields {
		g.args[off] = AllocLocal(8)
		MOVQ(load(a, off), g.args[off])
	}
	g.images, g.row = g.args[gradImages], AllocLocal(8)
}

// loops emits the loops over images, rows and columns around body, which reads
// the pixel at x and dy. id makes labels differ.
func (g *grad) loops(id string, x, dy reg.GPVirtual, body func()) {
	image, row, pixel := "image"+id, "row"+id, "pixel"+id
	Label(image)
	t := GP64()
	MOVQ(g.args[gradRows], t)
	MOVQ(t, g.row)
	Label(row)
	cols := GP64()
	MOVQ(g.args[gradCols], cols)
	Label(pixel)
	body()
	ADDQ(g.args[gradXPix], x)
	ADDQ(g.args[gradDYPix], dy)
	DECQ(cols)
	JNZ(LabelRef(pixel))
	ADDQ(g.args[gradXRow], x)
	ADDQ(g.args[gradDYRow], dy)
	DECQ(g.row)
	JNZ(LabelRef(row))
	ADDQ(g.args[gradXImage], x)
	ADDQ(g.args[gradDYImage], dy)
	DECQ(g.images)
	JNZ(LabelRef(image))
}

// loadDY loads the output gradient of one pixel.
func (g *grad) loadDY(m mask, dy reg.Register) []reg.VecVirtual {
	d := g.vectors(g.blocks * g.vecs)
	for i, v := range d {
		src := at(dy, g.bytes(i))
		if i/g.vecs == g.blocks-1 {
			g.loadLanes(m, i%g.vecs, src, v)
		} else {
			VMOVUPS(src, v)
		}
	}
	return d
}

// products adds the products of one row with d: of one broadcast value, or of 16
// values with 16.
func (g *grad) products(x Mem, d, acc []reg.VecVirtual, broadcast bool) {
	switch {
	case !broadcast:
		for j, v := range d {
			VFMADD231PS(x.Offset(g.bytes(j)), v, acc[j])
		}
	case len(d) == 1:
		VFMADD231PS_BCST(x, d[0], acc[0])
	default:
		v := g.vec()
		VBROADCASTSS(x, v)
		for j := range d {
			VFMADD231PS(v, d[j], acc[j])
		}
	}
}

// addOut adds accumulator row r to the gradient at dw, lanes in use only.
func (g *grad) addOut(m mask, r int, dw func(block, disp int) Mem) {
	n := g.blocks * g.vecs
	t := g.vec()
	for i := range n {
		b, j, acc := i/g.vecs, i%g.vecs, g.acc[r*n+i]
		dst := dw(b, g.bytes(j))
		if b < g.blocks-1 {
			VADDPS(dst, acc, acc)
			VMOVUPS(acc, dst)
			continue
		}
		g.loadLanes(m, j, dst, t)
		VADDPS(t, acc, acc)
		g.storeLanes(m, j, acc, dst, t)
	}
}

// gradDense emits the gradient of rows input channels that follow each other:
//
//	for each pixel: acc[i][o] += x[i] * dy[o]
//	dw[i*16+o] += acc[i][o]
func gradDense(s *isa, rows, blocks int) string {
	name := fmt.Sprintf("grad%dx%d%s", rows, blocks, s.name)
	g := &grad{isa: s, rows: rows, blocks: blocks}
	a := begin(name)
	fields := loopFields()
	for i := range aheadStreams {
		fields = append(fields, gradAhead+i*aheadSize+aheadShare)
	}
	g.start(a, fields...)
	m := g.loadMask(a)
	x, dy := load(a, gradX), load(a, gradDY)
	n := blocks * s.vecs
	dw, block := load(a, gradDW), load(a, gradBlock)
	place := func(i, b, disp int) Mem {
		if b == 0 {
			return at(dw, 64*i+disp)
		}
		return indexed(dw, block, 64*i+disp)
	}
	for i := range rows {
		for b := range blocks {
			PREFETCHT0(place(i, b, 0)) // to be there when the sums are
		}
	}
	body := func() {
		d := g.loadDY(m, dy)
		for i := range rows {
			g.products(at(x, 4*i), d, g.acc[i*n:][:n], true)
		}
	}
	next := load(a, gradAhead+aheadAt)
	TESTQ(next, next)
	JNZ(LabelRef("fetching"))
	g.loops("", x, dy, body)
	JMP(LabelRef("summed"))
	Label("fetching")
	other := load(a, gradAhead+aheadSize+aheadAt)
	g.loops("_fetching", x, dy, func() {
		for i, p := range [aheadStreams]reg.Register{next, other} {
			PREFETCHT1(at(p, 0))
			ADDQ(g.args[gradAhead+i*aheadSize+aheadShare], p)
		}
		body()
	})
	for i, p := range [aheadStreams]reg.Register{next, other} {
		MOVQ(p, at(argument(), gradAhead+i*aheadSize+aheadAt))
	}
	Label("summed")
	for i := range rows {
		g.addOut(m, i, func(b, disp int) Mem { return place(i, b, disp) })
	}
	VZEROUPPER()
	RET()
	return name
}

// gradIndirect emits the gradient of rows that lie anywhere: row r reads x at
// offsets[r].x and adds to dw at offsets[r].w. With broadcast each row is one input
// channel of one tap, as in gradDense; without, it is one tap of 16 channels of
// a depthwise convolution:
//
//	for each pixel: acc[r][o] += x[offsets[r].x+o] * dy[o]
func gradIndirect(s *isa, rows, blocks int, broadcast bool) (name string) {
	kind := "taps"
	if broadcast {
		kind = "gradIndirect"
	}
	name = fmt.Sprintf("%s%dx%d%s", kind, rows, blocks, s.name)
	g := &grad{isa: s, rows: rows, blocks: blocks}
	a := begin(name)
	g.start(a, loopFields()...)
	m := g.loadMask(a)
	ptr := make([]reg.GPVirtual, rows)
	idx, dy := GP64(), load(a, gradDY)
	x, offsets := load(a, gradX), load(a, gradOffsets)
	for r := range ptr {
		ptr[r] = GP64()
		MOVQ(at(offsets, 16*r), ptr[r])
		ADDQ(x, ptr[r])
	}
	XORQ(idx, idx)
	n := blocks * s.vecs
	g.loops("", idx, dy, func() {
		d := g.loadDY(m, dy)
		for r, p := range ptr {
			g.products(indexed(p, idx, 0), d, g.acc[r*n:][:n], broadcast)
		}
		if !broadcast {
			PREFETCHT1(at(dy, 64)) // the next block's channels are read next
		}
	})
	a = argument()
	dw, block, off := load(a, gradDW), load(a, gradBlock), GP64()
	offsets = load(a, gradOffsets)
	m = g.loadMask(a)
	for r := range ptr {
		MOVQ(at(offsets, 16*r+8), off)
		ADDQ(dw, off)
		g.addOut(m, r, func(b, disp int) Mem {
			if b == 0 {
				return at(off, disp)
			}
			return indexed(off, block, disp)
		})
	}
	VZEROUPPER()
	RET()
	return name
}
