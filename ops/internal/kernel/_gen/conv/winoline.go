package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

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

	output4     = line{6, 4, []float32{2, 4, 8}, (*wino).output4}
	outputGrad4 = line{4, 6, []float32{2, 4}, (*wino).outputGrad4}
	filter3     = line{3, 6, nil, (*wino).filter3}
	filterGrad3 = line{6, 3, nil, (*wino).filterGrad3}

	output2     = line{6, 2, []float32{2}, (*wino).output2}
	outputGrad2 = line{2, 6, []float32{2}, (*wino).outputGrad2}
	filter5     = line{5, 6, nil, (*wino).filter5}
	filterGrad5 = line{6, 5, nil, (*wino).filterGrad5}
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
func (w *wino) output4(m []reg.VecVirtual) []reg.VecVirtual {
	s, d := w.plus(m[1], m[2]), w.minus(m[1], m[2])
	t, e := w.plus(m[3], m[4]), w.minus(m[3], m[4])
	y0 := w.plus(w.plus(m[0], s), t)
	y1 := w.add(2, e, w.copied(d))
	y3 := w.add(8, e, w.plus(d, m[5]))
	return []reg.VecVirtual{y0, y1, w.add(4, t, s), y3}
}

// sum2 multiplies by A^T of F(2, 5).
func (w *wino) output2(m []reg.VecVirtual) []reg.VecVirtual {
	s, d := w.plus(m[1], m[2]), w.minus(m[1], m[2])
	t, e := w.plus(m[3], m[4]), w.minus(m[3], m[4])
	return []reg.VecVirtual{w.plus(w.plus(m[0], s), t), w.add(2, e, w.plus(d, m[5]))}
}

// spread4 multiplies by A of F(4, 3).
func (w *wino) outputGrad4(y []reg.VecVirtual) []reg.VecVirtual {
	a, b := w.plus(y[0], y[2]), w.plus(y[1], y[3])
	c, e := w.add(4, y[2], w.copied(y[0])), w.add(4, y[3], w.copied(y[1]))
	z3 := w.add(2, e, w.copied(c))
	return []reg.VecVirtual{y[0], w.plus(a, b), w.minus(a, b), z3, w.sub(2, e, c), y[3]}
}

// spread2 multiplies by A of F(2, 5).
func (w *wino) outputGrad2(y []reg.VecVirtual) []reg.VecVirtual {
	z3, z4 := w.add(2, y[1], w.copied(y[0])), w.sub(2, y[1], w.copied(y[0]))
	return []reg.VecVirtual{y[0], w.plus(y[0], y[1]), w.minus(y[0], y[1]), z3, z4, y[1]}
}

func (w *wino) negative(a reg.VecVirtual) reg.VecVirtual { return w.minus(w.zeros(1)[0], a) }

// taps3 multiplies by G of F(4, 3).
func (w *wino) filter3(g []reg.VecVirtual) []reg.VecVirtual {
	s := w.plus(g[0], g[2])
	u1, u2 := w.times(1./6, w.plus(s, g[1])), w.times(1./6, w.minus(s, g[1]))
	p, q := w.add(1./24, g[0], w.times(1./6, g[2])), w.times(1./12, g[1])
	return []reg.VecVirtual{w.times(1./4, g[0]), w.negative(u1), w.negative(u2), w.plus(p, q), w.minus(p, q), g[2]}
}

// back3 multiplies by G^T of F(4, 3).
func (w *wino) filterGrad3(u []reg.VecVirtual) []reg.VecVirtual {
	s, d := w.plus(u[1], u[2]), w.minus(u[2], u[1])
	p, q := w.plus(u[3], u[4]), w.minus(u[3], u[4])
	g0 := w.add(1./24, p, w.sub(1./6, s, w.times(1./4, u[0])))
	g1 := w.add(1./12, q, w.times(1./6, d))
	return []reg.VecVirtual{g0, g1, w.add(1./6, w.minus(p, s), w.copied(u[5]))}
}

// taps5 multiplies by G of F(2, 5).
func (w *wino) filter5(g []reg.VecVirtual) []reg.VecVirtual {
	even, odd := w.plus(w.plus(g[0], g[2]), g[4]), w.plus(g[1], g[3])
	u1, u2 := w.times(1./6, w.plus(even, odd)), w.times(1./6, w.minus(even, odd))
	p := w.add(4, w.add(4, g[4], w.copied(g[2])), w.copied(g[0]))
	q := w.add(4, g[3], w.copied(g[1]))
	q = w.times(2, q)
	u3, u4 := w.times(1./24, w.plus(p, q)), w.times(1./24, w.minus(p, q))
	return []reg.VecVirtual{w.times(1./4, g[0]), w.negative(u1), w.negative(u2), u3, u4, g[4]}
}

// back5 multiplies by G^T of F(2, 5).
func (w *wino) filterGrad5(u []reg.VecVirtual) []reg.VecVirtual {
	s, d := w.times(1./6, w.plus(u[1], u[2])), w.times(1./6, w.minus(u[2], u[1]))
	p, q := w.times(1./24, w.plus(u[3], u[4])), w.times(1./24, w.minus(u[3], u[4]))
	g0 := w.plus(w.minus(w.times(1./4, u[0]), s), p)
	p = w.times(4, p)
	q = w.times(2, q)
	g1, g2 := w.plus(d, q), w.minus(p, s)
	return []reg.VecVirtual{g0, g1, g2, w.add(4, q, d), w.plus(w.add(4, p, w.negative(s)), u[5])}
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
