package ops

import "github.com/espalier-nas/espalier/ops/internal/kernel"

// inPlace is how an element-wise operation's gradient goes back: dy is turned
// into dx where it lies. If the input's gradient is not written yet, the
// input inherits that buffer; else it is added to the input's.
type inPlace struct {
	dy []float32
	to []float32 // nil when the input inherited dy
}

// set prepares the way from y to x, which must be tracked.
func (p *inPlace) set(x, y *Tensor) {
	p.dy, p.to = y.Grad, nil
	if !x.inherit(y) {
		p.to = x.Grad
	}
}

// finish adds floats lo to hi of what dy has become, where that is needed.
func (p *inPlace) finish(v *kernel.Vec, lo, hi int) {
	if p.to != nil {
		v.Add(p.to[lo:hi], p.dy[lo:hi], p.to[lo:hi])
	}
}
