package ops

import "github.com/espalier-nas/espalier/ops/internal/kernel"

type scaleNode struct {
	x, s, y *Tensor
	v       *kernel.Vec
	period  int
	vecs    []float32 // per image: scales, zeros, and two sums, a period each
	path    inPlace   // to x, if it has a gradient
	ds      []float32
	addS    bool
}

// Scale returns x with each image's channels multiplied by that image's row of
// s, N x 1 x 1 x C. It panics if the shapes do not match.
func Scale(e *Exec, x, s *Tensor) *Tensor {
	if s.N != x.N || s.H != 1 || s.W != 1 || s.C != x.C {
		panic("ops: Scale: shapes differ")
	}
	y := e.New(x.N, x.H, x.W, x.C)
	n := next(e, &e.nodes.scale)
	*n = scaleNode{x: x, s: s, y: y, v: e.vec, period: kernel.Period(x.C)}
	n.vecs = e.mem.floats(x.N * 4 * n.period)
	clear(n.vecs)
	e.run(x.N, (*scaleForward)(n))
	e.record(n)
	return y
}

// image returns the bounds of an image's floats and its vectors.
func (n *scaleNode) image(img int) (lo, hi int, scale, zero, first, second []float32) {
	size, p := n.x.H*n.x.W*n.x.C, n.period
	v := n.vecs[img*4*p:][:4*p]
	return img * size, (img + 1) * size, v[:p], v[p : 2*p], v[2*p : 3*p], v[3*p:]
}

type scaleForward scaleNode

// Do scales one image.
func (n *scaleForward) Do(img, _ int) {
	lo, hi, scale, zero, _, _ := (*scaleNode)(n).image(img)
	kernel.Repeat(scale, n.s.Data[img*n.s.C:][:n.s.C])
	n.v.Norm(NoAct, n.x.Data[lo:hi], scale, zero, n.y.Data[lo:hi])
}

func (n *scaleNode) back(e *Exec) {
	if n.y.Grad == nil {
		return
	}
	n.path, n.ds = inPlace{dy: n.y.Grad}, nil
	if n.s.tracked() {
		n.ds, n.addS = n.s.grad()
	}
	if n.x.tracked() {
		n.path.set(n.x, n.y)
	}
	e.run(n.x.N, (*scaleBackward)(n))
	n.y.drop()
}

type scaleBackward scaleNode

// Do takes one image's gradient back to its scales, then to its pixels.
func (n *scaleBackward) Do(img, _ int) {
	lo, hi, scale, zero, first, second := (*scaleNode)(n).image(img)
	dy := n.path.dy[lo:hi]
	if n.ds != nil {
		n.v.NormReduce(NoAct, n.x.Data[lo:hi], dy, scale, zero, zero, first, second)
		ds := n.ds[img*n.s.C:][:n.s.C]
		if !n.addS {
			clear(ds)
		}
		for i, v := range second {
			ds[i%n.s.C] += v
		}
	}
	if n.x.tracked() {
		n.v.Norm(NoAct, dy, scale, zero, dy)
		n.path.finish(n.v, lo, hi)
	}
}

// SESpec describes a squeeze-and-excite block: Reduce and Expand are linear
// windows, C to R and R to C channels.
type SESpec struct {
	Reduce, Expand         Window
	ReduceBias, ExpandBias *Param // nil for none
	Act, Gate              Act    // after Reduce and after Expand
}

// SqueezeExcite returns x scaled per image and channel by
// Gate(Expand(Act(Reduce(mean of x)))) (Hu et al. 2018). It panics if the windows
// do not fit.
func SqueezeExcite(e *Exec, x *Tensor, s SESpec) *Tensor {
	h := Activate(e, Linear(e, GlobalAvgPool(e, x), s.Reduce, s.ReduceBias), s.Act)
	return Scale(e, x, Activate(e, Linear(e, h, s.Expand, s.ExpandBias), s.Gate))
}
