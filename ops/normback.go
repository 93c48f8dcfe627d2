package ops

import "github.com/espalier-nas/espalier/ops/internal/kernel"

// back takes the gradient through the activation and the norm in two passes:
// with g = dy*act'(z), z = x*scale+shift, it sums g and g*(x-mean), and then
//
//	dx = scale*(g - sum(g)/n - (x-mean)*inv²*sum(g*(x-mean))/n)
//
// as a*g + b*x + c with per-channel a, b and c. The second pass is left to the
// convolution that made x, if it is its only reader.
func (n *normNode) back(e *Exec) {
	if n.y.Grad == nil {
		return
	}
	ch := e.channels(n.x.C)
	n.reduce(e, ch)
	n.paramBack(ch)
	if !n.x.tracked() {
		n.y.drop()
		return
	}
	n.setGradient(e, ch)
	n.path.set(n.x, n.y)
	if n.conv != nil && n.conv.bias == nil && n.path.to == nil { // whose weights' gradient is the first to read it
		n.conv.norm = n
		return
	}
	e.run(n.cut.count(), (*normApply)(n))
	n.y.drop()
}

// normReduce sums the two gradients.
type normReduce normNode

// reduceEarly returns what takes the sums of dy beside the pass that writes it last.
func (n *normNode) reduceEarly(e *Exec) kernel.Fusion {
	n.sums.begin(e, 2)
	n.early = true
	return kernel.Fusion{After: (*normReduce)(n), Grain: n.sums.grain()}
}

// reduce takes the sums that are left to take, and adds those of all chunks.
func (n *normNode) reduce(e *Exec, ch *channels) {
	if !n.early {
		n.sums.begin(e, 2)
	}
	n.sums.run(e, (*normReduce)(n))
	total := n.sums.total(n.v)
	fold(ch.first, total[:n.period])
	fold(ch.second, total[n.period:])
}

// Do sums one chunk.
func (n *normReduce) Do(i, _ int) {
	if n.sums.take(i) {
		p, sums := &n.sums.chunks, n.sums.at(i)
		clear(sums)
		n.v.NormReduce(n.act, p.of(n.x.Data, i), p.of(n.y.Grad, i), n.scale, n.shift, n.mean, sums[:n.period], sums[n.period:])
	}
}

// ApplyEpilogue implements kernel.ChunkEpilogue.
func (n *normReduce) ApplyEpilogue(lo, hi, worker int) { n.sums.runWithin(n, lo, hi, worker) }

func (n *normNode) paramBack(ch *channels) {
	c := n.x.C
	Window{n.gamma, c, 1, 1, 1}.use()
	Window{n.beta, c, 1, 1, 1}.use()
	for i := range c {
		n.beta.Grad[i] += float32(ch.first[i])
		n.gamma.Grad[i] += float32(ch.second[i] * float64(n.inv[i]))
	}
}

// setGradient computes b and c; a is scale. With frozen statistics both are zero.
func (n *normNode) setGradient(e *Exec, ch *channels) {
	n.b, n.c = e.mem.floats(n.period), e.mem.floats(n.period)
	clear(n.b)
	clear(n.c)
	if n.frozen {
		return
	}
	c, count := n.x.C, float64(n.x.Rows())
	for i := range n.period {
		scale, inv := float64(n.scale[i]), float64(n.inv[i%c])
		b := -scale * inv * inv * ch.second[i%c] / count
		n.b[i], n.c[i] = float32(b), float32(-scale*ch.first[i%c]/count-b*float64(n.mean[i]))
	}
}

type normApply normNode

// Do computes one chunk of the input's gradient.
func (n *normApply) Do(i, worker int) {
	lo, hi := n.cut.bounds(i)
	n.ApplyPrologue(lo, hi, worker)
}

// ApplyPrologue implements kernel.Prologue.
func (n *normApply) ApplyPrologue(lo, hi, _ int) {
	dy := n.path.dy[lo:hi]
	n.v.NormApply(n.act, n.x.Data[lo:hi], dy, n.scale, n.shift, n.scale, n.b, n.c, dy)
	n.path.finish(n.v, lo, hi)
}
