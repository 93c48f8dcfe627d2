package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Distances in bytes of the fields of winoTile, in the package's winotile.go.
const (
	winoSrc, winoDst, winoScratch = 72, 80, 88
	winoSpots, winoN              = 96, 104
	winoPix, winoRow              = 112, 120
	winoPlane, winoStep           = 128, 136
	winoEpilogue                  = 144
	winoTaps                      = winoEpilogue + epilogueArgsEnd

	spotSize           = 12
	spotRows, spotCols = 4, 8
)

// wino is a Winograd transform under construction.
type wino struct {
	*isa
	m       mask
	scratch reg.GPVirtual
	k       map[float32]reg.VecVirtual
	plane   [6]Mem // of six planes that follow each other, from a base register
}

// beginWino starts a transform by l.
func beginWino(s *isa, name string, l line) (*wino, reg.Register) {
	a := begin(name)
	w := &wino{isa: s, scratch: load(a, winoScratch), k: map[float32]reg.VecVirtual{}}
	for _, c := range l.kept {
		w.k[c] = w.number(c)
	}
	return w, a
}

// square emits the two-dimensional transform: columns that load reads, then rows
// that done takes.
func (w *wino) square(l line, column func(j int, to []reg.VecVirtual), done func(i int, row []reg.VecVirtual)) {
	at := func(i, j int) Mem { return Mem{Base: w.scratch, Disp: (i*l.in + j) * w.bytes(1)} }
	for j := range l.in {
		d := w.vectors(l.in)
		column(j, d)
		for i, v := range l.emit(w, d) {
			VMOVUPS(v, at(i, j))
		}
	}
	for i := range l.out {
		d := w.vectors(l.in)
		for j, v := range d {
			VMOVUPS(at(i, j), v)
		}
		done(i, l.emit(w, d))
	}
}

// strides sets w.plane to six places n bytes apart, from base, and returns a
// register that holds 3n.
func (w *wino) strides(base, n reg.GPVirtual) reg.GPVirtual {
	three, five := GP64(), GP64()
	LEAQ(Mem{Base: n, Index: n, Scale: 2}, three)
	LEAQ(Mem{Base: n, Index: n, Scale: 4}, five)
	w.plane = [6]Mem{
		{Base: base},
		{Base: base, Index: n, Scale: 1},
		{Base: base, Index: n, Scale: 2},
		{Base: base, Index: three, Scale: 1},
		{Base: base, Index: n, Scale: 4},
		{Base: base, Index: five, Scale: 1},
	}
	return three
}

// eachTile emits the loop over tiles around body: image is the address of the
// tile's first pixel, planes that of its place in the first plane.
func (w *wino) eachTile(a reg.Register, imageAt, planesAt int, body func(spot, image, planes reg.GPVirtual)) {
	n, spot, planes := AllocLocal(8), AllocLocal(8), AllocLocal(8)
	MOVQ(load(a, winoN), n)
	MOVQ(load(a, winoSpots), spot)
	MOVQ(load(a, planesAt), planes)
	Label("tile")
	a = argument()
	s, off, image, p := GP64(), GP64(), load(a, imageAt), GP64()
	MOVQ(spot, s)
	MOVL(at(s, 0), off.As32())
	LEAQ(Mem{Base: image, Index: off, Scale: 4}, image)
	MOVQ(planes, p)
	body(s, image, p)
	a = argument()
	MOVQ(load(a, winoStep), off)
	ADDQ(off, planes)
	ADDQ(U8(spotSize), spot)
	DECQ(n)
	JNZ(LabelRef("tile"))
	VZEROUPPER()
	RET()
}

// winoTransform emits a transform from pixels of an image, [in][in], to planes: of the input
// (B^T x B) or of the output's gradient (A y A^T):
//
//	for each tile t: plane[i][j][t*step+c] = (L x L^T)[i][j], x[i][j] = src[spot[t].at+i*row+j*pix+c]
func winoTransform(s *isa, kind string, l line) string {
	name := fmt.Sprintf("%s%d%s", kind, l.in, s.name)
	w, a := beginWino(s, name, l)
	w.m = s.loadMask(a)
	w.eachTile(a, winoSrc, winoDst, func(_, image, planes reg.GPVirtual) {
		for h := range s.vecs {
			w.transformHalf(l, image, planes, h)
		}
	})
	return name
}

