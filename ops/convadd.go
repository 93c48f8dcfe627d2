package ops

// AddConv adds the convolution of x to y, the output of Conv or AddConv without
// bias and activation that nothing has read yet, and returns y: a sum of
// convolutions without a buffer and a gradient for each. It has the bits of
// Conv followed by Add. It panics if s has a bias or an activation, or if
// windows or shapes do not fit.
func AddConv(e *Exec, y, x *Tensor, s ConvSpec) *Tensor {
	e.settle()
	d := s.dims(x)
	if s.Bias != nil || s.Act != NoAct {
		panic("ops: AddConv: bias or activation")
	}
	if y.N != d.N || y.H != d.OutH() || y.W != d.OutW() || y.C != d.OutC {
		panic("ops: AddConv: shapes differ")
	}
	e.eng.ForwardAdd(d, x.Data, s.W.P.Data, y.Data, s.W.P.kept)
	if e.train {
		n := e.nodes.conv.get()
		*n = convNode{x: x, y: y, w: s.W, dims: d, v: e.vec, added: true}
		e.record(n)
	}
	return y
}
