package onnx

import (
	"fmt"
	"math"
	"slices"
)

// compare returns an error that says where have first differs from want.
func compare(have, want *model) error {
	if have.ir != want.ir || have.opset != want.opset {
		return fmt.Errorf("format %d with operator set %d; want %d with %d", have.ir, have.opset, want.ir, want.opset)
	}
	h, w := &have.graph, &want.graph
	if h.name != w.name {
		return fmt.Errorf("the graph is called %q; want %q", h.name, w.name)
	}
	for _, v := range []struct {
		what       string
		have, want []value
	}{{"input", h.in, w.in}, {"output", h.out, w.out}} {
		if !slices.EqualFunc(v.have, v.want, sameValue) {
			return fmt.Errorf("%s is %v; want %v", v.what, v.have, v.want)
		}
	}
	if err := compareNodes(h.nodes, w.nodes); err != nil {
		return err
	}
	if err := compareTensors(h.tensors, w.tensors); err != nil {
		return err
	}
	return compareProps(have.props, want.props)
}

func compareProps(have, want []prop) error {
	if len(have) != len(want) {
		return fmt.Errorf("%d entries of metadata; want %d", len(have), len(want))
	}
	for i := range have {
		if h, w := have[i], want[i]; h != w {
			return fmt.Errorf("metadata %d is %.40q = %.200q; want %q = %.200q", i, h.key, h.value, w.key, w.value)
		}
	}
	return nil
}

func sameValue(a, b value) bool { return a.name == b.name && slices.Equal(a.dims, b.dims) }

func compareNodes(have, want []node) error {
	if len(have) != len(want) {
		return fmt.Errorf("%d nodes; want %d", len(have), len(want))
	}
	for i := range have {
		h, w := &have[i], &want[i]
		var field string
		var is, should any
		switch {
		case h.name != w.name || h.op != w.op || h.out != w.out:
			field, is, should = "name, operation and output", []string{h.name, h.op, h.out}, []string{w.name, w.op, w.out}
		case !slices.Equal(h.in, w.in):
			field, is, should = "inputs", h.in, w.in
		case !slices.EqualFunc(h.attrs, w.attrs, sameAttr):
			field, is, should = "attributes", h.attrs, w.attrs
		default:
			continue
		}
		return fmt.Errorf("node %d (%s): %s %v; want %v", i, h.name, field, is, should)
	}
	return nil
}

func sameAttr(a, b attr) bool {
	return a.name == b.name && a.kind == b.kind && slices.Equal(a.ints, b.ints) && sameBits(a.f, b.f)
}

func compareTensors(have, want []tensor) error {
	if len(have) != len(want) {
		return fmt.Errorf("%d tensors; want %d", len(have), len(want))
	}
	for i := range have {
		h, w := &have[i], &want[i]
		switch {
		case h.name != w.name || h.elem != w.elem || !slices.Equal(h.dims, w.dims):
			return fmt.Errorf("tensor %d is %q, type %d, shape %d; want %q, type %d, shape %d", i, h.name, h.elem, h.dims, w.name, w.elem, w.dims)
		case !slices.EqualFunc(h.floats, w.floats, sameBits) || !slices.Equal(h.ints, w.ints):
			return fmt.Errorf("tensor %d (%s) has other values than belong there", i, h.name)
		}
	}
	return nil
}

func sameBits(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) }
