package onnx

import (
	"testing"

	"github.com/espalier-nas/espalier/supernet/space"
)

// Every op has a form, and the plans that all other tests go through hold every op.
func TestEveryOpHasAForm(t *testing.T) {
	held := map[space.Op]bool{}
	for _, p := range []space.Plan{everyOp(), joined(), endsInMean()} {
		for _, s := range p {
			held[s.Layer.Op] = true
		}
	}
	for _, o := range space.Ops() {
		if int(o) >= len(forms) || len(forms[o].first) == 0 || forms[o].write == nil {
			t.Errorf("%v has no form; want a row in forms", o)
		}
		if !held[o] {
			t.Errorf("no plan of these tests holds %v", o)
		}
	}
}