// transformHalf is winoTransform for register h of the block.
func (w *wino) transformHalf(l line, image, planes reg.GPVirtual, h int) {
	a := argument()
	pix, row := load(a, winoPix), load(a, winoRow)
	rows := make([]reg.GPVirtual, l.in)
	for i := range rows {
		rows[i] = GP64()
		if i == 0 {
			MOVQ(image, rows[0])
		} else {
			LEAQ(Mem{Base: rows[i-1], Index: row, Scale: 1}, rows[i])
		}
	}
	off := GP64()
	XORQ(off, off)
	var base, plane, three reg.GPVirtual
	w.square(l, func(j int, to []reg.VecVirtual) {
		for i, v := range to {
			w.loadLanes(w.m, h, indexed(rows[i], off, w.bytes(h)), v)
		}
		if j < l.in-1 {
			ADDQ(pix, off)
		}
	}, func(i int, row []reg.VecVirtual) {
		if i == 0 {
			base, plane = GP64(), load(argument(), winoPlane)
			LEAQ(Mem{Base: planes, Disp: w.bytes(h)}, base)
			three = w.strides(base, plane)
		} else {
			LEAQ(Mem{Base: base, Index: three, Scale: 2}, base)
		}
		for j, v := range row {
			VMOVUPS(v, w.plane[j])
		}
	})
}

// column emits loads of column j of six by six planes at planes.
func (w *wino) column(planes reg.GPVirtual, j, h int, base reg.GPVirtual, to []reg.VecVirtual) {
	if j == 0 {
		LEAQ(Mem{Base: planes, Disp: w.bytes(h)}, base)
	} else {
		ADDQ(load(argument(), winoPlane), base)
	}
	for i, v := range to {
		VMOVUPS(w.plane[i], v)
	}
}

// columns returns what square calls for each column of planes.
func (w *wino) columns(planes reg.GPVirtual, h int) func(j int, to []reg.VecVirtual) {
	base, six := GP64(), load(argument(), winoPlane)
	LEAQ(Mem{Base: six, Index: six, Scale: 2}, six)
	ADDQ(six, six)
	w.strides(base, six)
	return func(j int, to []reg.VecVirtual) { w.column(planes, j, h, base, to) }
}

// winoOutput emits the transform of planes to output pixels, with bias and activation;
// only the first rows and cols pixels of spot[t] are stored:
//
//	for each tile t: dst[spot[t].at+i*row+j*pix+c] = (A^T m A)[i][j], m[i][j] = plane[i][j][t*step+c]
func winoOutput(s *isa, l line) string {
	name := fmt.Sprintf("winoOutput%d%s", l.out, s.name)
	w, a := beginWino(s, name, l)
	w.m = s.loadMask(a)
	w.eachTile(a, winoDst, winoSrc, func(spot, image, planes reg.GPVirtual) {
		rows, cols := GP64(), GP64()
		MOVL(at(spot, spotRows), rows.As32())
		MOVL(at(spot, spotCols), cols.As32())
		for h := range s.vecs {
			w.outputHalf(l, image, planes, rows, cols, h)
		}
	})
	return name
}

func (w *wino) outputHalf(l line, image, planes, rows, cols reg.GPVirtual, h int) {
	end := label("end", h)
	y := GP64()
	MOVQ(image, y)
	w.square(l, w.columns(planes, h), func(i int, row []reg.VecVirtual) {
		a := argument()
		w.epilogue(a, label("", h, i), row, y, cols, h)
		if i == l.out-1 {
			Label(end)
			return
		}
		ADDQ(load(a, winoRow), y)
		CMPQ(rows, U8(i+1))
		JLE(LabelRef(end))
	})
}

