package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Distances in bytes of the fields of rowGradTile, in the package's rowtile.go.
const (
	rowGradX, rowGradDY, rowGradSums = 72, 80, 88
	rowGradRows, rowGradN            = 96, 104
	rowGradTiles, rowGradTail        = 112, 136
	rowGradPix, rowGradLine          = rowPix, rowLine // as in rowTile
	rowGradOutPix                    = 144
	rowGradAhead                     = 152

	gradSpecSize                         = 24
	gradSpecX, gradSpecDY, gradSpecValid = 0, 8, 16
)

// rowGrad is a weight-gradient tile of a depthwise convolution of stride 1 under
// construction: some rows of taps, summed over output rows taken up to pixels at
// a time, by one register of channels.
type rowGrad struct {
	*depthRow
	rows                 int
	shape                func(k, pixels int) rowShape
	acc                  []reg.VecVirtual // [rows][k]
	x, dy                Mem
	valid, full, n, spec Mem
}

// depthRowGrad emits the gradient of rows rows of k taps; input 0 lies
// shape.before pixels, which are zero, before the row, and as many as
// shape.behind are zero behind it. Tap row i is left out where bit i of valid is 0:
//
//	for each row r, tap row i, tap t, input j: sums[(i*k+t)*16+c] += x[r.x+i*line+j*pix+c] * dy[r.dy+place(j, t)*outPix+c]
//
// A row has tiles*pixels+tail pixels.
func depthRowGrad(s *isa, kind string, shape func(k, pixels int) rowShape, k, rows, pixels int) string {
	name := fmt.Sprintf("depthGrad%sK%dx%dx%d%s", kind, k, rows, pixels, s.name)
	g := &rowGrad{depthRow: &depthRow{isa: s, rowShape: shape(k, pixels), blocks: 1}, rows: rows, shape: shape}
	begin(name)
	g.emit()
	return name
}

// depthFullRowGrad emits the gradient of all k rows of taps over rows that have just
// so many pixels: inputs beside a row are left out.
func depthFullRowGrad(s *isa, kind string, shape func(k, pixels int) rowShape, k, pixels int) string {
	name := fmt.Sprintf("depthFullRowGrad%sK%dx%d%s", kind, k, pixels, s.name)
	g := &rowGrad{depthRow: &depthRow{isa: s, rowShape: shape(k, pixels), blocks: 1}, rows: k, shape: shape}
	begin(name)
	g.emitFullRow()
	return name
}

func (g *rowGrad) emitFullRow() {
	for _, m := range []*Mem{&g.x, &g.dy, &g.valid, &g.n, &g.spec} {
		*m = AllocLocal(8)
	}
	a := argument()
	g.masks[maskIn] = g.loadMask(a)
	g.acc = g.zeros(g.rows * g.k)
	MOVQ(load(a, rowGradN), g.n)
	MOVQ(load(a, rowGradRows), g.spec)
	Label("row")
	g.locate()
	g.body(g.pixels)
	fetchAhead(rowGradAhead, "")
	g.nextRow()
}

// locate reads where the row at spec lies.
func (g *rowGrad) locate() {
	a, s, t := argument(), GP64(), GP64()
	MOVQ(g.spec, s)
	for _, m := range []struct {
		field, base int
		to          Mem
	}{{gradSpecX, rowGradX, g.x}, {gradSpecDY, rowGradDY, g.dy}} {
		MOVQ(at(s, m.field), t)
		ADDQ(at(a, m.base), t)
		MOVQ(t, m.to)
	}
	MOVQ(at(s, gradSpecValid), t)
	MOVQ(t, g.valid)
}

// nextRow emits the end of the loop over rows, and what follows it.
func (g *rowGrad) nextRow() {
	ADDQ(U8(gradSpecSize), g.spec)
	DECQ(g.n)
	JNZ(LabelRef("row"))
	g.addSums()
	VZEROUPPER()
	RET()
}

