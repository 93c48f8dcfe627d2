package onnx

import (
	"encoding/json"
	"fmt"

	"github.com/espalier-nas/espalier/supernet"
	"github.com/espalier-nas/espalier/supernet/space"
)

// build returns the model of a network. Every step is a few nodes in a row: the
// layer, its batch norm, its activation. Values have four dimensions between
// steps; only a Linear step at the end leaves the two of its Gemm.
func build(p *parts) (*model, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	m := &model{ir: irVersion, opset: Opset}
	var err error
	if m.props, err = props(p); err != nil {
		return nil, err
	}
	b := builder{graph: &m.graph, image: inputName, taken: map[string]bool{}}
	first, last := p.plan[0].Layer, p.plan[len(p.plan)-1].Layer
	b.graph.name = graphName
	b.graph.in = []value{{inputName, []dim{{name: batchName}, {size: int64(first.InC)}, {size: int64(first.H)}, {size: int64(first.W)}}}}
	b.graph.out = []value{{outputName, []dim{{name: batchName}, {size: int64(last.OutC)}}}}
	if p.labelled() {
		b.normalize(&p.label)
	}
	for i := range p.plan {
		b.step(i, &p.plan[i], &p.values[i], i == len(p.plan)-1)
	}
	b.graph.nodes[len(b.graph.nodes)-1].out = outputName
	return m, m.check()
}

// props returns the metadata: what of the label is there.
func props(p *parts) ([]prop, error) {
	var list []prop
	for _, text := range []prop{{"arch", p.label.Arch}, {"space_id", p.label.SpaceID}} {
		if text.value != "" {
			list = append(list, text)
		}
	}
	if !p.labelled() {
		return list, nil
	}
	for _, v := range []struct {
		key  string
		list any
	}{{classesKey, p.label.Classes}, {"mean", p.label.Mean}, {"std", p.label.Std}} {
		text, err := json.Marshal(v.list)
		if err != nil {
			return nil, fmt.Errorf("label: %s: %w", v.key, err)
		}
		list = append(list, prop{v.key, string(text)})
	}
	if v := p.label.View; v != nil {
		text, err := json.Marshal(v)
		if err != nil {
			return nil, fmt.Errorf("label: view: %w", err)
		}
		list = append(list, prop{viewKey, string(text)})
	}
	return list, nil
}

// viewKey is the metadata entry that tells how pictures become pixels, a JSON object.
const viewKey = "view"

// classesKey is the metadata entry that names the classes, a JSON array.
const classesKey = "classes"

// builder appends to a graph.
type builder struct {
	graph *graph
	image string          // what steps read as the picture
	outs  []string        // what each step has put out
	taken map[string]bool // names of the tensors so far
}

// node appends a node and returns its output's name, which is the node's too.
func (b *builder) node(name, op string, in []string, attrs ...attr) string {
	b.graph.nodes = append(b.graph.nodes, node{name: name, op: op, in: in, out: name, attrs: attrs})
	return name
}

// tensor appends a tensor of a step and returns its name.
func (b *builder) tensor(name string, v []float32, dims ...int) string {
	t := tensor{name: name, elem: float32Elem, floats: v}
	for _, d := range dims {
		t.dims = append(t.dims, int64(d))
	}
	b.graph.tensors = append(b.graph.tensors, t)
	return name
}

// scalar returns the name of a constant that steps share.
func (b *builder) scalar(name string, v float32) string {
	if !b.taken[name] {
		b.taken[name] = true
		b.tensor(name, []float32{v})
	}
	return name
}

// own returns name, or a name made of it for step i if an earlier step has
// taken it.
func (b *builder) own(name string, i int) string {
	if b.taken[name] {
		name = fmt.Sprintf("%s@%d", name, i)
	}
	b.taken[name] = true
	return name
}

// normalize appends (pixel - mean) / std per channel.
func (b *builder) normalize(l *supernet.Label) {
	mean := b.tensor(meanName, l.Mean, 1, len(l.Mean), 1, 1)
	std := b.tensor(stdName, l.Std, 1, len(l.Std), 1, 1)
	centered := b.node(centerName, "Sub", []string{inputName, mean})
	b.image = b.node(normalName, "Div", []string{centered, std})
}

