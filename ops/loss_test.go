package ops_test

import (
	"math"
	"testing"

	"github.com/espalier-nas/espalier/ops"
)

// The mixed loss is the weighted sum of the two losses that it mixes, and so is
// its gradient; with weight 0 or 1 it is one of them.
func TestMixedCrossEntropyIsAWeightedSum(t *testing.T) {
	const n, c = 5, 7
	x, teacher, labels := make([]float32, n*c), make([]float32, n*c), []int32{6, 0, 3, 3, 1}
	for i := range x {
		x[i], teacher[i] = float32(i*i%13)/3-2, float32(i*7%11)/2-2
	}
	e := newExec(t, "", 2)
	pass := func(loss func(*ops.Tensor) float64) (float64, []float32) {
		e.Begin(true)
		logits := variable(e, n, 1, 1, c, x)
		l := loss(logits)
		e.Backward()
		return l, append([]float32(nil), logits.Grad...)
	}
	hard, dHard := pass(func(y *ops.Tensor) float64 { return ops.CrossEntropy(e, y, labels, 0.1) })
	soft, dSoft := pass(func(y *ops.Tensor) float64 { return ops.SoftCrossEntropy(e, y, teacher) })
	for _, w := range []float64{0, 0.25, 1} {
		mixed, d := pass(func(y *ops.Tensor) float64 { return ops.MixedCrossEntropy(e, y, labels, 0.1, teacher, w) })
		if want := (1-w)*hard + w*soft; math.Abs(mixed-want) > 1e-9 {
			t.Errorf("weight %v: loss %v; want %v", w, mixed, want)
		}
		for i := range d {
			if want := (1-w)*float64(dHard[i]) + w*float64(dSoft[i]); math.Abs(float64(d[i])-want) > 1e-6 {
				t.Fatalf("weight %v: gradient %d is %v; want %v", w, i, d[i], want)
			}
		}
	}
}
