package ops

import "github.com/espalier-nas/espalier/ops/internal/kernel"

type meanNode struct {
	x, y   *Tensor
	v      *kernel.Vec
	period int
	vecs   []float32 // a period of floats per image
	to     []float32
	add    bool
}

// GlobalAvgPool returns the mean over each image's pixels, N x 1 x 1 x C.
func GlobalAvgPool(e *Exec, x *Tensor) *Tensor {
	y := e.New(x.N, 1, 1, x.C)
	n := next(e, &e.nodes.mean)
	*n = meanNode{x: x, y: y, v: e.vec, period: kernel.Period(x.C)}
	n.vecs = e.mem.floats(x.N * n.period)
	e.run(x.N, (*meanForward)(n))
	e.record(n)
	return y
}

type meanForward meanNode

// Do averages one image.
func (n *meanForward) Do(img, _ int) {
	c, size := n.x.C, n.x.H*n.x.W*n.x.C
	s := n.vecs[img*n.period:][:n.period]
	clear(s)
	n.v.Sums(n.x.Data[img*size:][:size], s)
	y := n.y.Data[img*c:][:c]
	clear(y)
	for i, v := range s {
		y[i%c] += v
	}
	scale := 1 / float32(n.x.H*n.x.W)
	for i := range y {
		y[i] *= scale
	}
}

func (n *meanNode) back(e *Exec) {
	if n.y.Grad == nil || !n.x.tracked() {
		return
	}
	n.to, n.add = n.x.grad()
	e.run(n.x.N, (*meanBackward)(n))
	n.y.drop()
}

type meanBackward meanNode

// Do broadcasts one image's gradient to its pixels.
func (n *meanBackward) Do(img, _ int) {
	c, size := n.x.C, n.x.H*n.x.W*n.x.C
	g := n.vecs[img*n.period:][:n.period]
	scale := 1 / float32(n.x.H*n.x.W)
	for i, v := range n.y.Grad[img*c:][:c] {
		g[i] = v * scale
	}
	kernel.Repeat(g[c:], g[:c])
	n.v.Broadcast(g, n.to[img*size:][:size], n.add)
}
