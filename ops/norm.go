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
	partial     []float32 // first and second sums of each piece
	path        inPlace
	v           *kernel.Vec
}

const defaultMomentum = 0.1

// BatchNorm returns act(gamma*(x-mean)/sqrt(var+eps) + beta) per channel. Its
// gradient recomputes the normalised values instead of storing them. It panics
// if channel counts differ or statistics are missing.
func BatchNorm(e *Exec, x *Tensor, s NormSpec) *Tensor {
	s.check(x)
	y := e.New(x.N, x.H, x.W, x.C)
	n := next(e, &e.nodes.norm)
	period := kernel.Period(s.C)
	*n = normNode{x: x, y: y, gamma: s.Gamma, beta: s.Beta, act: s.Act, frozen: s.Mode == NormRunning, period: period, cut: cut(x.Len(), period), v: e.vec}
	n.moments(e, &s)
	n.setAffine(e, &e.ch, s.Eps)
	e.run(n.cut.count(), (*normForward)(n))
	e.record(n)
	return y
}

// moments sets the channel sums' mean and vars to what x is normalised with, and
// lets the statistics learn from the batch's.
func (n *normNode) moments(e *Exec, s *NormSpec) {
	ch := e.channels(s.C)
	if n.frozen {
		for i := range ch.mean {
			ch.mean[i], ch.vars[i] = float64(s.Stats.Mean[i]), float64(s.Stats.Var[i])
		}
		return
	}
	n.batchMoments(e, ch)
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
}

// batchMoments computes the mean and the biased variance over all pixels, about
// the first pixel's values so that large means cost no digits.
func (n *normNode) batchMoments(e *Exec, ch *channels) {
	n.mean = e.periodic(n.x.Data[:n.x.C])
	n.reduce(e, ch, (*normMoments)(n))
	count := float64(n.x.Rows())
	for i := range ch.mean {
		d := ch.first[i] / count
		ch.mean[i] = float64(n.mean[i]) + d
		ch.vars[i] = max(0, ch.second[i]/count-d*d)
	}
}

// reduce runs t, which leaves two sums per piece in partial, and adds those up.
func (n *normNode) reduce(e *Exec, ch *channels, t kernel.Task) {
	half := n.cut.count() * n.period
	n.partial = e.mem.floats(2 * half)
	e.run(n.cut.count(), t)
	fold(ch.first, n.partial[:half])
	fold(ch.second, n.partial[half:])
}

// sums returns the places of piece i's two sums, cleared.
func (n *normNode) sums(i int) (first, second []float32) {
	half := len(n.partial) / 2
	first, second = n.partial[i*n.period:][:n.period], n.partial[half+i*n.period:][:n.period]
	clear(first)
	clear(second)
	return first, second
}

type normMoments normNode

// Do sums the moments of one piece.
func (n *normMoments) Do(i, _ int) {
	first, second := (*normNode)(n).sums(i)
	lo, hi := n.cut.bounds(i)
	n.v.Moments(n.x.Data[lo:hi], n.mean, first, second)
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

// Do normalises and activates one piece.
func (n *normForward) Do(i, _ int) {
	lo, hi := n.cut.bounds(i)
	n.v.Norm(n.act, n.x.Data[lo:hi], n.scale, n.shift, n.y.Data[lo:hi])
}
