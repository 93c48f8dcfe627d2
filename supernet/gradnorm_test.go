package supernet

import (
	"math"
	"slices"
	"testing"

	"github.com/espalier-nas/espalier/supernet/data"
	"github.com/espalier-nas/espalier/supernet/space"
)

// The norm is that of finite differences by all numbers that the subnet reads, of one
// subnet after the other, and nothing is left behind.
func TestGradNormEqualsFiniteDifferences(t *testing.T) {
	c, set := oracleChain(t), oracleSet(6, 1)
	n, e := New(c, 3), exec(t, 2)
	var b data.Batch
	data.NewLoader(set, plainNorm(set), data.Augment{}, 6, 0).Sequential(&b, 0, 6)
	x := newPlainMaps(b.N, b.H, b.W, b.C)
	for i, v := range b.X {
		x.v[i] = float64(v)
	}
	before := n.Hash()
	var p Pass
	for _, a := range []space.Arch{c.Extremes().Largest, c.Extremes().Narrow} {
		plain, plan, grads := newPlainNet(n), c.Plan(a), map[string][]float64{}
		labels := plainLabels(b.Labels, 3, 0)
		own := func(_ int, y plainMaps) moments { return momentsOf(y) }
		differentiate(plain, insideOfPlan(plain, plan), grads, func() float64 { return plainLoss(plain.forward(plan, x, own), labels, 3) })
		sum := 0.0
		for _, g := range grads {
			for _, v := range g {
				sum += v * v
			}
		}
		if got, want := n.GradNorm(e, &p, a, &b), math.Sqrt(sum); math.Abs(got/want-1) > 1e-3 {
			t.Errorf("%s: norm %v; want %v", c.Space().Format(a), got, want)
		}
	}
	for _, w := range n.params {
		if slices.ContainsFunc(w.Grad, func(g float32) bool { return g != 0 }) {
			t.Errorf("%s has a gradient left", w.Name)
		}
	}
	if n.Hash() != before {
		t.Error("weights have changed")
	}
}
