package onnx

import (
	"fmt"
	"math"

	"github.com/espalier-nas/espalier/supernet/space"
)

// actNode is one node of an activation. Its inputs are "x", what the activation
// is applied to, "y", the output of the node before, or a constant's name.
type actNode struct {
	op    string
	in    []string
	attrs []attr
}

// actNodes returns the nodes that make up an activation, and no two activations
// begin alike unless one is the beginning of the other. SiLU is x sigmoid(x),
// GELU the exact one: x (1 + erf(x/sqrt 2)) / 2.
func actNodes(a space.Act) []actNode {
	x := []string{"x"}
	switch a {
	case space.ReLU:
		return []actNode{{op: "Relu", in: x}}
	case space.ReLU6:
		return []actNode{{op: "Clip", in: []string{"x", "const/0", "const/6"}}}
	case space.HardSwish:
		return []actNode{{op: "HardSwish", in: x}}
	case space.HardSigmoid:
		return []actNode{{op: "HardSigmoid", in: x, attrs: []attr{real32("alpha", 1./6), real32("beta", 0.5)}}}
	case space.Sigmoid:
		return []actNode{{op: "Sigmoid", in: x}}
	case space.Tanh:
		return []actNode{{op: "Tanh", in: x}}
	case space.SiLU:
		return []actNode{{op: "Sigmoid", in: x}, {op: "Mul", in: []string{"x", "y"}}}
	case space.GELU:
		return []actNode{
			{op: "Div", in: []string{"x", "const/sqrt2"}},
			{op: "Erf", in: []string{"y"}},
			{op: "Add", in: []string{"y", "const/1"}},
			{op: "Mul", in: []string{"x", "y"}},
			{op: "Mul", in: []string{"y", "const/half"}},
		}
	}
	return nil
}

// constant returns the value of a constant of actNodes.
func constant(name string) float32 {
	switch name {
	case "const/0":
		return 0
	case "const/half":
		return 0.5
	case "const/1":
		return 1
	case "const/sqrt2":
		return math.Sqrt2
	case "const/6":
		return 6
	}
	panic("onnx: no such constant")
}

// activation appends act(x) and returns its name: x for NoAct. Nodes before the
// last are numbered.
func (b *builder) activation(step string, act space.Act, x string) string {
	y, nodes := x, actNodes(act)
	for k, n := range nodes {
		var in []string
		for _, name := range n.in {
			switch name {
			case "x":
				name = x
			case "y":
				name = y
			default:
				name = b.scalar(name, constant(name))
			}
			in = append(in, name)
		}
		name := step + "/" + act.String()
		if k < len(nodes)-1 {
			name = fmt.Sprintf("%s/%d", name, k)
		}
		y = b.node(name, n.op, in, n.attrs...)
	}
	return y
}

// matchAct returns the activation that nodes begin with, the longest that fits,
// applied to the value x, and how many nodes it has; NoAct if there is none.
func matchAct(x string, nodes []node) (act space.Act, length int) {
	for a := space.ReLU; a <= space.GELU; a++ {
		want := actNodes(a)
		if len(want) <= length || len(want) > len(nodes) {
			continue
		}
		same := true
		for k := range want {
			same = same && nodes[k].op == want[k].op && reads(&nodes[k], &want[k], x, nodes[:k])
		}
		if same {
			act, length = a, len(want)
		}
	}
	return act, length
}

// reads reports whether a node reads what a node of an activation of x would, after the
// nodes before it; constants are left to whoever compares whole models.
func reads(n *node, want *actNode, x string, before []node) bool {
	for i, name := range want.in {
		switch {
		case i >= len(n.in):
			return false
		case name == "x" && n.in[i] != x:
			return false
		case name == "y" && n.in[i] != before[len(before)-1].out:
			return false
		}
	}
	return true
}