func (g *rowGrad) emit() {
	for _, m := range []*Mem{&g.x, &g.dy, &g.valid, &g.full, &g.n, &g.spec, &g.shifts[maskBefore], &g.shifts[maskBehind]} {
		*m = AllocLocal(8)
	}
	a := argument()
	g.loadMasks(a)
	g.acc = g.zeros(g.rows * g.k)
	MOVQ(load(a, rowGradN), g.n)
	MOVQ(load(a, rowGradRows), g.spec)
	Label("row")
	g.locate()
	MOVQ(load(argument(), rowGradTiles), g.full)
	g.empty(maskBefore)
	g.inner(maskBehind)
	g.tiles()
	fetchAhead(rowGradAhead, "_row")
	g.nextRow()
}

// tiles emits the loop over a row's full tiles, and its tail.
func (g *rowGrad) tiles() {
	t := GP64()
	Label("tile")
	MOVQ(g.full, t)
	TESTQ(t, t)
	JZ(LabelRef("tail"))
	ADDQ(load(argument(), rowGradTail), t)
	CMPQ(t, Imm(1))
	JNE(LabelRef("inner"))
	g.empty(maskBehind)
	Label("inner")
	g.body(g.pixels)
	a := argument()
	MOVQ(load(a, rowGradPix), t)
	IMUL3Q(U8(g.stride()*g.pixels), t, t)
	ADDQ(t, g.x)
	MOVQ(load(a, rowGradOutPix), t)
	IMUL3Q(U8(g.pixels), t, t)
	ADDQ(t, g.dy)
	g.inner(maskBefore)
	fetchAhead(rowGradAhead, "_tile")
	DECQ(g.full)
	JMP(LabelRef("tile"))
	Label("tail")
	MOVQ(load(argument(), rowGradTail), t)
	for n := 1; n < g.pixels; n++ {
		next := fmt.Sprintf("tail%d", n+1)
		CMPQ(t, U8(n))
		JNE(LabelRef(next))
		g.empty(maskBehind)
		g.body(n)
		Label(next)
	}
}

// empty makes an edge zero, read from inside the row.
func (g *rowGrad) empty(edge int) {
	if g.vecs == 1 {
		KXORW(g.masks[edge].k, g.masks[edge].k, g.masks[edge].k)
	} else {
		VXORPS(g.wide[edge], g.wide[edge], g.wide[edge])
	}
	g.shift(edge, g.before)
}

// stride returns the inputs between two pixels.
func (g *rowGrad) stride() int { return g.shape(g.k, 2).inputs - g.shape(g.k, 1).inputs }

// body emits the products of n pixels.
func (g *rowGrad) body(n int) {
	id := fmt.Sprintf("body%d", n)
	a, p := argument(), GP64()
	g.strides(load(a, rowGradOutPix))
	MOVQ(g.dy, p)
	g.base(p, n)
	d := g.vectors(n)
	for i, v := range d {
		g.masked(g.pixel(i), maskIn, v)
	}
	g.strides(load(a, rowGradPix))
	MOVQ(g.x, p)
	saved := g.rowShape
	g.rowShape = g.shape(g.k, n)
	for i := range g.rows {
		skip := fmt.Sprintf("%s_%d", id, i)
		t := GP64()
		MOVQ(g.valid, t)
		TESTQ(U32(1<<i), t)
		JZ(LabelRef(skip))
		g.base(p, g.inputs)
		g.pointEdges(p)
		for j := range g.inputs {
			if g.outside(j) {
				continue
			}
			v := g.vec()
			g.loadPixel(j, 0, v)
			for t := range g.k {
				if q := g.place(j, t); q >= 0 && q < n {
					VFMADD231PS(v, d[q], g.acc[i*g.k+t])
				}
			}
		}
		Label(skip)
		if i < g.rows-1 {
			ADDQ(load(argument(), rowGradLine), p)
		}
	}
	g.rowShape = saved
}

// addSums adds the accumulators to the sums.
func (g *rowGrad) addSums() {
	to := load(argument(), rowGradSums)
	for i, v := range g.acc {
		VADDPS(at(to, 64*i), v, v)
		VMOVUPS(v, at(to, 64*i))
	}
}
