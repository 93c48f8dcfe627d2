package ops

import "github.com/espalier-nas/espalier/ops/internal/kernel"

// Passes runs the passes of one convolution by themselves, on the caller's
// slices and outside any record: what a benchmark of kernels times. Slices are
// channels last, x and dx N x H x W x InC, y and dy N x OutH x OutW x OutC.
type Passes struct {
	e *Exec
	w Window
	d kernel.Conv
}

// NewPasses returns the passes of s, without its bias and activation, over n
// maps of h x w pixels. It panics if the window does not fit.
func NewPasses(e *Exec, n, h, w int, s ConvSpec) *Passes {
	in := s.W.InC
	if s.W.P.Layout == DepthwiseLayout {
		in = s.W.OutC
	}
	return &Passes{e, s.W, s.dims(&Tensor{N: n, H: h, W: w, C: in})}
}

// In returns the length of x and dx, Out that of y and dy.
func (p *Passes) In() int { return p.d.N * p.d.H * p.d.W * p.d.InC }

// Out returns the length of y and dy.
func (p *Passes) Out() int { return p.d.N * p.d.OutH() * p.d.OutW() * p.d.OutC }

// Forward computes y; frozen weights are prepacked by the first call. It
// panics if a slice is too short.
func (p *Passes) Forward(x, y []float32) {
	p.e.eng.Forward(p.d, x, p.w.P.Data, y, kernel.Epilogue{Prepacked: p.w.P.prepacked}, kernel.Fusion{})
}

// BackwardData computes dx. It panics if a slice is too short.
func (p *Passes) BackwardData(dy, dx []float32) {
	p.e.eng.BackwardData(p.d, dy, p.w.P.Data, dx, false, kernel.Fusion{})
}

// BackwardWeights adds to the gradient of the window, without noting that it is
// in use. It panics if a slice is too short.
func (p *Passes) BackwardWeights(x, dy []float32) {
	p.e.eng.BackwardWeights(p.d, x, dy, p.w.P.Grad, kernel.Fusion{})
}

// Peak measures the multiply-adds that one core can do in registers with the
// chosen instruction set, in GFLOP/s: the best of a few runs of a fraction of a
// millisecond each. It returns 0 for the plain-Go kernels, which have no limit
// of their own.
func (e *Exec) Peak() float64 { return e.eng.Set.Peak() }
