package ops

import "github.com/espalier-nas/espalier/ops/internal/kernel"

// ConvNorm returns BatchNorm of Conv and has its bits. What the norm does first with
// the convolution's output is done part by part, while that is in the cache of the
// core that computed it: the sums for the batch's statistics or, outside training,
// all that running statistics ask for. Outside training it normalises in place. It
// panics where BatchNorm or Conv would, and if c has an activation.
func ConvNorm(e *Exec, x *Tensor, c ConvSpec, s NormSpec) *Tensor {
	if c.Act != NoAct {
		panic("ops: ConvNorm: an activation before the norm")
	}
	d := c.dims(x)
	above := e.take(x)
	y := e.New(d.N, d.OutH(), d.OutW(), d.OutC)
	s.check(y)
	n := newNorm(e, y, &s)
	fused := n.fusion(e, &s)
	if above != nil {
		fused.Before = (*normForward)(above)
	}
	n.conv = convTo(e, x, y, c.W, c.Bias, d, NoAct, fused)
	return n.complete(e, &s)
}

// AddConvNorm is BatchNorm of AddConv, as ConvNorm is that of Conv; nothing may use y
// afterwards. It panics where they would.
func AddConvNorm(e *Exec, y, x *Tensor, c ConvSpec, s NormSpec) *Tensor {
	e.materialize()
	d := c.added(y, x)
	s.check(y)
	n := newNorm(e, y, &s)
	n.conv = addConv(e, y, x, c.W, d, n.fusion(e, &s))
	return n.complete(e, &s)
}

// fusion returns what the norm does first, beside the pass that completes x.
func (n *normNode) fusion(e *Exec, s *NormSpec) (fused kernel.Fusion) {
	if !e.train {
		n.y = n.x
	}
	switch {
	case !n.frozen:
		n.beginMoments(e)
		fused = kernel.Fusion{After: (*normMoments)(n), Grain: n.sums.grain()}
	case !e.train:
		n.useStats(e, s)
		n.sums.begin(e, 0)
		fused = kernel.Fusion{After: (*normInPlace)(n), Grain: n.sums.grain()}
	}
	return fused
}

// complete does what is left to do behind that pass.
func (n *normNode) complete(e *Exec, s *NormSpec) *Tensor {
	if n.frozen && !e.train {
		n.sums.run(e, (*normInPlace)(n))
		return n.y
	}
	return n.finish(e, s)
}

// take returns the norm whose output is x, if that is still to be computed: the caller
// computes it now. Any other one is computed.
func (e *Exec) take(x *Tensor) *normNode {
	n := e.deferred
	if n == nil || n.y != x {
		e.materialize()
		return nil
	}
	n.y.Data, e.deferred = n.out, nil
	return n
}

// materialize computes what is still to be computed.
func (e *Exec) materialize() {
	if n := e.deferred; n != nil {
		n.y.Data, e.deferred = n.out, nil
		e.run(n.cut.count(), (*normForward)(n))
	}
}

// lastNorm returns the norm that put x out, if it is what was recorded last.
func (e *Exec) lastNorm(x *Tensor) *normNode {
	if len(e.tape) == 0 {
		return nil
	}
	n, _ := e.tape[len(e.tape)-1].(*normNode)
	if n == nil || n.y != x {
		return nil
	}
	return n
}

// normInPlace normalises with given statistics where x lies.
type normInPlace normNode

// Do normalises and activates one chunk.
func (n *normInPlace) Do(i, _ int) {
	if n.sums.take(i) {
		x := n.sums.chunks.of(n.x.Data, i)
		n.v.Norm(n.act, x, n.scale, n.shift, x)
	}
}

// ApplyEpilogue implements kernel.ChunkEpilogue.
func (n *normInPlace) ApplyEpilogue(lo, hi, worker int) { n.sums.runWithin(n, lo, hi, worker) }
