package ops

import (
	"fmt"

	"github.com/espalier-nas/espalier/ops/internal/kernel"
)

// Act is an activation function.
type Act = kernel.Act

// The activations. NoAct is the identity. GELU is the exact one, with erf.
const (
	NoAct       = kernel.NoAct
	ReLU        = kernel.ReLU
	ReLU6       = kernel.ReLU6
	HardSwish   = kernel.HardSwish
	HardSigmoid = kernel.HardSigmoid
	Sigmoid     = kernel.Sigmoid
	Tanh        = kernel.Tanh
	SiLU        = kernel.SiLU
	GELU        = kernel.GELU
)

var actNames = [...]string{"none", "relu", "relu6", "hardswish", "hardsigmoid", "sigmoid", "tanh", "silu", "gelu"}

// ActName returns the activation's name in files and reports.
func ActName(a Act) string {
	if int(a) < len(actNames) {
		return actNames[a]
	}
	return fmt.Sprintf("act(%d)", uint8(a))
}

// ParseAct returns the activation called name, as ActName has it; an unknown name is an error.
func ParseAct(name string) (Act, error) {
	for i, n := range actNames {
		if n == name {
			return Act(i), nil
		}
	}
	return NoAct, fmt.Errorf("ops: activation %q is unknown; want one of %v", name, actNames)
}

type actNode struct {
	x, y *Tensor
	act  Act
	cut  chunks
	v    *kernel.Vec
	path inPlace
}

// Activate returns act(x), element by element; x itself for NoAct.
func Activate(e *Exec, x *Tensor, act Act) *Tensor {
	if act == NoAct {
		return x
	}
	y := e.New(x.N, x.H, x.W, x.C)
	n := next(e, &e.nodes.act)
	*n = actNode{x: x, y: y, act: act, cut: cut(x.Len(), 1), v: e.vec}
	e.run(n.cut.count(), (*actForward)(n))
	e.record(n)
	return y
}

type actForward actNode

// Do activates one chunk.
func (n *actForward) Do(i, _ int) {
	lo, hi := n.cut.bounds(i)
	n.v.Activate(n.act, n.x.Data[lo:hi], n.y.Data[lo:hi])
}

func (n *actNode) back(e *Exec) {
	if n.y.Grad == nil || !n.x.tracked() {
		return
	}
	n.path.set(n.x, n.y)
	e.run(n.cut.count(), (*actBackward)(n))
	n.y.drop()
}

type actBackward actNode

// Do takes one chunk of the gradient back.
func (n *actBackward) Do(i, _ int) {
	lo, hi := n.cut.bounds(i)
	dy := n.path.dy[lo:hi]
	n.v.ActivateBack(n.act, n.x.Data[lo:hi], dy, dy)
	n.path.finish(n.v, lo, hi)
}
