package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Distances in bytes of the fields of rowTile, in the package's rowtile.go.
const (
	rowX, rowW, rowY         = 72, 80, 88
	rowRows, rowN            = 96, 104
	rowTiles                 = 112
	rowPix, rowLine, rowStep = 120, 128, 136
	rowOutPix, rowOutStep    = 144, 152
	rowWStep                 = 160
	rowLeft, rowRight        = 168, 172
	rowEpilogue              = 176
	rowAhead                 = rowEpilogue + epilogueArgsEnd

	rowSize                        = 32
	rowSpecX, rowSpecW, rowSpecN   = 0, 8, 16
	rowSpecY                       = 24
	edgeMasks                      = 3 // of the pixels before, in and after a row
	maskBefore, maskIn, maskBehind = 0, 1, 2
)

// rowShape is how the inputs of one row meet taps and outputs.
type rowShape struct {
	k               int // taps
	pixels, outputs int // steps of a tile, and its outputs
	inputs          int
	before, behind  int                // inputs that lie before the first and behind the last pixel of a row
	place           func(j, t int) int // the output that input j and tap t add to
}

// stride1 is a row of stride 1.
func stride1(k, pixels int) rowShape {
	return rowShape{k, pixels, pixels, pixels + k - 1, k / 2, k / 2, func(j, t int) int { return j - t }}
}

// stride2 is a row of stride 2 over an even number of inputs.
func stride2(k, pixels int) rowShape {
	return rowShape{k, pixels, pixels, 2*(pixels-1) + k, k / 2, k/2 - 1, func(j, t int) int {
		if (j-t)%2 != 0 {
			return -1
		}
		return (j - t) / 2
	}}
}

// transposed is the transposed row of stride 2: two outputs a pixel.
func transposed(k, pixels int) rowShape {
	before, behind := k/4, (k+1)/4
	return rowShape{k, pixels, 2 * pixels, before + pixels + behind, before, behind, func(j, t int) int { return 2*(j-before) + t - k/2 }}
}

// depthRow is a tile of a depthwise convolution under construction: the outputs
// of some pixels of one row, by one register of channels. Each input is loaded
// once for all taps of its row.
type depthRow struct {
	*isa
	rowShape
	blocks int              // registers of channels
	acc    []reg.VecVirtual // [blocks][outputs]
	masks  [edgeMasks]mask
	wide   [edgeMasks]reg.VecVirtual // the masks of AVX2
	bases  []reg.GPVirtual
	shifts [edgeMasks]Mem           // where the pixels before and behind are read, from a tile's first
	edges  [edgeMasks]reg.GPVirtual // that place
	steps  map[int]reg.GPVirtual    // odd multiples of the pixel's bytes
}

// depthRows emits a tile; input 0 lies shape.before pixels before the tile:
//
//	for each row r, tile, tap row i < r.n, tap t, input j: acc[place(j, t)][c] += x[r.x+i*line+j*pix+c] * w[r.w+i*wStep+t*16+c]
//
// Inputs before the first tile of a row are read if left is -1 and zero if it is
// 0; so are those behind the last one for right.
func depthRows(s *isa, kind string, shape rowShape) string {
	name := fmt.Sprintf("depth%sK%dx%d%s", kind, shape.k, shape.pixels, s.name)
	d := &depthRow{isa: s, rowShape: shape, blocks: 1}
	begin(name)
	d.emit()
	return name
}

// depthFullRow emits a tile of a row that has no more pixels than it, by one register
// of channels or two: inputs beside the row are left out. Each row is one tile.
func depthFullRow(s *isa, kind string, shape rowShape, blocks int) string {
	name := fmt.Sprintf("depthFullRow%sK%dx%dx%d%s", kind, shape.k, shape.pixels, blocks, s.name)
	d := &depthRow{isa: s, rowShape: shape, blocks: blocks}
	begin(name)
	d.emitFullRow()
	return name
}

func (d *depthRow) emitFullRow() {
	n, spec, x, y := AllocLocal(8), AllocLocal(8), AllocLocal(8), AllocLocal(8)
	a := argument()
	d.masks[maskIn] = d.loadMask(a)
	MOVQ(load(a, rowN), n)
	MOVQ(load(a, rowRows), spec)
	Label("row")
	locateRow(spec, x, y)
	d.sums(argument(), spec, x)
	d.finish(y)
	fetchAhead(rowAhead, "")
	nextRow(n, spec)
}

// locateRow reads where the row at spec lies.
func locateRow(spec, x, y Mem) {
	a, s, place := argument(), GP64(), GP64()
	MOVQ(spec, s)
	for _, m := range []struct {
		base, field int
		to          Mem
	}{{rowX, rowSpecX, x}, {rowY, rowSpecY, y}} {
		MOVQ(load(a, m.base), place)
		ADDQ(at(s, m.field), place)
		MOVQ(place, m.to)
	}
}

// nextRow emits the end of the loop over rows, n of which are left, and of the tile.
func nextRow(n, spec Mem) {
	ADDQ(U8(rowSize), spec)
	DECQ(n)
	JNZ(LabelRef("row"))
	VZEROUPPER()
	RET()
}

