package nets

import (
	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/supernet/data"
)

// The numbers of a training step.
const (
	Rate     = 0.01 // learning rate, constant
	Momentum = 0.9  // of plain SGD without weight decay
)

// Training does what a supernet.Trainer does in a step, on a batch that is
// there already and views that are made already: the part that frameworks can
// be compared by.
type Training struct {
	exec    *ops.Exec
	opt     *ops.SGD
	teacher []float32
}

// NewTraining returns the training of params on e, with zero momentum.
func NewTraining(e *ops.Exec, params []*ops.Param) *Training {
	return &Training{exec: e, opt: ops.NewSGD(params, ops.SGDConfig{Momentum: Momentum})}
}

// Step trains the first view on the labels of b and the others on the first
// one's softmax, each forward and backward, and then updates the weights once.
// It returns the first view's loss. Once it has met its views it allocates
// nothing.
func (t *Training) Step(b *data.Batch, views []*View) float64 {
	var first float64
	for i, v := range views {
		t.exec.Begin(true)
		logits := v.Forward(t.exec, t.exec.Input(b.N, b.H, b.W, b.C, b.X))
		if i == 0 {
			first = ops.CrossEntropy(t.exec, logits, b.Labels, 0)
			t.teacher = append(t.teacher[:0], logits.Data...)
		} else {
			ops.SoftCrossEntropy(t.exec, logits, t.teacher)
		}
		t.exec.Backward()
	}
	t.opt.Step(Rate)
	return first
}
