package onnx

import (
	"github.com/espalier-nas/espalier/supernet"
	"github.com/espalier-nas/espalier/supernet/space"
)

// form is how an op stands in a model.
type form struct {
	first  []string                                                          // operators that its first node may have
	begins func(n *node) bool                                                // whether such a node is this op's; nil: it is
	inputs func(n *node) []string                                            // those inputs of its first node that are steps; nil: the first
	write  func(b *builder, s writing) string                                // appends its nodes, without norm and activation, and returns the last one's output
	read   func(l *lifter, s *space.Step, v *supernet.Values, n *node) error // reads what is not told by the inputs; nil: nothing
}

// writing is a step to be written.
type writing struct {
	name string
	i    int // its number
	step *space.Step
	v    *supernet.Values
	in   []string
	last bool // of the plan
}

// forms lists the ops' forms.
var forms = [...]form{
	space.Conv:    {first: []string{"Conv"}, write: (*builder).conv, read: (*lifter).conv},
	space.MaxPool: {first: []string{"MaxPool"}, write: windowed("/maxpool", "MaxPool"), read: readPool},
	space.AvgPool: {first: []string{"AveragePool"}, write: windowed("/avgpool", "AveragePool", integer("count_include_pad", 0)), read: readPool},
	space.Add:     {first: []string{"Add", "Sum"}, inputs: allInputs, write: (*builder).sum, read: readFanIn},
	space.GlobalPool: {
		first: []string{"GlobalAveragePool"},
		write: func(b *builder, s writing) string { return b.node(s.name+"/mean", "GlobalAveragePool", s.in) },
	},
	space.Linear: {first: []string{"Flatten"}, write: (*builder).linear, read: (*lifter).linear},
	space.Scale: {
		first: []string{"Mul"}, begins: func(n *node) bool { return !multipliesByZero(n) }, inputs: allInputs,
		write: func(b *builder, s writing) string { return b.node(s.name+"/scale", "Mul", s.in) },
		read:  readFanIn,
	},
	space.Identity: {
		first: []string{"Identity"},
		write: func(b *builder, s writing) string { return b.node(s.name+"/identity", "Identity", s.in) },
	},
	space.Zero: {
		first: []string{"Mul"}, begins: multipliesByZero,
		write: func(b *builder, s writing) string {
			return b.node(s.name+"/zero", "Mul", append(s.in, b.scalar(zeroName, 0)))
		},
	},
	space.Resize: {
		first: []string{"MatMul"}, inputs: func(n *node) []string { return n.in[min(1, len(n.in)):] },
		write: (*builder).resize, read: (*lifter).resize,
	},
}

// opOf returns the op that a node begins, 0 if it begins none.
func opOf(n *node) space.Op {
	for _, o := range space.Ops() {
		f := &forms[o]
		for _, name := range f.first {
			if n.op == name && (f.begins == nil || f.begins(n)) {
				return o
			}
		}
	}
	return 0
}

func allInputs(n *node) []string { return n.in }

func multipliesByZero(n *node) bool { return len(n.in) == 2 && n.in[1] == zeroName }

func readPool(_ *lifter, s *space.Step, _ *supernet.Values, n *node) error {
	return window(&s.Layer, n, maxPool)
}

func readFanIn(_ *lifter, s *space.Step, _ *supernet.Values, _ *node) error {
	s.Layer.FanIn = len(s.In)
	return nil
}

// windowed returns what writes a pooling.
func windowed(name, op string, attrs ...attr) func(b *builder, s writing) string {
	return func(b *builder, s writing) string {
		l := s.step.Layer
		return b.node(s.name+name, op, s.in, append(attrs[:len(attrs):len(attrs)], kernel(l), pads(l), strides(l))...)
	}
}