// step appends step i of a plan with its numbers.
func (b *builder) step(i int, s *space.Step, v *supernet.Values, last bool) {
	var in []string
	for _, j := range s.In {
		if j == space.Image {
			in = append(in, b.image)
		} else {
			in = append(in, b.outs[j])
		}
	}
	name := fmt.Sprintf("step%d", i)
	y := forms[s.Layer.Op].write(b, writing{name, i, s, v, in, last})
	if s.Norm != "" {
		y = b.norm(name, b.own(s.Norm, i), y, v)
	}
	y = b.activation(name, s.Layer.Act, y)
	if last && s.Layer.Op != space.Linear {
		y = b.node(name+"/flatten", "Flatten", []string{y}, integer("axis", 1))
	}
	b.outs = append(b.outs, y)
}

// conv appends a convolution.
func (b *builder) conv(s writing) string {
	l, w := s.step.Layer, b.own(s.step.Weight, s.i)
	in := append(s.in, b.tensor(w, s.v.Weight, l.OutC, l.InC/l.G, l.K.H, l.K.W))
	if s.v.Bias != nil {
		in = append(in, b.tensor(w+biasSuffix, s.v.Bias, l.OutC))
	}
	attrs := []attr{integer("group", l.G), kernel(l), pads(l), strides(l)}
	if l.Dil > 1 {
		attrs = append(attrs, integers("dilations", l.Dil, l.Dil))
	}
	return b.node(s.name+"/conv", "Conv", in, attrs...)
}

// sum appends the sum of a step's inputs.
func (b *builder) sum(s writing) string {
	op := "Sum"
	if len(s.in) == 2 {
		op = "Add"
	}
	return b.node(s.name+"/sum", op, s.in)
}

// resize appends the two products by which the picture gets another size, rows first.
func (b *builder) resize(s writing) string {
	l := s.step.Layer
	rows := b.tensor(s.name+"/rows", resizing(l.H, l.ToH), l.ToH, l.H)
	cols := b.tensor(s.name+"/columns", transposed(resizing(l.W, l.ToW), l.ToW, l.W), l.W, l.ToW)
	y := b.node(s.name+"/resize_rows", "MatMul", []string{rows, s.in[0]})
	return b.node(s.name+"/resize", "MatMul", []string{y, cols})
}

// linear appends a Gemm between maps of 1 x 1 pixel; the last one's output stays
// as it is.
func (b *builder) linear(s writing) string {
	l, weight := s.step.Layer, b.own(s.step.Weight, s.i)
	flat := b.node(s.name+"/flatten", "Flatten", s.in, integer("axis", 1))
	w := b.tensor(weight, s.v.Weight, l.OutC, l.InC)
	bias := b.tensor(weight+biasSuffix, s.v.Bias, l.OutC)
	y := b.node(s.name+"/gemm", "Gemm", []string{flat, w, bias}, integer("transB", 1))
	if s.last {
		return y
	}
	if !b.taken[pixelAxes] {
		b.taken[pixelAxes] = true
		b.graph.tensors = append(b.graph.tensors, tensor{name: pixelAxes, elem: int64Elem, dims: []int64{2}, ints: []int64{2, 3}})
	}
	return b.node(s.name+"/map", "Unsqueeze", []string{y, pixelAxes})
}

// norm appends a batch norm with running statistics.
func (b *builder) norm(name, norm, x string, v *supernet.Values) string {
	in, c := []string{x}, len(v.Scale)
	for _, part := range normParts(v) {
		in = append(in, b.tensor(norm+part.suffix, *part.values, c))
	}
	return b.node(name+"/norm", "BatchNormalization", in, real32("epsilon", supernet.NormEps))
}

// pixelAxes is the constant that turns N x C into N x C x 1 x 1.
const pixelAxes = "const/pixel_axes"

// What follows the name of a weight or norm in the names of its tensors, as in
// network files.
const (
	biasSuffix  = ".bias"
	scaleSuffix = ".scale"
)

// normPart is one tensor of a batch norm.
type normPart struct {
	suffix string
	values *[]float32
}

// normParts lists the tensors of v's batch norm in the order of its node's
// inputs.
func normParts(v *supernet.Values) []normPart {
	return []normPart{{scaleSuffix, &v.Scale}, {".shift", &v.Shift}, {".mean", &v.Mean}, {".var", &v.Var}}
}

func kernel(l space.Layer) attr { return integers("kernel_shape", l.K.H, l.K.W) }

func strides(l space.Layer) attr { return integers("strides", l.S, l.S) }

// pads lists the padding above, left of, below and right of the map.
func pads(l space.Layer) attr {
	p := l.Pad()
	return integers("pads", p.H, p.W, p.H, p.W)
}
