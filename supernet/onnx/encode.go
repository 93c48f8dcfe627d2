package onnx

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// Field numbers of the messages of onnx.proto.
const (
	modelIR       protowire.Number = 1
	modelProducer protowire.Number = 2
	modelVersion  protowire.Number = 3 // of the producer
	modelDomain   protowire.Number = 4
	modelNumber   protowire.Number = 5 // version of the model
	modelDoc      protowire.Number = 6
	modelGraph    protowire.Number = 7
	modelOpset    protowire.Number = 8
	modelProps    protowire.Number = 14

	opsetDomain  protowire.Number = 1
	opsetVersion protowire.Number = 2

	propKey   protowire.Number = 1
	propValue protowire.Number = 2

	graphNode   protowire.Number = 1
	graphTitle  protowire.Number = 2
	graphTensor protowire.Number = 5
	graphDoc    protowire.Number = 10
	graphIn     protowire.Number = 11
	graphOut    protowire.Number = 12
	graphInfo   protowire.Number = 13 // shapes of inner values

	nodeIn     protowire.Number = 1
	nodeOut    protowire.Number = 2
	nodeName   protowire.Number = 3
	nodeOp     protowire.Number = 4
	nodeAttr   protowire.Number = 5
	nodeDoc    protowire.Number = 6
	nodeDomain protowire.Number = 7

	attrName protowire.Number = 1
	attrF    protowire.Number = 2
	attrI    protowire.Number = 3
	attrInts protowire.Number = 8
	attrDoc  protowire.Number = 13
	attrKind protowire.Number = 20

	tensorDims protowire.Number = 1
	tensorElem protowire.Number = 2
	tensorName protowire.Number = 8
	tensorRaw  protowire.Number = 9
	tensorDoc  protowire.Number = 12

	valueName protowire.Number = 1
	valueType protowire.Number = 2
	valueDoc  protowire.Number = 3

	typeTensor protowire.Number = 1
	typeElem   protowire.Number = 1
	typeShape  protowire.Number = 2
	shapeDim   protowire.Number = 1
	dimSize    protowire.Number = 1
	dimName    protowire.Number = 2
)

// writeTo encodes the model. Equal models give equal bytes; the file's first
// bytes are signature.
func (m *model) writeTo(w io.Writer) error {
	graph := m.graph.append(nil)
	head := appendInt(nil, modelIR, m.ir)
	head = appendText(head, modelProducer, producer)
	head = protowire.AppendTag(head, modelGraph, protowire.BytesType)
	head = protowire.AppendVarint(head, uint64(len(graph)))
	tail := appendMessage(nil, modelOpset, appendInt(appendText(nil, opsetDomain, ""), opsetVersion, m.opset))
	for _, p := range m.props {
		tail = appendMessage(tail, modelProps, appendText(appendText(nil, propKey, p.key), propValue, p.value))
	}
	if size := len(head) + len(graph) + len(tail); size > maxBytes {
		return fmt.Errorf("the model has %d bytes; want at most %d", size, maxBytes)
	}
	for _, b := range [][]byte{head, graph, tail} {
		if _, err := w.Write(b); err != nil {
			return err
		}
	}
	return nil
}

func (g *graph) append(b []byte) []byte {
	for i := range g.nodes {
		b = appendMessage(b, graphNode, g.nodes[i].append(nil))
	}
	b = appendText(b, graphTitle, g.name)
	for i := range g.tensors {
		b = g.tensors[i].append(b)
	}
	for _, v := range g.in {
		b = appendMessage(b, graphIn, v.append(nil))
	}
	for _, v := range g.out {
		b = appendMessage(b, graphOut, v.append(nil))
	}
	return b
}

func (n *node) append(b []byte) []byte {
	for _, in := range n.in {
		b = appendText(b, nodeIn, in)
	}
	b = appendText(b, nodeOut, n.out)
	b = appendText(b, nodeName, n.name)
	b = appendText(b, nodeOp, n.op)
	for i := range n.attrs {
		b = appendMessage(b, nodeAttr, n.attrs[i].append(nil))
	}
	return b
}

func (a *attr) append(b []byte) []byte {
	b = appendText(b, attrName, a.name)
	switch a.kind {
	case floatAttr:
		b = protowire.AppendTag(b, attrF, protowire.Fixed32Type)
		b = protowire.AppendFixed32(b, math.Float32bits(a.f))
	case intAttr:
		b = appendInt(b, attrI, a.ints[0])
	default:
		for _, v := range a.ints {
			b = appendInt(b, attrInts, v)
		}
	}
	return appendInt(b, attrKind, int64(a.kind))
}

// append adds the tensor as a field of the graph. Its values are copied once.
func (t *tensor) append(b []byte) []byte {
	var head []byte
	for _, d := range t.dims {
		head = appendInt(head, tensorDims, d)
	}
	head = appendInt(head, tensorElem, int64(t.elem))
	head = appendText(head, tensorName, t.name)
	head = protowire.AppendTag(head, tensorRaw, protowire.BytesType)
	raw := t.elem.bytes() * (len(t.floats) + len(t.ints))
	head = protowire.AppendVarint(head, uint64(raw))

	b = protowire.AppendTag(b, graphTensor, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(len(head)+raw))
	b = append(b, head...)
	for _, v := range t.floats {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	for _, v := range t.ints {
		b = binary.LittleEndian.AppendUint64(b, uint64(v))
	}
	return b
}

func (v value) append(b []byte) []byte {
	var shape []byte
	for _, d := range v.dims {
		var size []byte
		if d.name != "" {
			size = appendText(size, dimName, d.name)
		} else {
			size = appendInt(size, dimSize, d.size)
		}
		shape = appendMessage(shape, shapeDim, size)
	}
	typ := appendInt(nil, typeElem, int64(float32Elem))
	typ = appendMessage(typ, typeShape, shape)
	b = appendText(b, valueName, v.name)
	return appendMessage(b, valueType, appendMessage(nil, typeTensor, typ))
}

func appendInt(b []byte, n protowire.Number, v int64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, n, protowire.VarintType), uint64(v))
}

func appendText(b []byte, n protowire.Number, s string) []byte {
	return protowire.AppendString(protowire.AppendTag(b, n, protowire.BytesType), s)
}

func appendMessage(b []byte, n protowire.Number, m []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, n, protowire.BytesType), m)
}
