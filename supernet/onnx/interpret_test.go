package onnx

import (
	"math/rand/v2"
	"testing"
)

// TestModelsComputeTheNetwork runs the nodes of written models by the loops of
// the operators' definitions, in float64, and compares with the network itself.
func TestModelsComputeTheNetwork(t *testing.T) {
	e, r := newExec(t), rand.New(rand.NewPCG(3, 2))
	for _, n := range networks(t, 2) {
		m, err := decode(encoded(t, n.net))
		if err != nil {
			t.Fatal(err)
		}
		h, w, c := n.net.Input()
		x := pictures(n.net, 2, r)
		have, err := interpret(&m.graph, array{[]int{2, c, h, w}, wide(x)})
		if err != nil {
			t.Errorf("%s: %v", n.name, err)
			continue
		}
		want := predict(t, e, n.net, x)
		if len(have.dims) != 2 || have.dims[0] != 2 {
			t.Errorf("%s: logits of shape %v", n.name, have.dims)
		}
		if d := difference(narrow(have.v), want); d > 1e-5 {
			t.Errorf("%s: logits differ by %.2g of the largest", n.name, d)
		}
	}
}
