package ops

import "github.com/espalier-nas/espalier/ops/internal/kernel"

// AddConv adds the convolution of x to y, the output of Conv or AddConv without
// bias and activation that nothing has read yet, and returns y: a sum of
// convolutions without a buffer and a gradient for each. It has the bits of
// Conv followed by Add. It panics if s has a bias or an activation, or if
// windows or shapes do not fit.
func AddConv(e *Exec, y, x *Tensor, s ConvSpec) *Tensor {
	e.materialize()
	addConv(e, y, x, s.W, s.added(y, x), kernel.Fusion{})
	return y
}

// added returns the dimensions of s over x, whose output is to be added to y.
func (s ConvSpec) added(y, x *Tensor) kernel.Conv {
	d := s.dims(x)
	if s.Bias != nil || s.Act != NoAct {
		panic("ops: AddConv: bias or activation")
	}
	if y.N != d.N || y.H != d.OutH() || y.W != d.OutW() || y.C != d.OutC {
		panic("ops: AddConv: shapes differ")
	}
	return d
}

// addConv adds the convolution to y. While training it records and returns it.
func addConv(e *Exec, y, x *Tensor, w Window, d kernel.Conv, fused kernel.Fusion) *convNode {
	e.eng.ForwardAdd(d, x.Data, w.P.Data, y.Data, w.P.prepacked, fused)
	if !e.train {
		return nil
	}
	n := e.nodes.conv.get()
	*n = convNode{x: x, y: y, w: w, dims: d, v: e.vec, added: true}
	e.record(n)
	return n
}
