package onnx

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/espalier-nas/espalier/supernet"
	"github.com/espalier-nas/espalier/supernet/data"
	"github.com/espalier-nas/espalier/supernet/space"
)

// Bounds on sizes that are read from a model; space.Plan.Validate has its own.
const (
	maxSize   = 1 << 16 // pixels or channels
	maxKernel = 255     // taps and strides of a convolution
	maxPool   = 16      // and of a pooling
)

// lift returns the network that a model computes. It reads only as much as it
// needs to tell layers, names and shapes; whether the rest is as build writes it
// is for the caller to compare. The numbers are the model's own, not copies.
func lift(m *model) (*parts, error) {
	l := lifter{nodes: m.graph.nodes, tensors: map[string]*tensor{}, steps: map[string]int{}, parts: &parts{}}
	for i := range m.graph.tensors {
		l.tensors[m.graph.tensors[i].name] = &m.graph.tensors[i]
	}
	if err := l.picture(&m.graph); err != nil {
		return nil, err
	}
	for l.at < len(l.nodes) && !l.flattensEnd() {
		n := &l.nodes[l.at]
		if err := l.step(); err != nil {
			return nil, fmt.Errorf("node %s (%s): %w", n.name, n.op, err)
		}
	}
	for _, p := range m.props {
		if err := l.prop(p); err != nil {
			return nil, fmt.Errorf("metadata %q: %w", p.key, err)
		}
	}
	return l.parts, nil
}

// lifter walks the nodes of a graph.
type lifter struct {
	nodes   []node
	at      int // the next node
	tensors map[string]*tensor
	steps   map[string]int // by the name of their output
	h, w, c int            // of the picture
	parts   *parts
}

// picture reads the input's shape and the normalisation.
func (l *lifter) picture(g *graph) error {
	if len(g.in) != 1 || len(g.in[0].dims) != 4 {
		return fmt.Errorf("the graph's inputs are %v; want one with the four dimensions batch, channels, height, width", g.in)
	}
	d := g.in[0].dims
	for k, to := range []*int{&l.c, &l.h, &l.w} {
		size := d[k+1].size
		if size < 1 || size > maxSize {
			return fmt.Errorf("dimension %d of the input is %v; want 1 to %d", k+1, d[k+1], maxSize)
		}
		*to = int(size)
	}
	l.steps[g.in[0].name] = space.Image
	if len(l.nodes) < 2 || l.nodes[0].op != "Sub" {
		return nil
	}
	var err error
	if l.parts.label.Mean, err = l.floats(meanName); err != nil {
		return err
	}
	l.at = 2
	l.steps[l.nodes[1].out] = space.Image
	l.parts.label.Std, err = l.floats(stdName)
	return err
}

// flattensEnd reports whether what is left only turns maps of one pixel into
// logits.
func (l *lifter) flattensEnd() bool {
	return l.at == len(l.nodes)-1 && l.nodes[l.at].op == "Flatten"
}

// step lifts the nodes of one step.
func (l *lifter) step() error {
	s, v, err := l.layer()
	if err != nil {
		return err
	}
	if l.at < len(l.nodes) && l.nodes[l.at].op == "BatchNormalization" {
		if s.Norm, err = l.norm(v); err != nil {
			return err
		}
	}
	act, length := matchAct(l.nodes[l.at-1].out, l.nodes[l.at:])
	s.Layer.Act = act
	l.at += length
	l.steps[l.nodes[l.at-1].out] = len(l.parts.plan)
	l.parts.plan = append(l.parts.plan, *s)
	l.parts.values = append(l.parts.values, *v)
	return nil
}

// layer lifts the nodes of a layer, without norm and activation.
func (l *lifter) layer() (*space.Step, *supernet.Values, error) {
	s, v, n := &space.Step{}, &supernet.Values{}, &l.nodes[l.at]
	l.at++
	op := opOf(n)
	if op == 0 {
		return nil, nil, fmt.Errorf("no layer begins with this operation")
	}
	f := &forms[op]
	names := n.in[:min(1, len(n.in))]
	if f.inputs != nil {
		names = f.inputs(n)
	}
	if err := l.inputs(s, op, names); err != nil {
		return nil, nil, err
	}
	s.Layer.OutC = s.Layer.InC
	if f.read == nil {
		return s, v, nil
	}
	return s, v, f.read(l, s, v, n)
}

// inputs sets what a step reads and the size of the first of it.
func (l *lifter) inputs(s *space.Step, op space.Op, names []string) error {
	if len(names) == 0 {
		return fmt.Errorf("has no inputs that could be a layer's; want at least 1")
	}
	for _, name := range names {
		j, known := l.steps[name]
		if !known {
			return fmt.Errorf("reads %q; want the input or the output of an earlier layer", name)
		}
		s.In = append(s.In, j)
	}
	s.Layer = space.Layer{Op: op, H: l.h, W: l.w, InC: l.c}
	if j := s.In[0]; j != space.Image {
		from := l.parts.plan[j].Layer
		s.Layer.H, s.Layer.W, s.Layer.InC = from.OutH(), from.OutW(), from.OutC
	}
	return nil
}

