package supernet

import (
	"errors"

	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/supernet/space"
)

// withAuxiliary returns the net that trains n with an auxiliary head: the weights of n
// themselves and, behind them, those of the head, freshly initialised. output is the step of
// its plan that puts out the logits of n; the last step puts out those of the head. n must
// have one architecture, whose plan says where the head reads.
func (n *Net) withAuxiliary(seed uint64) (whole *Net, output int, err error) {
	own, ok := n.family.(*space.Fixed)
	if !ok {
		return nil, 0, errors.New("want 0 for weights that architectures share")
	}
	plan := own.Plan(own.Arch())
	both, err := plan.WithAuxiliary()
	if err != nil {
		return nil, 0, err
	}
	f, err := space.NewFixed(both)
	if err != nil {
		return nil, 0, err
	}
	whole = &Net{family: f, byName: make(map[string]*ops.Param)}
	for _, p := range n.params {
		whole.add(p)
	}
	for _, w := range f.Weights()[len(own.Weights()):] {
		whole.declare(w, seed)
	}
	return whole, len(plan) - 1, nil
}

// beginning returns the net of n's family that has as many of the first parameters of other
// as n has: a network without its auxiliary head.
func (n *Net) beginning(other *Net) *Net {
	own := &Net{family: n.family, byName: make(map[string]*ops.Param)}
	for _, p := range other.params[:len(n.params)] {
		own.add(p)
	}
	return own
}

// scaleGrad multiplies what a loss has put down at the logits.
func scaleGrad(logits *ops.Tensor, factor float64) {
	for i := range logits.Grad {
		logits.Grad[i] *= float32(factor)
	}
}
