package onnx

import (
	"encoding/binary"
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// decode reads the parts of a model that writeTo writes; anything that could
// change what the model computes and that writeTo never writes is an error. Notes
// for people and tools (producer, versions, documentation, shapes of inner
// values) are passed over. It allocates in proportion to b, whatever b announces.
func decode(b []byte) (*model, error) {
	m := &model{}
	notes := set(modelProducer, modelVersion, modelDomain, modelNumber, modelDoc)
	err := message{b: b}.each(set(modelOpset, modelProps), func(f field) (err error) {
		switch f.num {
		case modelIR:
			m.ir, err = f.integer()
		case modelGraph:
			err = m.graph.decode(f)
		case modelOpset:
			err = m.decodeOpset(f)
		case modelProps:
			err = m.decodeProp(f)
		default:
			err = passOver(f, notes)
		}
		return err
	})
	return m, err
}

func passOver(f field, notes numbers) error {
	if notes.has(f.num) {
		return nil
	}
	return f.unknown()
}

func (m *model) decodeOpset(f field) error {
	body, err := f.message()
	if err != nil {
		return err
	}
	var domain string
	var version int64
	err = body.each(0, func(f field) (err error) {
		switch f.num {
		case opsetDomain:
			domain, err = f.name()
		case opsetVersion:
			version, err = f.integer()
		default:
			err = f.unknown()
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("operator set: %w", err)
	}
	if domain != "" || m.opset != 0 {
		return fmt.Errorf("operator set: %q %d comes on top; want ONNX's own, %d, alone", domain, version, Opset)
	}
	m.opset = version
	return nil
}

func (m *model) decodeProp(f field) error {
	body, err := f.message()
	if err != nil {
		return err
	}
	var p prop
	err = body.each(0, func(f field) (err error) {
		switch f.num {
		case propKey:
			p.key, err = f.name()
		case propValue:
			p.value, err = f.text()
		default:
			err = f.unknown()
		}
		return err
	})
	if err == nil && len(m.props) == maxName {
		err = fmt.Errorf("want at most %d entries", maxName)
	}
	if err != nil {
		return fmt.Errorf("metadata entry %d: %w", len(m.props), err)
	}
	m.props = append(m.props, p)
	return nil
}

func (g *graph) decode(f field) error {
	body, err := f.message()
	if err != nil {
		return err
	}
	err = body.each(set(graphNode, graphTensor, graphIn, graphOut, graphInfo), func(f field) (err error) {
		switch f.num {
		case graphNode:
			g.nodes, err = decodeInto(g.nodes, f, "node", maxNodes, (*node).decode)
		case graphTitle:
			g.name, err = f.name()
		case graphTensor:
			g.tensors, err = decodeInto(g.tensors, f, "tensor", 8*maxNodes, (*tensor).decode)
		case graphIn:
			g.in, err = decodeInto(g.in, f, "input", maxRank, (*value).decode)
		case graphOut:
			g.out, err = decodeInto(g.out, f, "output", maxRank, (*value).decode)
		default:
			err = passOver(f, set(graphDoc, graphInfo))
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("graph: %w", err)
	}
	return nil
}

// decodeInto decodes the field's message as one more element of list.
func decodeInto[T any](list []T, f field, what string, most int, decode func(*T, message) error) ([]T, error) {
	body, err := f.message()
	if err == nil && len(list) == most {
		err = fmt.Errorf("byte %d: want at most %d", f.body.at, most)
	}
	var v T
	if err == nil {
		err = decode(&v, body)
	}
	if err != nil {
		return nil, fmt.Errorf("%s %d: %w", what, len(list), err)
	}
	return append(list, v), nil
}

func (n *node) decode(m message) error {
	return m.each(set(nodeIn, nodeAttr), func(f field) (err error) {
		switch f.num {
		case nodeIn:
			if len(n.in) == maxInputs {
				return fmt.Errorf("byte %d: want at most %d inputs", f.body.at, maxInputs)
			}
			var in string
			in, err = f.name()
			n.in = append(n.in, in)
		case nodeOut:
			n.out, err = f.name()
		case nodeName:
			n.name, err = f.name()
		case nodeOp:
			n.op, err = f.name()
		case nodeAttr:
			n.attrs, err = decodeInto(n.attrs, f, "attribute", maxRank, (*attr).decode)
		case nodeDomain:
			var domain string
			if domain, err = f.name(); err == nil && domain != "" {
				err = fmt.Errorf("byte %d: domain is %q; want ONNX's own, \"\"", f.body.at, domain)
			}
		default:
			err = passOver(f, set(nodeDoc))
		}
		return err
	})
}

func (a *attr) decode(m message) error {
	err := m.each(set(attrInts), func(f field) (err error) {
		switch f.num {
		case attrName:
			a.name, err = f.name()
		case attrF:
			a.f, err = math.Float32frombits(uint32(f.number)), f.need(protowire.Fixed32Type)
		case attrI, attrInts:
			a.ints, err = f.integers(a.ints, maxRank)
		case attrKind:
			var kind int64
			kind, err = f.integer()
			a.kind = attrType(kind)
		default:
			err = passOver(f, set(attrDoc))
		}
		return err
	})
	if err != nil {
		return err
	}
	switch {
	case a.kind == floatAttr && len(a.ints) == 0, a.kind == intAttr && len(a.ints) == 1, a.kind == intsAttr:
		return nil
	}
	return fmt.Errorf("byte %d: %q has type %d and %d integers; want a float (1), an integer (2) or integers (7)", m.at, a.name, a.kind, len(a.ints))
}

func (t *tensor) decode(m message) error {
	var raw message
	err := m.each(set(tensorDims), func(f field) (err error) {
		switch f.num {
		case tensorDims:
			t.dims, err = f.integers(t.dims, maxRank)
		case tensorElem:
			var elem int64
			elem, err = f.integer()
			t.elem = elemType(elem)
		case tensorName:
			t.name, err = f.name()
		case tensorRaw:
			raw, err = f.message()
		default:
			err = passOver(f, set(tensorDoc))
		}
		return err
	})
	if err != nil {
		return err
	}
	if err := t.fill(raw); err != nil {
		return fmt.Errorf("%q: %w", t.name, err)
	}
	return nil
}

// fill sets the values from raw, which must be as long as the dimensions say.
func (t *tensor) fill(raw message) error {
	if t.elem != float32Elem && t.elem != int64Elem {
		return fmt.Errorf("byte %d: values of type %d; want 1 (float32) or 7 (int64)", raw.at, t.elem)
	}
	count := int64(1)
	for _, d := range t.dims {
		if d < 1 || d > maxBytes/count {
			return fmt.Errorf("byte %d: shape is %d; want sizes of at least 1 and at most %d values", raw.at, t.dims, maxBytes)
		}
		count *= d
	}
	if want := count * int64(t.elem.bytes()); int64(len(raw.b)) != want {
		return fmt.Errorf("byte %d: %d bytes of values; want %d for the shape %d", raw.at, len(raw.b), want, t.dims)
	}
	if t.elem == int64Elem {
		t.ints = make([]int64, count)
		for i := range t.ints {
			t.ints[i] = int64(binary.LittleEndian.Uint64(raw.b[8*i:]))
		}
		return nil
	}
	t.floats = make([]float32, count)
	for i := range t.floats {
		t.floats[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw.b[4*i:]))
	}
	return nil
}

func (v *value) decode(m message) error {
	return m.each(0, func(f field) (err error) {
		switch f.num {
		case valueName:
			v.name, err = f.name()
		case valueType:
			err = v.decodeType(f)
		default:
			err = passOver(f, set(valueDoc))
		}
		return err
	})
}

// decodeType reads a TypeProto, which must be that of a float32 tensor.
func (v *value) decodeType(f field) error {
	body, err := f.message()
	if err != nil {
		return err
	}
	return body.each(0, func(f field) error {
		if f.num != typeTensor {
			return f.unknown()
		}
		body, err := f.message()
		if err != nil {
			return err
		}
		return body.each(0, func(f field) error {
			switch f.num {
			case typeElem:
				elem, err := f.integer()
				if err == nil && elemType(elem) != float32Elem {
					err = fmt.Errorf("byte %d: values of type %d; want 1 (float32)", f.body.at, elem)
				}
				return err
			case typeShape:
				return v.decodeShape(f)
			}
			return f.unknown()
		})
	})
}

func (v *value) decodeShape(f field) error {
	body, err := f.message()
	if err != nil {
		return err
	}
	return body.each(set(shapeDim), func(f field) (err error) {
		if f.num != shapeDim {
			return f.unknown()
		}
		v.dims, err = decodeInto(v.dims, f, "dimension", maxRank, (*dim).decode)
		return err
	})
}

func (d *dim) decode(m message) error {
	return m.each(0, func(f field) (err error) {
		switch f.num {
		case dimSize:
			d.size, err = f.integer()
		case dimName:
			d.name, err = f.name()
		default:
			err = f.unknown()
		}
		return err
	})
}