// resize reads the two products by which the picture gets another size, rows first.
func (l *lifter) resize(s *space.Step, _ *supernet.Values, rows *node) error {
	if l.at == len(l.nodes) || l.nodes[l.at].op != "MatMul" || len(rows.in) != 2 || len(l.nodes[l.at].in) != 2 {
		return fmt.Errorf("is not followed by a second MatMul, for the columns")
	}
	if s.In[0] != space.Image {
		return fmt.Errorf("reads %q; want the picture", rows.in[1])
	}
	cols := &l.nodes[l.at]
	l.at++
	for _, side := range []struct {
		name string
		at   int
		to   *int
	}{{rows.in[0], 0, &s.Layer.ToH}, {cols.in[1], 1, &s.Layer.ToW}} {
		t := l.tensors[side.name]
		if t == nil || len(t.dims) != 2 || t.dims[side.at] < 1 || t.dims[side.at] > maxSize {
			return fmt.Errorf("the graph has no matrix %q of at most %d lines", side.name, maxSize)
		}
		*side.to = int(t.dims[side.at])
	}
	return nil
}

func (l *lifter) conv(s *space.Step, v *supernet.Values, n *node) error {
	if len(n.in) < 2 {
		return fmt.Errorf("has %d inputs; want a map and a weight", len(n.in))
	}
	s.Weight, s.Bias = n.in[1], len(n.in) > 2
	outC, err := l.weights(s, v, 4)
	if err != nil {
		return err
	}
	s.Layer.OutC = outC
	if s.Layer.G, err = number(n, "group", maxSize); err != nil {
		return err
	}
	return window(&s.Layer, n, maxKernel)
}

// linear reads the Gemm that follows a Flatten, and what makes its output a map
// again.
func (l *lifter) linear(s *space.Step, v *supernet.Values, _ *node) error {
	if l.at == len(l.nodes) || l.nodes[l.at].op != "Gemm" || len(l.nodes[l.at].in) != 3 {
		return fmt.Errorf("is not followed by a Gemm with three inputs")
	}
	s.Weight, s.Bias = l.nodes[l.at].in[1], true
	outC, err := l.weights(s, v, 2)
	if err != nil {
		return err
	}
	s.Layer.OutC = outC
	if l.at++; l.at < len(l.nodes) && l.nodes[l.at].op == "Unsqueeze" {
		l.at++
	}
	return nil
}

// weights reads the tensors of s.Weight, of the given rank, and returns the
// output channels.
func (l *lifter) weights(s *space.Step, v *supernet.Values, rank int) (outC int, err error) {
	if v.Weight, err = l.floats(s.Weight); err != nil {
		return 0, err
	}
	if s.Bias {
		if v.Bias, err = l.floats(s.Weight + biasSuffix); err != nil {
			return 0, err
		}
	}
	d := l.tensors[s.Weight].dims
	if len(d) != rank || d[0] > maxSize {
		return 0, fmt.Errorf("the weight %q has shape %d; want %d dimensions, the first at most %d", s.Weight, d, rank, maxSize)
	}
	return int(d[0]), nil
}

// norm reads a batch norm and returns its name.
func (l *lifter) norm(v *supernet.Values) (string, error) {
	n := &l.nodes[l.at]
	l.at++
	if len(n.in) < 2 {
		return "", fmt.Errorf("%s has %d inputs; want 5", n.name, len(n.in))
	}
	name, ok := strings.CutSuffix(n.in[1], scaleSuffix)
	if !ok || name == "" {
		return "", fmt.Errorf("%s reads the scale %q; want a name that ends in %s", n.name, n.in[1], scaleSuffix)
	}
	for _, part := range normParts(v) {
		var err error
		if *part.values, err = l.floats(name + part.suffix); err != nil {
			return "", err
		}
	}
	return name, nil
}

// floats returns the values of a tensor.
func (l *lifter) floats(name string) ([]float32, error) {
	t := l.tensors[name]
	if t == nil || t.elem != float32Elem {
		return nil, fmt.Errorf("the graph has no float32 tensor %q", name)
	}
	return t.floats, nil
}

// prop reads an entry of the metadata; mean and std stand in the graph.
func (l *lifter) prop(p prop) error {
	label := &l.parts.label
	switch p.key {
	case "arch":
		label.Arch = p.value
	case "space_id":
		label.SpaceID = p.value
	case classesKey:
		return json.Unmarshal([]byte(p.value), &label.Classes)
	case viewKey:
		label.View = new(data.View)
		if err := json.Unmarshal([]byte(p.value), label.View); err != nil {
			return err
		}
		return label.View.Validate()
	}
	return nil
}

// window reads kernel, stride and dilation of a convolution or pooling.
func window(l *space.Layer, n *node, most int) (err error) {
	if l.K.H, l.K.W, err = sides(n, "kernel_shape", most); err != nil {
		return err
	}
	if l.S, err = number(n, "strides", most); err != nil {
		return err
	}
	if n.attr("dilations") != nil {
		if l.Dil, err = number(n, "dilations", most); err != nil {
			return err
		}
	}
	if l.OutH() < 1 || l.OutW() < 1 {
		return fmt.Errorf("kernel_shape is %s; want it to fit into %dx%d pixels", l.K.Short(), l.H, l.W)
	}
	return nil
}

// sides returns both integers of an attribute, each from 1 to most.
func sides(n *node, name string, most int) (first, second int, err error) {
	if first, err = number(n, name, most); err != nil {
		return 0, 0, err
	}
	if a := n.attr(name); len(a.ints) != 2 || a.ints[1] < 1 || a.ints[1] > int64(most) {
		return 0, 0, fmt.Errorf("attribute %q is %v; want two numbers from 1 to %d", name, a, most)
	}
	return first, int(n.attr(name).ints[1]), nil
}

// number returns the first integer of an attribute, from 1 to most.
func number(n *node, name string, most int) (int, error) {
	a := n.attr(name)
	if a == nil || len(a.ints) == 0 || a.ints[0] < 1 || a.ints[0] > int64(most) {
		return 0, fmt.Errorf("attribute %q is %v; want 1 to %d", name, a, most)
	}
	return int(a.ints[0]), nil
}
