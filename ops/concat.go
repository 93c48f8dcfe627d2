package ops

import "github.com/espalier-nas/espalier/ops/internal/kernel"

type concatNode struct {
	xs  []*Tensor // reused from step to step
	y   *Tensor
	cut chunks // of y's pixels
	v   *kernel.Vec

	x   *Tensor // backward: the input in turn and its place among y's channels
	at  int
	to  []float32
	add bool
}

// Concat returns the channels of xs side by side. It panics if there are none
// or their N, H or W differ. The slice is not kept.
func Concat(e *Exec, xs []*Tensor) *Tensor {
	if len(xs) == 0 {
		panic("ops: Concat: nothing to join")
	}
	x, c := xs[0], 0
	for _, o := range xs {
		if o.N != x.N || o.H != x.H || o.W != x.W {
			panic("ops: Concat: shapes differ")
		}
		c += o.C
	}
	if len(xs) == 1 {
		return x
	}
	y := e.New(x.N, x.H, x.W, c)
	n := next(e, &e.nodes.concat)
	*n = concatNode{xs: append(n.xs[:0], xs...), y: y, cut: cut(y.Len(), c), v: e.vec}
	e.run(n.cut.count(), (*concatForward)(n))
	e.record(n)
	return y
}

type concatForward concatNode

// Do joins the pixels of one piece.
func (n *concatForward) Do(i, _ int) {
	lo, hi := n.cut.bounds(i)
	for p, c := lo/n.y.C, n.y.C; p < hi/c; p++ {
		y := n.y.Data[p*c:][:c]
		for _, x := range n.xs {
			y = y[copy(y, x.Data[p*x.C:][:x.C]):]
		}
	}
}

func (n *concatNode) back(e *Exec) {
	if n.y.Grad == nil {
		return
	}
	n.at = 0
	for _, x := range n.xs {
		if x.tracked() {
			n.x = x
			n.to, n.add = x.grad()
			e.run(n.cut.count(), (*concatBackward)(n))
		}
		n.at += x.C
	}
	n.y.drop()
}

type concatBackward concatNode

// Do passes one input its part of one piece's gradient.
func (n *concatBackward) Do(i, _ int) {
	lo, hi := n.cut.bounds(i)
	for p, c := lo/n.y.C, n.y.C; p < hi/c; p++ {
		dy, dx := n.y.Grad[p*c+n.at:][:n.x.C], n.to[p*n.x.C:][:n.x.C]
		if n.add {
			n.v.Add(dx, dy, dx)
		} else {
			copy(dx, dy)
		}
	}
}
