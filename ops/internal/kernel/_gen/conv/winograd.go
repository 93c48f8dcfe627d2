package main

import (
	"fmt"
	"math"

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
	winoMode                      = 144
	winoLow, winoHigh             = 152, 156
	winoSixth, winoHalf, winoOne  = 160, 164, 168
	winoBias                      = 172
	winoTaps                      = 240

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

// line is the product of a vector of in registers with a matrix, a vector of out.
type line struct {
	in, out int
	kept    []float32 // constants that stay in registers
	emit    func(w *wino, d []reg.VecVirtual) []reg.VecVirtual
}

// The matrices of Winograd's algorithm with the points 0, 1, -1, 2, -2 and
// infinity (Lavin and Gray 2016): y = A^T((G g G^T) * (B^T x B))A. B depends on
// the points only; A and G are those of F(4x4, 3x3) and of F(2x2, 5x5).
var (
	inputLine = line{6, 6, []float32{2, 4, 5}, (*wino).input}

	sum4    = line{6, 4, []float32{2, 4, 8}, (*wino).sum4}
	spread4 = line{4, 6, []float32{2, 4}, (*wino).spread4}
	taps3   = line{3, 6, nil, (*wino).taps3}
	back3   = line{6, 3, nil, (*wino).back3}

	sum2    = line{6, 2, []float32{2}, (*wino).sum2}
	spread2 = line{2, 6, []float32{2}, (*wino).spread2}
	taps5   = line{5, 6, nil, (*wino).taps5}
	back5   = line{6, 5, nil, (*wino).back5}
)

func (w *wino) plus(a, b reg.VecVirtual) reg.VecVirtual {
	c := w.vec()
	VADDPS(a, b, c)
	return c
}

func (w *wino) minus(a, b reg.VecVirtual) reg.VecVirtual {
	c := w.vec()
	VSUBPS(b, a, c)
	return c
}

// number returns a register that holds k: the one that the function keeps, or a
// new one.
func (w *wino) number(k float32) reg.VecVirtual {
	if v, ok := w.k[k]; ok {
		return v
	}
	v := w.vec()
	VBROADCASTSS(constant(k), v)
	return v
}

func (w *wino) times(k float32, a reg.VecVirtual) reg.VecVirtual {
	c := w.vec()
	VMULPS(w.number(k), a, c)
	return c
}

func (w *wino) copied(a reg.VecVirtual) reg.VecVirtual {
	c := w.vec()
	VMOVAPS(a, c)
	return c
}

// add emits to += k*a, sub emits to -= k*a; both return to.
func (w *wino) add(k float32, a, to reg.VecVirtual) reg.VecVirtual {
	VFMADD231PS(w.number(k), a, to)
	return to
}

func (w *wino) sub(k float32, a, to reg.VecVirtual) reg.VecVirtual {
	VFNMADD231PS(w.number(k), a, to)
	return to
}

// input multiplies by B^T.
func (w *wino) input(d []reg.VecVirtual) []reg.VecVirtual {
	y0 := w.add(4, d[0], w.sub(5, d[2], w.copied(d[4])))
	y5 := w.add(4, d[1], w.sub(5, d[3], w.copied(d[5])))
	a, b := w.sub(4, d[2], w.copied(d[4])), w.sub(4, d[1], w.copied(d[3]))
	y1, y2 := w.plus(a, b), w.minus(a, b)
	c, e := w.minus(d[4], d[2]), w.minus(d[3], d[1])
	y3 := w.add(2, e, w.copied(c))
	return []reg.VecVirtual{y0, y1, y2, y3, w.sub(2, e, c), y5}
}

// sum4 multiplies by A^T of F(4, 3).
func (w *wino) sum4(m []reg.VecVirtual) []reg.VecVirtual {
	s, d := w.plus(m[1], m[2]), w.minus(m[1], m[2])
	t, e := w.plus(m[3], m[4]), w.minus(m[3], m[4])
	y0 := w.plus(w.plus(m[0], s), t)
	y1 := w.add(2, e, w.copied(d))
	y3 := w.add(8, e, w.plus(d, m[5]))
	return []reg.VecVirtual{y0, y1, w.add(4, t, s), y3}
}

// sum2 multiplies by A^T of F(2, 5).
func (w *wino) sum2(m []reg.VecVirtual) []reg.VecVirtual {
	s, d := w.plus(m[1], m[2]), w.minus(m[1], m[2])
	t, e := w.plus(m[3], m[4]), w.minus(m[3], m[4])
	return []reg.VecVirtual{w.plus(w.plus(m[0], s), t), w.add(2, e, w.plus(d, m[5]))}
}

// spread4 multiplies by A of F(4, 3).
func (w *wino) spread4(y []reg.VecVirtual) []reg.VecVirtual {
	a, b := w.plus(y[0], y[2]), w.plus(y[1], y[3])
	c, e := w.add(4, y[2], w.copied(y[0])), w.add(4, y[3], w.copied(y[1]))
	z3 := w.add(2, e, w.copied(c))
	return []reg.VecVirtual{y[0], w.plus(a, b), w.minus(a, b), z3, w.sub(2, e, c), y[3]}
}

// spread2 multiplies by A of F(2, 5).
func (w *wino) spread2(y []reg.VecVirtual) []reg.VecVirtual {
	z3, z4 := w.add(2, y[1], w.copied(y[0])), w.sub(2, y[1], w.copied(y[0]))
	return []reg.VecVirtual{y[0], w.plus(y[0], y[1]), w.minus(y[0], y[1]), z3, z4, y[1]}
}

func (w *wino) negative(a reg.VecVirtual) reg.VecVirtual { return w.minus(w.zeros(1)[0], a) }

// taps3 multiplies by G of F(4, 3).
func (w *wino) taps3(g []reg.VecVirtual) []reg.VecVirtual {
	s := w.plus(g[0], g[2])
	u1, u2 := w.times(1./6, w.plus(s, g[1])), w.times(1./6, w.minus(s, g[1]))
	p, q := w.add(1./24, g[0], w.times(1./6, g[2])), w.times(1./12, g[1])
	return []reg.VecVirtual{w.times(1./4, g[0]), w.negative(u1), w.negative(u2), w.plus(p, q), w.minus(p, q), g[2]}
}

// back3 multiplies by G^T of F(4, 3).
func (w *wino) back3(u []reg.VecVirtual) []reg.VecVirtual {
	s, d := w.plus(u[1], u[2]), w.minus(u[2], u[1])
	p, q := w.plus(u[3], u[4]), w.minus(u[3], u[4])
	g0 := w.add(1./24, p, w.sub(1./6, s, w.times(1./4, u[0])))
	g1 := w.add(1./12, q, w.times(1./6, d))
	return []reg.VecVirtual{g0, g1, w.add(1./6, w.minus(p, s), w.copied(u[5]))}
}

// taps5 multiplies by G of F(2, 5).
func (w *wino) taps5(g []reg.VecVirtual) []reg.VecVirtual {
	even, odd := w.plus(w.plus(g[0], g[2]), g[4]), w.plus(g[1], g[3])
	u1, u2 := w.times(1./6, w.plus(even, odd)), w.times(1./6, w.minus(even, odd))
	p := w.add(4, w.add(4, g[4], w.copied(g[2])), w.copied(g[0]))
	q := w.add(4, g[3], w.copied(g[1]))
	q = w.times(2, q)
	u3, u4 := w.times(1./24, w.plus(p, q)), w.times(1./24, w.minus(p, q))
	return []reg.VecVirtual{w.times(1./4, g[0]), w.negative(u1), w.negative(u2), u3, u4, g[4]}
}

// back5 multiplies by G^T of F(2, 5).
func (w *wino) back5(u []reg.VecVirtual) []reg.VecVirtual {
	s, d := w.times(1./6, w.plus(u[1], u[2])), w.times(1./6, w.minus(u[2], u[1]))
	p, q := w.times(1./24, w.plus(u[3], u[4])), w.times(1./24, w.minus(u[3], u[4]))
	g0 := w.plus(w.minus(w.times(1./4, u[0]), s), p)
	p = w.times(4, p)
	q = w.times(2, q)
	g1, g2 := w.plus(d, q), w.minus(p, s)
	return []reg.VecVirtual{g0, g1, g2, w.add(4, q, d), w.plus(w.add(4, p, w.negative(s)), u[5])}
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

// constant returns the place of a number in the read-only data.
func constant(v float32) Mem {
	name := fmt.Sprintf("wino_%08x", math.Float32bits(v))
	if !defined[name] {
		defined[name] = true
		return ConstData(name, F32(v))
	}
	return Mem{Symbol: Symbol{Name: name, Static: true}, Base: reg.StaticBase}
}

// defined holds the constants that the file has already.
var defined = map[string]bool{}

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

// spread emits a transform from pixels of an image, [in][in], to planes:
//
//	for each tile t: plane[i][j][t*step+c] = (L x L^T)[i][j], x[i][j] = src[spot[t].at+i*row+j*pix+c]
func spread(s *isa, kind string, l line) string {
	name := fmt.Sprintf("%s%d%s", kind, l.in, s.name)
	w, a := beginWino(s, name, l)
	w.m = s.loadMask(a)
	w.eachTile(a, winoSrc, winoDst, func(_, image, planes reg.GPVirtual) {
		for h := range s.vecs {
			w.spreadHalf(l, image, planes, h)
		}
	})
	return name
}

// spreadHalf is spread for register h of the block.
func (w *wino) spreadHalf(l line, image, planes reg.GPVirtual, h int) {
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

// join emits the transform of planes to output pixels, with bias and activation;
// only the first rows and cols pixels of spot[t] are stored:
//
//	for each tile t: dst[spot[t].at+i*row+j*pix+c] = (A^T m A)[i][j], m[i][j] = plane[i][j][t*step+c]
func join(s *isa, l line) string {
	name := fmt.Sprintf("winoJoin%d%s", l.out, s.name)
	w, a := beginWino(s, name, l)
	w.m = s.loadMask(a)
	w.eachTile(a, winoDst, winoSrc, func(spot, image, planes reg.GPVirtual) {
		rows, cols := GP64(), GP64()
		MOVL(at(spot, spotRows), rows.As32())
		MOVL(at(spot, spotCols), cols.As32())
		for h := range s.vecs {
			w.joinHalf(l, image, planes, rows, cols, h)
		}
	})
	return name
}

func (w *wino) joinHalf(l line, image, planes, rows, cols reg.GPVirtual, h int) {
	end := fmt.Sprintf("end%d", h)
	y := GP64()
	MOVQ(image, y)
	w.square(l, w.columns(planes, h), func(i int, row []reg.VecVirtual) {
		a := argument()
		w.epilogue(a, fmt.Sprintf("%d_%d", h, i), row, y, cols, h)
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
	mode, pix := load(a, winoMode), load(a, winoPix)
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
		VADDPS(at(a, winoBias+d), v, v)
	}
	w.activation(a, id, mode, row)
	Label(store)
	stored("store", func(j int) { w.storeLanes(w.m, h, row[j], out[j], tmp) })
	Label("stored" + id)
}

// activation emits the clamp, the hard sigmoid or the hard swish. The value is
// always the second source of a minimum or maximum, so that NaN stays NaN.
func (w *wino) activation(a reg.Register, id string, mode reg.GPVirtual, row []reg.VecVirtual) {
	c, g := w.vec(), w.vec()
	CMPQ(mode, U8(modeClamp))
	JG(LabelRef("hard" + id))
	VBROADCASTSS(at(a, winoLow), c)
	for _, v := range row {
		VMAXPS(v, c, v)
	}
	VBROADCASTSS(at(a, winoHigh), c)
	for _, v := range row {
		VMINPS(v, c, v)
	}
	JMP(LabelRef("store" + id))
	Label("hard" + id)
	for j, v := range row {
		plain := fmt.Sprintf("plain%s_%d", id, j)
		VBROADCASTSS(at(a, winoSixth), c)
		VMULPS(c, v, g)
		VBROADCASTSS(at(a, winoHalf), c)
		VADDPS(c, g, g)
		zero := w.zeros(1)[0]
		VMAXPS(g, zero, g)
		VBROADCASTSS(at(a, winoOne), c)
		VMINPS(g, c, g)
		CMPQ(mode, U8(modeSwish))
		JNE(LabelRef(plain))
		VMULPS(v, g, g)
		Label(plain)
		VMOVAPS(g, v)
	}
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

// winoFilterBack emits the transform of planes of gradients to that of filters,
// which is added to what dst holds in the lanes in use:
//
//	for each input channel i: dst[tap+i*16+o] += (G^T u G)[k][l], u[k][l] = plane[k][l][i*16+o]
func winoFilterBack(s *isa, l line) string {
	name := fmt.Sprintf("winoFilterBack%d%s", l.out, s.name)
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
