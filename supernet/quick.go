package supernet

import (
	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/supernet/data"
	"github.com/espalier-nas/espalier/supernet/space"
)

// QuickScore returns how well architecture a does on one batch, normalised with
// the batch's own statistics: the reward of ENAS, noisy but free of
// calibration. It changes nothing.
func (n *Net) QuickScore(e *ops.Exec, p *Pass, a space.Arch, b *data.Batch) Score {
	e.Begin(false)
	logits := n.Subnet(a).forward(e, p, e.Input(b.N, b.H, b.W, b.C, b.X), nil, ops.NormBatch)
	return Score{
		Accuracy: float64(ops.Correct(logits, b.Labels)) / float64(b.N),
		Loss:     ops.CrossEntropy(e, logits, b.Labels, 0),
	}
}
