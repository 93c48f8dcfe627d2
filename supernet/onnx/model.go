package onnx

import (
	"fmt"
	"unicode/utf8"
)

// model is the part of ONNX's ModelProto that networks need.
type model struct {
	ir, opset int64
	graph     graph
	props     []prop // metadata
}

// prop is one entry of the metadata.
type prop struct{ key, value string }

// graph lists nodes in execution order, and the tensors that they read.
type graph struct {
	name    string
	nodes   []node
	tensors []tensor
	in, out []value
}

// node is one operation with one output. An input is the name of a tensor, of a
// value of the graph, or of the output of an earlier node.
type node struct {
	name, op string
	in       []string
	out      string
	attrs    []attr
}

// attrType is the type of an attribute as ONNX numbers it.
type attrType int64

// The types of attributes that occur.
const (
	floatAttr attrType = 1
	intAttr   attrType = 2
	intsAttr  attrType = 7
)

// attr is an attribute: f if it is a float, else ints, of which an integer has
// one.
type attr struct {
	name string
	kind attrType
	f    float32
	ints []int64
}

// String returns "name=value", for errors.
func (a attr) String() string {
	if a.kind == floatAttr {
		return fmt.Sprintf("%s=%v", a.name, a.f)
	}
	return fmt.Sprintf("%s=%d", a.name, a.ints)
}

func integer(name string, v int) attr {
	return attr{name: name, kind: intAttr, ints: []int64{int64(v)}}
}

func real32(name string, v float32) attr { return attr{name: name, kind: floatAttr, f: v} }

func integers(name string, v ...int) attr {
	a := attr{name: name, kind: intsAttr}
	for _, i := range v {
		a.ints = append(a.ints, int64(i))
	}
	return a
}

// attr returns the attribute called name, or nil.
func (n *node) attr(name string) *attr {
	for i := range n.attrs {
		if n.attrs[i].name == name {
			return &n.attrs[i]
		}
	}
	return nil
}

// elemType is the type of a tensor's values as ONNX numbers it.
type elemType int64

// The types of values that occur.
const (
	float32Elem elemType = 1
	int64Elem   elemType = 7
)

func (e elemType) bytes() int {
	if e == int64Elem {
		return 8
	}
	return 4
}

// tensor is a named constant in row-major order; either floats or ints is set.
type tensor struct {
	name   string
	elem   elemType
	dims   []int64
	floats []float32
	ints   []int64
}

// value describes the graph's input or output, of type float32.
type value struct {
	name string
	dims []dim
}

// dim is a size: a fixed one, or one that is only named.
type dim struct {
	name string
	size int64
}

// String returns the name or the number, for errors.
func (d dim) String() string {
	if d.name != "" {
		return d.name
	}
	return fmt.Sprint(d.size)
}

// check returns an error unless the model keeps to the limits and to ONNX's
// rule that every value has a name of its own.
func (m *model) check() error {
	g := &m.graph
	if len(g.nodes) > maxNodes {
		return fmt.Errorf("%d nodes; want at most %d", len(g.nodes), maxNodes)
	}
	taken := map[string]bool{}
	claim := func(name string) error {
		if err := checkName(name); err != nil {
			return err
		}
		if taken[name] {
			return fmt.Errorf("the name %q is given twice", name)
		}
		taken[name] = true
		return nil
	}
	for _, v := range g.in {
		if err := claim(v.name); err != nil {
			return err
		}
	}
	for i := range g.tensors {
		if err := claim(g.tensors[i].name); err != nil {
			return err
		}
	}
	for i := range g.nodes {
		if n := len(g.nodes[i].in); n > maxInputs {
			return fmt.Errorf("node %s has %d inputs; want at most %d", g.nodes[i].name, n, maxInputs)
		}
		if err := claim(g.nodes[i].out); err != nil {
			return err
		}
	}
	for _, p := range m.props {
		if !utf8.ValidString(p.value) {
			return fmt.Errorf("metadata %q is not valid UTF-8", p.key)
		}
	}
	return nil
}

func checkName(s string) error {
	if s == "" || len(s) > maxName || !utf8.ValidString(s) {
		return fmt.Errorf("the name %.40q has %d bytes; want 1 to %d, in UTF-8", s, len(s), maxName)
	}
	return nil
}
