package ops

import "github.com/espalier-nas/espalier/ops/internal/kernel"

// ConvSpec describes a convolution. The window's parameter tells its groups,
// and whether it is depthwise.
type ConvSpec struct {
	W          Window
	Bias       *Param // at least W.OutC values, of which the first are used; nil for none
	S, Dil     int    // stride and dilation (0 means 1), in pixels
	PadH, PadW int    // padding above and below, left and right, in pixels
	Act        Act    // applied to the output
}

type convNode struct {
	x, y    *Tensor
	w       Window
	bias    *Param
	dims    kernel.Conv
	norm    *normNode // whose gradient is still to be applied to dy; nil for none
	above   *normNode // that made x, with nothing recorded since; nil for others
	added   bool      // to the output of an earlier record, which needs the gradient too
	cut     chunks
	partial []float32 // sums of the bias gradient, per chunk
	period  int
	v       *kernel.Vec
}

// Conv returns the convolution of x, N x H x W x InC, as N x OutH x OutW x OutC
// with OutH = (H + 2 PadH - Dil(KH-1) - 1)/S + 1, OutW alike. It panics if the window does
// not fit its parameter, the input or the bias.
func Conv(e *Exec, x *Tensor, s ConvSpec) *Tensor {
	return conv(e, x, s.W, s.Bias, s.dims(x), s.Act)
}

// Linear returns x flattened to N x (H*W*C) times the window's transpose, plus
// the bias (nil for none), as N x 1 x 1 x OutC. The flat order is that of x,
// channels fastest. It panics if the window does not fit.
func Linear(e *Exec, x *Tensor, w Window, bias *Param) *Tensor {
	size := x.H * x.W * x.C
	if !w.fits() || w.P.Layout != DenseLayout || w.P.G != 1 || w.P.KH*w.P.KW != 1 || w.InC != size {
		panic("ops: Linear: window does not fit the input")
	}
	checkBias(bias, w.OutC)
	d := kernel.Conv{N: x.N, H: 1, W: 1, InC: size, OutC: w.OutC, KH: 1, KW: 1, S: 1, Dil: 1, G: 1, WInC: w.P.InC, WKH: 1, WKW: 1}
	return conv(e, x, w, bias, d, NoAct)
}

func (s ConvSpec) dims(x *Tensor) kernel.Conv {
	w := s.W
	if !w.fits() || w.P.Layout == VectorLayout || s.S < 1 || min(s.PadH, s.PadW) < 0 || s.Dil < 0 {
		panic("ops: Conv: window does not fit its parameter")
	}
	d := kernel.Conv{
		N: x.N, H: x.H, W: x.W, InC: x.C, OutC: w.OutC, KH: w.KH, KW: w.KW, S: s.S, PadH: s.PadH, PadW: s.PadW,
		Dil: max(1, s.Dil), G: w.P.G, WInC: w.P.InC, WKH: w.P.KH, WKW: w.P.KW,
	}
	in := w.InC
	if w.P.Layout == DepthwiseLayout {
		in, d.G, d.WC = w.OutC, w.OutC, w.P.OutC
	}
	if x.C != in {
		panic("ops: Conv: input channels differ from the window's")
	}
	if d.H+2*d.PadH < d.Dil*(d.KH-1)+1 || d.W+2*d.PadW < d.Dil*(d.KW-1)+1 {
		panic("ops: Conv: kernel larger than the padded input")
	}
	checkBias(s.Bias, d.OutC)
	return d
}

func checkBias(bias *Param, channels int) {
	if bias != nil && len(bias.Data) < channels {
		panic("ops: Conv: bias shorter than the output channels")
	}
}

func conv(e *Exec, x *Tensor, w Window, bias *Param, d kernel.Conv, act Act) *Tensor {
	y := e.New(d.N, d.OutH(), d.OutW(), d.OutC)
	if e.train || act > HardSigmoid { // the others are faster in a pass of their own
		convTo(e, x, y, w, bias, d, NoAct, kernel.Fusion{})
		return Activate(e, y, act)
	}
	convTo(e, x, y, w, bias, d, act, kernel.Fusion{})
	return y
}

// convTo computes the convolution into y, with an activation that tiles know. While
// training it records and returns it.
func convTo(e *Exec, x, y *Tensor, w Window, bias *Param, d kernel.Conv, act Act, fused kernel.Fusion) *convNode {
	ep := kernel.Epilogue{Prepacked: w.P.prepacked, Act: act}
	if bias != nil {
		ep.Bias = bias.Data[:d.OutC]
	}
	e.eng.Forward(d, x.Data, w.P.Data, y.Data, ep, fused)
	if !e.train {
		return nil
	}
	n := e.nodes.conv.get()
	*n = convNode{x: x, y: y, w: w, bias: bias, dims: d, v: e.vec, above: e.lastNorm(x)}
	e.record(n)
	return n
}

func (n *convNode) back(e *Exec) {
	if n.y.Grad == nil {
		return
	}
	if n.bias != nil {
		n.biasBack(e)
	}
	n.w.use()
	var fused kernel.Fusion
	if n.norm != nil {
		fused.Before = (*normApply)(n.norm)
	}
	e.eng.BackwardWeights(n.dims, n.x.Data, n.y.Grad, n.w.P.Grad, fused)
	if n.x.tracked() {
		dx, add := n.x.grad()
		fused = kernel.Fusion{}
		if n.above != nil { // nothing that runs after this writes dx
			fused = n.above.reduceEarly(e)
		}
		e.eng.BackwardData(n.dims, n.y.Grad, n.w.P.Data, dx, add, fused)
	}
	if !n.added {
		n.y.drop()
	}
}

func (n *convNode) biasBack(e *Exec) {
	c := n.dims.OutC
	Window{n.bias, c, 1, 1, 1}.use()
	n.period = kernel.Period(c)
	n.cut = cut(n.y.Len(), n.period)
	n.partial = e.mem.floats(n.cut.count() * n.period)
	e.run(n.cut.count(), (*biasTask)(n))
	ch := e.channels(c)
	fold(ch.first, n.partial)
	for i, v := range ch.first {
		n.bias.Grad[i] += float32(v)
	}
}

type biasTask convNode

// Do sums the gradients of one chunk's pixels.
func (n *biasTask) Do(i, _ int) {
	s := n.partial[i*n.period:][:n.period]
	clear(s)
	lo, hi := n.cut.bounds(i)
	n.v.Sums(n.y.Grad[lo:hi], s)
}
