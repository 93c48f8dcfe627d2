package onnx

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// FuzzRead: whatever Read takes is a network that runs and that is written as a
// model that reads as the same one.
func FuzzRead(f *testing.F) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, labelled := range []bool{false, true} {
		n := fill(f, endsInMean(), r, labelled)
		f.Add(encoded(f, n))
		f.Add(encoded(f, n.Fold()))
	}
	f.Add(encoded(f, fill(f, everyOp(), r, true)))
	e := newExec(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		n, err := Read(bytes.NewReader(b))
		if err != nil {
			return
		}
		first := encoded(t, n)
		again, err := Read(bytes.NewReader(first))
		if err != nil {
			t.Fatalf("what Write wrote is refused: %v", err)
		}
		if !bytes.Equal(first, encoded(t, again)) {
			t.Fatal("written twice, differently")
		}
		if p := n.Plan(); p.PeakActivations() < 1<<20 && p.FLOPs() < 1<<22 {
			predict(t, e, n, pictures(n, 1, r))
		}
	})
}
