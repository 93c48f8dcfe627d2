package onnx

import (
	"bytes"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

// wantError fails unless err says want.
func wantError(t *testing.T, name string, err error, want string) {
	t.Helper()
	if err == nil {
		t.Errorf("%s: no error; want one with %q", name, want)
	} else if !strings.Contains(err.Error(), want) {
		t.Errorf("%s: %v; want an error with %q", name, err, want)
	}
}

// find returns the node called name.
func (g *graph) find(t *testing.T, name string) *node {
	t.Helper()
	for i := range g.nodes {
		if g.nodes[i].name == name {
			return &g.nodes[i]
		}
	}
	t.Fatalf("no node %s", name)
	return nil
}

// change is one change of the model of everyOp, and the error it must cause.
type change struct {
	name string
	make func(*model)
	want string
}

// TestChangedModelsAreRefused changes one thing of a model at a time; each is
// an error that says what and where.
func TestChangedModelsAreRefused(t *testing.T) {
	b := encoded(t, fill(t, everyOp(), rand.New(rand.NewPCG(1, 2)), true))
	for _, c := range changes(t) {
		m, err := decode(b)
		if err != nil {
			t.Fatal(err)
		}
		c.make(m)
		var changed bytes.Buffer
		if err := m.writeTo(&changed); err != nil {
			t.Fatal(err)
		}
		_, err = Read(&changed)
		wantError(t, c.name, err, c.want)
	}
}

// changes lists changes of everything that a model says.
func changes(t *testing.T) []change {
	return []change{
		{"other format", func(m *model) { m.ir = 9 }, "format 9"},
		{"other operators", func(m *model) { m.opset = 13 }, "operator set 13"},
		{"other graph name", func(m *model) { m.graph.name = "g" }, `called "g"`},
		{"no nodes", func(m *model) { m.graph.nodes = nil }, "no steps"},
		{"no input", func(m *model) { m.graph.in = nil }, "four dimensions"},
		{"input of 0 rows", func(m *model) { m.graph.in[0].dims[2].size = 0 }, "dimension 2 of the input"},
		{"huge input", func(m *model) { m.graph.in[0].dims[3].size = 1 << 40 }, "dimension 3 of the input"},
		{"fixed batch", func(m *model) { m.graph.in[0].dims[0] = dim{size: 1} }, "input is"},
		{"other output", func(m *model) { m.graph.out[0].name = "y" }, "output is"},
		{"one more output", func(m *model) { m.graph.out = append(m.graph.out, m.graph.out[0]) }, "output is"},
		{"padding", func(m *model) { m.graph.find(t, "step2/conv").attrs[2] = integers("pads", 0, 0, 0, 0) }, "node 8 (step2/conv): attributes"},
		{"unequal kernel", func(m *model) { m.graph.find(t, "step3/maxpool").attrs[0].ints[1] = 2 }, "step3/maxpool"},
		{"padding counts", func(m *model) { m.graph.find(t, "step4/avgpool").attrs[0].ints[0] = 1 }, "count_include_pad"},
		{"stride of 0", func(m *model) { m.graph.find(t, "step0/conv").attrs[3].ints[0] = 0 }, `attribute "strides"`},
		{"no stride", func(m *model) { n := m.graph.find(t, "step0/conv"); n.attrs = n.attrs[:3] }, `attribute "strides"`},
		{"kernel of 17", func(m *model) { m.graph.find(t, "step3/maxpool").attrs[0] = integers("kernel_shape", 17, 17) }, "want 1 to 16"},
		{"other groups", func(m *model) { m.graph.find(t, "step2/conv").attrs[0].ints[0] = 1 }, `"grouped"`},
		{"groups that do not divide", func(m *model) { m.graph.find(t, "step2/conv").attrs[0].ints[0] = 3 }, "3 groups"},
		{"one more attribute", func(m *model) {
			n := m.graph.find(t, "step0/conv")
			n.attrs = append(n.attrs, integers("dilations", 2, 2))
		}, "dilations"},
		{"epsilon", func(m *model) { m.graph.find(t, "step0/norm").attrs[0].f = 1e-3 }, "epsilon"},
		{"slope", func(m *model) { m.graph.find(t, "step9/hardsigmoid").attrs[0].f = 0.2 }, "alpha"},
		{"bound of clip", func(m *model) { constantOf(t, m, "const/6").floats[0] = 5 }, "other values"},
		{"axes", func(m *model) { constantOf(t, m, pixelAxes).ints[0] = 1 }, "other values"},
		{"unknown operation", func(m *model) { m.graph.find(t, "step0/conv").op = "ConvTranspose" }, "step0/conv (ConvTranspose)"},
		{"unknown activation", func(m *model) { m.graph.find(t, "step0/relu").op = "Elu" }, "step0/relu (Elu)"},
		{"later input", func(m *model) { m.graph.find(t, "step1/conv").in[0] = "step2/hardswish" }, "earlier layer"},
		{"inner input", func(m *model) { m.graph.find(t, "step1/conv").in[0] = "step0/norm" }, "earlier layer"},
		{"no weight", func(m *model) { n := m.graph.find(t, "step1/conv"); n.in = n.in[:1] }, "a map and a weight"},
		{"unknown weight", func(m *model) { m.graph.find(t, "step1/conv").in[1] = "nothing" }, `no float32 tensor "nothing"`},
		{"weight of another layer", func(m *model) { m.graph.find(t, "step10/conv").in[1] = "even" }, "reads step 12"},
		{"scale of another norm", func(m *model) { m.graph.find(t, "step1/norm").in[1] = "stem/norm.scale" }, "step1"},
		{"scale without its suffix", func(m *model) { m.graph.find(t, "step1/norm").in[1] = "dw" }, ".scale"},
		{"no gemm", func(m *model) { m.graph.find(t, "step12/gemm").op = "MatMul" }, "step12/flatten (Flatten): is not followed"},
		{"operands of a difference", func(m *model) { n := m.graph.find(t, centerName); n.in[0], n.in[1] = n.in[1], n.in[0] }, centerName},
		{"deviation of 0", func(m *model) { constantOf(t, m, stdName).floats[1] = 0 }, "channel 1"},
		{"other deviation", func(m *model) { constantOf(t, m, stdName).floats[1] = 2 }, `"std"`},
		{"name twice", func(m *model) { m.graph.tensors[1].name = m.graph.tensors[0].name }, "given twice"},
		{"no name", func(m *model) { m.graph.tensors[0].name = "" }, "want 1 to 255"},
		{"tensors in another order", func(m *model) { s := m.graph.tensors; s[2], s[3] = s[3], s[2] }, "tensor 2"},
		{"one more tensor", func(m *model) {
			m.graph.tensors = append(m.graph.tensors, tensor{name: "more", elem: float32Elem, floats: []float32{1}})
		}, "tensors; want"},
		{"other classes", func(m *model) { propOf(t, m, classesKey).value = `["a"]` }, "1 classes"},
		{"classes that are no list", func(m *model) { propOf(t, m, classesKey).value = "cat" }, `metadata "classes"`},
		{"spaces between classes", func(m *model) {
			p := propOf(t, m, classesKey)
			p.value = strings.Replace(p.value, ",", ", ", 1)
		}, `"classes"`},
		{"a view that is none", func(m *model) { m.props = append(m.props, prop{viewKey, `{"fit":"stretch"}`}) }, `metadata "view"`},
		{"metadata of others", func(m *model) { m.props = append(m.props, prop{"author", "me"}) }, "entries of metadata"},
	}
}

func constantOf(t *testing.T, m *model, name string) *tensor {
	t.Helper()
	for i := range m.graph.tensors {
		if m.graph.tensors[i].name == name {
			return &m.graph.tensors[i]
		}
	}
	t.Fatalf("no tensor %s", name)
	return nil
}

func propOf(t *testing.T, m *model, key string) *prop {
	t.Helper()
	for i := range m.props {
		if m.props[i].key == key {
			return &m.props[i]
		}
	}
	t.Fatalf("no entry %s", key)
	return nil
}

// TestNotesArePassedOver: what other tools add for people changes nothing.
func TestNotesArePassedOver(t *testing.T) {
	b := encoded(t, fill(t, endsInMean(), rand.New(rand.NewPCG(1, 2)), true))
	noted := appendText(bytes.Clone(b), modelDoc, "a note")
	noted = appendInt(noted, modelNumber, 3)
	n, err := Read(bytes.NewReader(noted))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(encoded(t, n), b) {
		t.Error("the network with a note is another one")
	}
}

// TestCutModelsAreRefused: no beginning of a model is a model.
func TestCutModelsAreRefused(t *testing.T) {
	b := encoded(t, fill(t, endsInMean(), rand.New(rand.NewPCG(1, 2)), true))
	for n := range b {
		if _, err := Read(bytes.NewReader(b[:n])); err == nil {
			t.Fatalf("%d of %d bytes were taken for a model", n, len(b))
		}
	}
}

// TestHostileModelsStayInBounds: models that announce much or hold many tiny
// parts are errors, and cost memory in proportion to their own size.
func TestHostileModelsStayInBounds(t *testing.T) {
	inGraph := func(fields []byte) []byte { return appendMessage(nil, modelGraph, fields) }
	times := func(n int, b []byte) []byte { return bytes.Repeat(b, n) }
	huge := protowire.AppendVarint(protowire.AppendTag(nil, modelGraph, protowire.BytesType), 1<<40)
	sized := appendInt(appendInt(appendInt(appendInt(nil, tensorDims, 1<<20), tensorDims, 1<<20), tensorElem, 1), tensorDims, 1<<30)
	for _, c := range []struct {
		name, want string
		b          []byte
	}{
		{"length beyond the end", "unexpected EOF", huge},
		{"tensor of 2^70 values", "at most 2147483647 values", inGraph(appendMessage(nil, graphTensor, append(sized, appendText(nil, tensorRaw, "1234")...)))},
		{"tensor of 2^20 values", "want 4194304 for the shape", inGraph(appendMessage(nil, graphTensor, append(appendInt(appendInt(nil, tensorDims, 1<<20), tensorElem, 1), appendText(nil, tensorRaw, "1234")...)))},
		{"more nodes than allowed", "at most 65536", inGraph(times(maxNodes+1, appendMessage(nil, graphNode, nil)))},
		{"many empty nodes", "has 0 bytes", inGraph(times(maxNodes, appendMessage(nil, graphNode, nil)))},
		{"more inputs than allowed", "at most 4096", inGraph(appendMessage(nil, graphNode, times(maxInputs+1, appendText(nil, nodeIn, "x"))))},
		{"many dimensions", "more than 8", inGraph(appendMessage(nil, graphTensor, times(1000, appendInt(nil, tensorDims, 1))))},
		{"packed dimensions", "more than 8", inGraph(appendMessage(nil, graphTensor, appendText(nil, tensorDims, strings.Repeat("\x01", 1<<20))))},
		{"many entries of metadata", "at most 255", times(1000, appendMessage(nil, modelProps, nil))},
		{"field twice", "comes twice", times(2, appendInt(nil, modelIR, irVersion))},
		{"group", "wire type 3", protowire.AppendTag(nil, modelGraph, protowire.StartGroupType)},
		{"function", "none of those", appendMessage(nil, 25, nil)},
		{"values elsewhere", "none of those", inGraph(appendMessage(nil, graphTensor, appendMessage(nil, 13, nil)))},
		{"text for a number", "wire type 2", appendText(nil, modelIR, "8")},
		{"foreign operators", "on top", appendMessage(nil, modelOpset, appendText(nil, opsetDomain, "com.microsoft"))},
		{"half precision", "type 10", inGraph(appendMessage(nil, graphTensor, appendInt(nil, tensorElem, 10)))},
	} {
		var err error
		got := allocated(func() { _, err = Read(bytes.NewReader(c.b)) })
		wantError(t, c.name, err, c.want)
		if most := uint64(1<<16 + 400*len(c.b)); got > most {
			t.Errorf("%s: %d bytes allocated for a model of %d; want at most %d", c.name, got, len(c.b), most)
		}
	}
}

// allocated returns the bytes that f allocates, freed or not.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}
