package ops

import (
	"math"

	"github.com/espalier-nas/espalier/ops/internal/kernel"
)

// NormMode tells where a batch norm takes its statistics from.
type NormMode uint8

// The modes.
const (
	// NormBatch uses the batch's statistics, and moves Stats, if given, towards them.
	NormBatch NormMode = iota
	// NormRunning uses Stats and leaves them as they are.
	NormRunning
	// NormCalibrate uses the batch's statistics and accumulates them in Stats,
	// which Finish averages.
	NormCalibrate
)

// NormSpec describes a batch norm and the activation after it.
type NormSpec struct {
	Gamma, Beta *Param // scale and shift, of which the first C values are used
	C           int    // channels, those of the input
	Eps         float32
	Act         Act
	Stats       *Stats // of exactly C channels; may be nil for NormBatch
	Mode        NormMode
	Momentum    float32 // share of the batch in running statistics; 0 means 0.1

	// Deferred lets ConvNorm and AddConvNorm, while training, leave the output to the next
	// operation, which may compute it where it reads it: Data is nil until then.
	Deferred bool
}

func (s *NormSpec) check(x *Tensor) {
	if s.C != x.C || s.Gamma == nil || s.Beta == nil || len(s.Gamma.Data) < s.C || len(s.Beta.Data) < s.C {
		panic("ops: BatchNorm: channels differ from the input's or exceed the parameters'")
	}
	if s.Stats == nil && s.Mode != NormBatch || s.Stats != nil && len(s.Stats.Mean) != s.C {
		panic("ops: BatchNorm: statistics are missing or have another number of channels")
	}
}

// normNode is a batch norm. Per-channel vectors are periodic (kernel.Vec).
type normNode struct {
	x, y        *Tensor
	gamma, beta *Param
	act         Act
	frozen      bool // statistics do not depend on x
	inv         []float32
	mean        []float32
	scale       []float32 // gamma/sqrt(var+eps)
	shift       []float32 // beta - mean*scale
	b, c        []float32 // of the gradient, see back
	cut         chunks
	period      int
	sums        chunkSums
	out         []float32 // the output's data, while that is deferred
	conv        *convNode // that made x and whose output only this norm reads; nil for others
	early       bool      // the gradient's sums have been begun by the pass that wrote dy
	path        inPlace
	v           *kernel.Vec
}

const defaultMomentum = 0.1

// BatchNorm returns act(gamma*(x-mean)/sqrt(var+eps) + beta) per channel. Its
// gradient recomputes the normalised values instead of storing them. It panics
// if channel counts differ or statistics are missing.
func BatchNorm(e *Exec, x *Tensor, s NormSpec) *Tensor {
	e.materialize()
	s.check(x)
	n := newNorm(e, x, &s)
	if !n.frozen {
		n.beginMoments(e)
	}
	return n.finish(e, &s)
}

func newNorm(e *Exec, x *Tensor, s *NormSpec) *normNode {
	n := next(e, &e.nodes.norm)
	period := kernel.Period(s.C)
	sums := chunkSums{chunks: reductionChunksOf(x), period: period, done: n.sums.done}
	*n = normNode{x: x, gamma: s.Gamma, beta: s.Beta, act: s.Act, frozen: s.Mode == NormRunning, period: period, cut: cut(x.Len(), period), sums: sums, v: e.vec}
	return n
}

// finish computes the output, in a tensor of its own if none is set, from the input
// and from what there is of its sums.
func (n *normNode) finish(e *Exec, s *NormSpec) *Tensor {
	if n.y == nil {
		n.y = e.New(n.x.N, n.x.H, n.x.W, n.x.C)
	}
	if n.frozen {
		n.useStats(e, s)
	} else {
		n.useBatch(e, s)
	}
	if s.Deferred && e.train && n.conv != nil {
		n.out, n.y.Data, e.deferred = n.y.Data, nil, n
	} else {
		e.run(n.cut.count(), (*normForward)(n))
	}
	e.record(n)
	return n.y
}

// useStats normalises with the statistics given.
func (n *normNode) useStats(e *Exec, s *NormSpec) {
	ch := e.channels(s.C)
	for i := range ch.mean {
		ch.mean[i], ch.vars[i] = float64(s.Stats.Mean[i]), float64(s.Stats.Var[i])
	}
	n.setAffine(e, ch, s.Eps)
}

// useBatch normalises with the batch's statistics, and lets those given learn from
// them.
func (n *normNode) useBatch(e *Exec, s *NormSpec) {
	ch := e.channels(s.C)
	n.moments(e, ch)
	switch {
	case s.Mode == NormCalibrate:
		s.Stats.observe(ch.mean, ch.vars, n.x.N)
	case s.Stats != nil:
		momentum := float64(s.Momentum)
		if momentum == 0 {
			momentum = defaultMomentum
		}
		s.Stats.blend(ch.mean, ch.vars, n.x.Rows(), momentum)
	}
	n.setAffine(e, ch, s.Eps)
}

// setAffine turns statistics into what the passes over pixels need.
func (n *normNode) setAffine(e *Exec, ch *channels, eps float32) {
	c := n.x.C
	n.inv = e.mem.floats(c)
	n.mean, n.scale, n.shift = e.mem.floats(n.period), e.mem.floats(n.period), e.mem.floats(n.period)
	for i := range c {
		inv := 1 / math.Sqrt(ch.vars[i]+float64(eps))
		scale := float64(n.gamma.Data[i]) * inv
		n.inv[i], n.mean[i] = float32(inv), float32(ch.mean[i])
		n.scale[i], n.shift[i] = float32(scale), float32(float64(n.beta.Data[i])-ch.mean[i]*scale)
	}
	for _, v := range [...][]float32{n.mean, n.scale, n.shift} {
		kernel.Repeat(v[c:], v[:c])
	}
}

type normForward normNode

// Do normalises and activates one chunk.
func (n *normForward) Do(i, worker int) {
	lo, hi := n.cut.bounds(i)
	n.ApplyPrologue(lo, hi, worker)
}

// ApplyPrologue implements kernel.Prologue.
func (n *normForward) ApplyPrologue(lo, hi, _ int) {
	n.v.Norm(n.act, n.x.Data[lo:hi], n.scale, n.shift, n.y.Data[lo:hi])
}