// edged reports whether the tile knows what lies beside its row.
func (d *depthRow) edged() bool { return d.masks[maskBefore].k != nil || d.wide[maskBefore] != nil }

func (d *depthRow) emit() {
	n, spec, tiles, x, y := AllocLocal(8), AllocLocal(8), AllocLocal(8), AllocLocal(8), AllocLocal(8)
	d.shifts[maskBefore], d.shifts[maskBehind] = AllocLocal(8), AllocLocal(8)
	a := argument()
	d.loadMasks(a)
	MOVQ(load(a, rowN), n)
	MOVQ(load(a, rowRows), spec)
	Label("row")
	locateRow(spec, x, y)
	a = argument()
	MOVQ(load(a, rowTiles), tiles)
	d.edge(a, rowLeft, maskBefore)
	Label("tile")
	a = argument()
	left := GP64()
	MOVQ(tiles, left)
	CMPQ(left, Imm(1))
	JNE(LabelRef("inner"))
	d.edge(a, rowRight, maskBehind)
	JMP(LabelRef("edged"))
	Label("inner")
	d.inner(maskBehind)
	Label("edged")
	d.sums(a, spec, x)
	d.finish(y)
	fetchAhead(rowAhead, "")
	a = argument()
	ADDQ(load(a, rowStep), x)
	ADDQ(load(a, rowOutStep), y)
	d.inner(maskBefore)
	DECQ(tiles)
	JNZ(LabelRef("tile"))
	nextRow(n, spec)
}

// strides sets up the addresses of pixels: bases 8 pixels apart, and the odd
// multiples of a pixel below 8.
func (d *depthRow) strides(pix reg.GPVirtual) {
	d.steps = map[int]reg.GPVirtual{1: pix}
	for _, n := range []int{3, 5} {
		d.steps[n] = GP64()
		LEAQ(Mem{Base: pix, Index: pix, Scale: uint8(n - 1)}, d.steps[n])
	}
	d.steps[7] = GP64()
	LEAQ(Mem{Base: d.steps[3], Index: pix, Scale: 4}, d.steps[7])
}

// base points the bases at pixels 0, 8, 16 and so on from p.
func (d *depthRow) base(p reg.Register, pixels int) {
	d.bases = []reg.GPVirtual{GP64()}
	MOVQ(p, d.bases[0])
	for i := 1; 8*i < pixels; i++ {
		d.bases = append(d.bases, GP64())
		LEAQ(Mem{Base: d.bases[i-1], Index: d.steps[1], Scale: 8}, d.bases[i])
	}
}

// pixel is the operand of pixel i.
func (d *depthRow) pixel(i int) Mem {
	m := Mem{Base: d.bases[i/8]}
	switch i %= 8; i {
	case 0:
	case 6:
		m.Index, m.Scale = d.steps[3], 2
	case 2, 4:
		m.Index, m.Scale = d.steps[1], uint8(i)
	default:
		m.Index, m.Scale = d.steps[i], 1
	}
	return m
}

// channels is the operand of pixel i, block b.
func (d *depthRow) channels(i, b int) Mem { return d.pixel(i).Offset(64 * b) }

// loadMasks reads the mask of lanes, which is that of the edges at first.
func (d *depthRow) loadMasks(a reg.Register) {
	in := d.loadMask(a)
	for i := range d.masks {
		d.masks[i] = in
		if i == maskIn && d.vecs == 1 {
			continue
		}
		if d.vecs == 1 {
			d.masks[i].k = K()
			KMOVW(in.k, d.masks[i].k)
			continue
		}
		d.wide[i] = d.vec()
		VMOVUPS(in.mem, d.wide[i])
	}
}

// inner makes an edge's mask that of the lanes: its pixels lie in the row.
func (d *depthRow) inner(edge int) {
	if d.vecs == 1 {
		KMOVW(d.masks[maskIn].k, d.masks[edge].k)
	} else {
		VMOVAPS(d.wide[maskIn], d.wide[edge])
	}
	d.shift(edge, map[int]int{maskBefore: 0, maskBehind: d.inputs - d.behind}[edge])
}

// shift sets where an edge's pixels are read: so many pixels after the first.
func (d *depthRow) shift(edge, pixels int) {
	s := GP64()
	MOVQ(load(argument(), rowPix), s)
	IMUL3Q(U8(pixels), s, s)
	MOVQ(s, d.shifts[edge])
}

// edge makes an edge's mask that of the lanes, or empty if the argument at off is
// 0. Then its pixels are read from inside the row: a masked load is slow where
// no memory is.
func (d *depthRow) edge(a reg.Register, off, edge int) {
	d.inner(edge)
	t, read := GP32(), fmt.Sprintf("read%d", edge)
	MOVL(at(a, off), t)
	TESTL(t, t)
	JNE(LabelRef(read))
	if d.vecs == 1 {
		KXORW(d.masks[edge].k, d.masks[edge].k, d.masks[edge].k)
	} else {
		VXORPS(d.wide[edge], d.wide[edge], d.wide[edge])
	}
	d.shift(edge, d.before)
	Label(read)
}

