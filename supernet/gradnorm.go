package supernet

import (
	"math"

	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/supernet/data"
	"github.com/espalier-nas/espalier/supernet/space"
)

// GradNorm returns the Euclidean norm of the gradient of architecture a's mean cross entropy on one batch,
// over all weights that a uses, normalised with the batch's own statistics: with weights
// that were never trained the zero-cost score grad_norm (Abdelfattah et al. 2021). It
// changes no weight and leaves no gradient; nothing may train the net meanwhile.
func (n *Net) GradNorm(e *ops.Exec, p *Pass, a space.Arch, b *data.Batch) float64 {
	e.Begin(true)
	logits := n.Subnet(a).Forward(e, p, e.Input(b.N, b.H, b.W, b.C, b.X), nil)
	ops.CrossEntropy(e, logits, b.Labels, 0)
	e.Backward()
	norm := ops.ClipGrad(n.params, math.Inf(1))
	for _, w := range n.params {
		w.ZeroGrad()
	}
	return norm
}