// epilogue emits bias, activation and the stores of one row of output pixels.
func (w *wino) epilogue(a reg.Register, id string, row []reg.VecVirtual, y, cols reg.GPVirtual, h int) {
	mode, pix := load(a, winoEpilogue+outMode), load(a, winoPix)
	d := w.bytes(h)
	out := []Mem{at(y, d), indexed(y, pix, d)}
	if len(row) > 2 {
		three := GP64()
		LEAQ(Mem{Base: pix, Index: pix, Scale: 2}, three)
		out = append(out, Mem{Base: y, Index: pix, Scale: 2, Disp: d}, indexed(y, three, d))
	}
	store, tmp := "store"+id, w.vec()
	stored := func(prefix string, each func(j int)) {
		for j := range row {
			if j > 0 {
				CMPQ(cols, U8(j))
				JLE(LabelRef("stored" + id))
			}
			each(j)
		}
		JMP(LabelRef("stored" + id))
	}
	CMPQ(mode, U8(modeAdd))
	JL(LabelRef(store))
	JG(LabelRef("epilogue" + id))
	stored("add", func(j int) {
		w.loadLanes(w.m, h, out[j], tmp)
		VADDPS(tmp, row[j], row[j])
		w.storeLanes(w.m, h, row[j], out[j], tmp)
	})
	Label("epilogue" + id)
	for _, v := range row {
		VADDPS(at(a, winoEpilogue+outBias+d), v, v)
	}
	w.activation(a, winoEpilogue, id, store, mode, row)
	Label(store)
	stored("store", func(j int) { w.storeLanes(w.m, h, row[j], out[j], tmp) })
	Label("stored" + id)
}

// winoFilter emits the transform of filters of 16 output channels:
//
//	for each input channel i: plane[k][l][i*step+o] = (G g G^T)[k][l], g = src[tap+i*16+o]
func winoFilter(s *isa, l line) string {
	name := fmt.Sprintf("winoFilter%d%s", l.in, s.name)
	w, a := beginWino(s, name, l)
	src, dst, n := load(a, winoSrc), load(a, winoDst), load(a, winoN)
	Label("channel")
	for h := range s.vecs {
		var base, three reg.GPVirtual
		w.square(l, func(j int, to []reg.VecVirtual) {
			for i, v := range to {
				VMOVUPS(indexed(src, load(argument(), winoTaps+8*(i*l.in+j)), w.bytes(h)), v)
			}
		}, func(i int, row []reg.VecVirtual) {
			if i == 0 {
				base = GP64()
				LEAQ(Mem{Base: dst, Disp: w.bytes(h)}, base)
				three = w.strides(base, load(argument(), winoPlane))
			} else {
				LEAQ(Mem{Base: base, Index: three, Scale: 2}, base)
			}
			for j, v := range row {
				VMOVUPS(v, w.plane[j])
			}
		})
	}
	ADDQ(Imm(64), src)
	ADDQ(Imm(64), dst)
	DECQ(n)
	JNZ(LabelRef("channel"))
	VZEROUPPER()
	RET()
	return name
}

// winoFilterGrad emits the transform of planes of gradients to that of filters,
// which is added to what dst holds in the lanes in use:
//
//	for each input channel i: dst[tap+i*16+o] += (G^T u G)[k][l], u[k][l] = plane[k][l][i*16+o]
func winoFilterGrad(s *isa, l line) string {
	name := fmt.Sprintf("winoFilterGrad%d%s", l.out, s.name)
	w, a := beginWino(s, name, l)
	w.m = s.loadMask(a)
	src, dst, n := load(a, winoSrc), load(a, winoDst), load(a, winoN)
	Label("channel")
	for h := range s.vecs {
		w.square(l, w.columns(src, h), func(i int, row []reg.VecVirtual) {
			for j, v := range row {
				to := indexed(dst, load(argument(), winoTaps+8*(i*l.out+j)), w.bytes(h))
				t := w.vec()
				w.loadLanes(w.m, h, to, t)
				VADDPS(t, v, v)
				w.storeLanes(w.m, h, v, to, t)
			}
		})
	}
	ADDQ(Imm(64), src)
	ADDQ(Imm(64), dst)
	DECQ(n)
	JNZ(LabelRef("channel"))
	VZEROUPPER()
	RET()
	return name
}