// outside reports whether input j is beside the row of a tile that knows no edge.
func (d *depthRow) outside(j int) bool {
	return !d.edged() && (j < d.before || j >= d.inputs-d.behind)
}

// pointEdges points the edges at what is read for them in the row of taps at first.
func (d *depthRow) pointEdges(first reg.Register) {
	if !d.edged() {
		return
	}
	for _, edge := range []int{maskBefore, maskBehind} {
		d.edges[edge] = GP64()
		MOVQ(d.shifts[edge], d.edges[edge])
		ADDQ(first, d.edges[edge])
	}
}

// loadPixel loads input j of a row of taps, block b.
func (d *depthRow) loadPixel(j, b int, to reg.VecVirtual) {
	switch last := d.inputs - d.behind; {
	case b < d.blocks-1:
		VMOVUPS(d.channels(j, b), to)
	case !d.edged():
		d.masked(d.channels(j, b), maskIn, to)
	case j < d.before:
		d.masked(d.near(maskBefore, j), maskBefore, to)
	case j >= last:
		d.masked(d.near(maskBehind, j-last), maskBehind, to)
	default:
		d.masked(d.pixel(j), maskIn, to)
	}
}

// near is the operand of pixel i of an edge, one of the first three.
func (d *depthRow) near(edge, i int) Mem {
	m := Mem{Base: d.edges[edge]}
	if i > 0 {
		m.Index, m.Scale = d.steps[1], uint8(i)
	}
	return m
}

// masked loads from m where an edge's mask is on, and zero elsewhere.
func (d *depthRow) masked(m Mem, edge int, to reg.VecVirtual) {
	if d.vecs == 1 {
		VMOVUPS_Z(m, d.masks[edge].k, to)
	} else {
		VMASKMOVPS(m, d.wide[edge], to)
	}
}

// sums emits the loop over rows of taps.
func (d *depthRow) sums(a reg.Register, spec, x Mem) {
	d.acc = d.zeros(d.blocks * d.outputs)
	d.strides(load(a, rowPix))
	w, n, s := load(a, rowW), AllocLocal(8), GP64()
	MOVQ(spec, s)
	ADDQ(at(s, rowSpecW), w)
	MOVQ(at(s, rowSpecN), s)
	MOVQ(s, n)
	TESTQ(s, s)
	JZ(LabelRef("summed"))
	first := GP64()
	MOVQ(x, first)
	Label("taps")
	d.base(first, d.inputs)
	d.pointEdges(first)
	ws := d.vectors(d.blocks * d.k)
	for i, v := range ws {
		VMOVUPS(at(w, 64*(i/d.k*d.k*d.k+i%d.k)), v)
	}
	for j := range d.inputs {
		if d.outside(j) {
			continue
		}
		for b := range d.blocks {
			v := d.vec()
			d.loadPixel(j, b, v)
			for t := range d.k {
				if p := d.place(j, t); p >= 0 && p < d.outputs {
					VFMADD231PS(v, ws[b*d.k+t], d.acc[b*d.outputs+p])
				}
			}
		}
	}
	ADDQ(load(argument(), rowLine), first)
	ADDQ(load(argument(), rowWStep), w)
	DECQ(n)
	JNZ(LabelRef("taps"))
	Label("summed")
}

// finish emits epilogue and stores of a tile whose outputs lie at y.
func (d *depthRow) finish(y Mem) {
	a, first := argument(), GP64()
	MOVQ(y, first)
	d.strides(load(a, rowOutPix))
	d.base(first, d.outputs)
	mode := load(a, rowEpilogue+outMode)
	tmp := d.vec()
	CMPQ(mode, U8(modeAdd))
	JL(LabelRef("store"))
	JG(LabelRef("epilogue"))
	for i, v := range d.acc {
		p, b := i%d.outputs, i/d.outputs
		if b < d.blocks-1 {
			VADDPS(d.channels(p, b), v, v)
			continue
		}
		d.masked(d.channels(p, b), maskIn, tmp)
		VADDPS(tmp, v, v)
	}
	JMP(LabelRef("store"))
	Label("epilogue")
	for i, v := range d.acc {
		if i%d.outputs == 0 {
			VMOVUPS(at(a, rowEpilogue+outBias+64*(i/d.outputs)), tmp)
		}
		VADDPS(tmp, v, v)
	}
	d.isa.activation(a, rowEpilogue, "", "store", mode, d.acc)
	Label("store")
	for i, v := range d.acc {
		p, b := i%d.outputs, i/d.outputs
		switch {
		case b < d.blocks-1:
			VMOVUPS(v, d.channels(p, b))
		case d.vecs == 1:
			VMOVUPS(v, d.masks[maskIn].k, d.channels(p, b))
		default:
			VMASKMOVPS(v, d.wide[maskIn], d.channels(p, b))
		}
	}
}
