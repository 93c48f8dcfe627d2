package ops

import "github.com/espalier-nas/espalier/ops/internal/kernel"

// residual adds to the output of a convolution, row by row.
type residual struct {
	y      *Tensor
	others []*Tensor
	act    Act
	rows   chunkSums
	v      *kernel.Vec
}

// Residual returns act of the sum of the convolution of x and others, all of one shape,
// with the bits of Add. Outside training each row of the sum is computed when the
// convolution has put it out, while it is in the cache. It panics if s has an activation,
// if there are no others, if the window does not fit or if shapes differ.
func Residual(e *Exec, act Act, x *Tensor, s ConvSpec, others []*Tensor) *Tensor {
	d := s.dims(x)
	if s.Act != NoAct || len(others) == 0 {
		panic("ops: Residual: an activation before the sum, or nothing to add")
	}
	for _, o := range others {
		if o.N != d.N || o.H != d.OutH() || o.W != d.OutW() || o.C != d.OutC {
			panic("ops: Residual: shapes differ")
		}
	}
	n := &e.residual
	if e.train {
		n.others = append(append(n.others[:0], Conv(e, x, s)), others...)
		return Add(e, act, n.others)
	}
	y := e.New(d.N, d.OutH(), d.OutW(), d.OutC)
	*n = residual{y: y, others: append(n.others[:0], others...), act: act, rows: chunkSums{chunks: rowChunks(y), done: n.rows.done}, v: e.vec}
	n.rows.begin(e, 0)
	convTo(e, x, y, s.W, s.Bias, d, NoAct, kernel.Fusion{After: n, Grain: n.rows.grain()})
	n.rows.run(e, n)
	return y
}

// Do adds to one row, if that has not been done.
func (n *residual) Do(i, _ int) {
	if !n.rows.take(i) {
		return
	}
	p := &n.rows.chunks
	y := p.of(n.y.Data, i)
	for _, o := range n.others {
		n.v.Add(y, p.of(o.Data, i), y)
	}
	if n.act != NoAct {
		n.v.Activate(n.act, y, y)
	}
}

// ApplyEpilogue implements kernel.ChunkEpilogue.
func (n *residual) ApplyEpilogue(lo, hi, worker int) { n.rows.runWithin(n, lo, hi, worker) }
