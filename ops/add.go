package ops

import "github.com/espalier-nas/espalier/ops/internal/kernel"

type sumNode struct {
	xs  []*Tensor // reused from step to step
	y   *Tensor
	act Act // in inference; recorded on its own while training
	cut chunks
	v   *kernel.Vec

	to, from []float32 // backward
	add      bool
}

// Add returns act of the sum of xs, all of one shape. It panics if there are
// none or shapes differ. The slice is not kept.
func Add(e *Exec, act Act, xs []*Tensor) *Tensor {
	if len(xs) == 0 {
		panic("ops: Add: nothing to add")
	}
	x := xs[0]
	for _, o := range xs[1:] {
		if o.N != x.N || o.H != x.H || o.W != x.W || o.C != x.C {
			panic("ops: Add: shapes differ")
		}
	}
	if len(xs) == 1 {
		return Activate(e, x, act)
	}
	y := e.New(x.N, x.H, x.W, x.C)
	n := next(e, &e.nodes.sum)
	*n = sumNode{xs: append(n.xs[:0], xs...), y: y, cut: cut(x.Len(), 1), v: e.vec}
	if !e.train {
		n.act = act
	}
	e.run(n.cut.count(), (*sumForward)(n))
	if !e.train {
		return y
	}
	e.record(n)
	return Activate(e, y, act)
}

type sumForward sumNode

// Do adds one chunk.
func (n *sumForward) Do(i, _ int) {
	lo, hi := n.cut.bounds(i)
	y := n.y.Data[lo:hi]
	n.v.Add(n.xs[0].Data[lo:hi], n.xs[1].Data[lo:hi], y)
	for _, x := range n.xs[2:] {
		n.v.Add(y, x.Data[lo:hi], y)
	}
	if n.act != NoAct {
		n.v.Activate(n.act, y, y)
	}
}

func (n *sumNode) back(e *Exec) {
	if n.y.Grad == nil {
		return
	}
	n.from = n.y.Grad
	for i, x := range n.xs {
		if !x.tracked() || i == len(n.xs)-1 && x.inherit(n.y) {
			continue
		}
		n.to, n.add = x.grad()
		e.run(n.cut.count(), (*sumBackward)(n))
	}
	n.y.drop()
}

type sumBackward sumNode

// Do passes one chunk of the gradient to one input.
func (n *sumBackward) Do(i, _ int) {
	lo, hi := n.cut.bounds(i)
	if n.add {
		n.v.Add(n.to[lo:hi], n.from[lo:hi], n.to[lo:hi])
		return
	}
	copy(n.to[lo:hi], n.from[lo:hi])
}
