package ops

import "github.com/espalier-nas/espalier/ops/internal/kernel"

// transformNode makes square depthwise filters from larger ones.
type transformNode struct {
	from   Window // the next larger filters; its centre is cropped to the size of to
	matrix *Param // K² x K², K taps on a side of to
	to     *Param
	v      *kernel.Vec
}

// KernelTransform returns depthwise filters of w.KH x w.KW taps, a square, made from those
// of w.P as Once-for-All does (Cai et al. 2020): step by step from the full size
// down, the centre of the larger filters, two taps less each way, times a
// matrix that all channels share. matrices[i], a dense (K²) x (K²) parameter
// with K = w.P.KH-2(i+1), serves step i. The result lives until the next Begin;
// its gradient goes back to w.P and the matrices. It panics if w is not
// depthwise or no square in a square, or matrices do not fit.
func KernelTransform(e *Exec, w Window, matrices []*Param) Window {
	if !w.fits() || w.P.Layout != DepthwiseLayout || w.KH != w.KW || w.P.KH != w.P.KW {
		panic("ops: KernelTransform: window is not depthwise and square or does not fit")
	}
	from := Window{P: w.P, OutC: w.OutC, KH: w.P.KH, KW: w.P.KW, InC: w.OutC}
	for i := 0; from.KH > w.KH; i++ {
		k := from.KH - 2
		if i >= len(matrices) || matrices[i].Layout != DenseLayout || matrices[i].OutC != k*k || matrices[i].InC != k*k {
			panic("ops: KernelTransform: matrices do not fit the kernel sizes")
		}
		from = e.transform(from, matrices[i], k)
	}
	return from
}

func (e *Exec) transform(from Window, matrix *Param, k int) Window {
	n := next(e, &e.nodes.transform)
	c := from.OutC
	to := e.mem.param()
	to.Layout, to.OutC, to.InC, to.KH, to.KW, to.G = DepthwiseLayout, c, c, k, k, c
	to.Data = e.mem.floats(k * k * c)
	if e.train {
		to.Grad = e.mem.floats(k * k * c)
		clear(to.Grad)
	}
	*n = transformNode{from: from, matrix: matrix, to: to, v: e.vec}
	clear(to.Data)
	for o := range k * k {
		for i := range k * k {
			n.v.Axpy(matrix.Data[matrix.Index(o, i, 0, 0)], n.source(i), to.Data[o*c:][:c])
		}
	}
	e.record(n)
	return Window{P: to, OutC: c, KH: k, KW: k, InC: c}
}

// source returns tap i of the cropped larger filters, one value per channel.
func (n *transformNode) source(i int) []float32 { return n.crop(n.from.P.Data, i) }

func (n *transformNode) crop(data []float32, i int) []float32 {
	k, p := n.to.KH, n.from.P
	lo := (p.KH - k) / 2
	return data[p.Index(0, 0, lo+i/k, lo+i%k):][:n.from.OutC]
}

func (n *transformNode) back(*Exec) {
	if len(n.to.used) == 0 {
		return
	}
	c, k := n.from.OutC, n.to.KH
	n.matrix.All().use()
	Window{P: n.from.P, OutC: c, KH: k, KW: k, InC: c}.use()
	for o := range k * k {
		g := n.to.Grad[o*c:][:c]
		for i := range k * k {
			at := n.matrix.Index(o, i, 0, 0)
			n.matrix.Grad[at] += dot(g, n.source(i))
			n.v.Axpy(n.matrix.Data[at], g, n.crop(n.from.P.Grad, i))
		}
	}
}

func dot(a, b []float32) float32 {
	sum := 0.0
	for i, v := range a {
		sum += float64(v) * float64(b[i])
	}
	return float32(sum)
}
