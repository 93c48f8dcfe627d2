package supernet

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/espalier-nas/espalier/supernet/space"
)

// TestAssembledEqualsTakenApart: a network put together from another one's
// numbers is that network.
func TestAssembledEqualsTakenApart(t *testing.T) {
	e, c := exec(t, 1), smallChain(t)
	tr := trainer(t, e, c, sampler(t, "uniform", c), trainOptions)
	run(t, tr, trainOptions.Steps)
	v := evaluator(t, e, tr.net)
	r := rand.New(rand.NewPCG(4, 1))
	x := shapes(8, 3)
	for range 5 {
		a := c.Space().Random(r)
		whole, err := v.Deploy(t.Context(), a, Label{Classes: x.Classes})
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range []*Network{whole, whole.Fold()} {
			var values []Values
			for i := range n.Plan() {
				values = append(values, n.Values(i))
			}
			again, err := Assemble(n.Plan(), n.Label(), values)
			if err != nil {
				t.Fatal(err)
			}
			if n.net.Hash() != again.net.Hash() {
				t.Errorf("%s: the weights differ", c.Space().Format(a))
			}
			have, err1 := again.Score(t.Context(), e, x, 8)
			want, err2 := n.Score(t.Context(), e, x, 8)
			if err1 != nil || err2 != nil || math.Float64bits(have.Loss) != math.Float64bits(want.Loss) {
				t.Errorf("%s: loss %v; want %v (%v, %v)", c.Space().Format(a), have.Loss, want.Loss, err1, err2)
			}
		}
	}
}

// TestValuesThatDoNotFit: every error names the step and what was expected.
func TestValuesThatDoNotFit(t *testing.T) {
	p := space.Plan{
		{Layer: space.Layer{Op: space.Conv, H: 4, W: 4, InC: 2, OutC: 6, K: space.Square(3), S: 1, G: 1}, Weight: "a", Norm: "n", In: []int{space.Image}},
		{Layer: space.Layer{Op: space.GlobalPool, H: 4, W: 4, InC: 6, OutC: 6}, In: []int{0}},
		{Layer: space.Layer{Op: space.Linear, H: 1, W: 1, InC: 6, OutC: 3}, Weight: "b", Bias: true, In: []int{1}},
	}
	zeros := func(n int) []float32 { return make([]float32, n) }
	good := func() (space.Plan, Label, []Values) {
		return slices.Clone(p), Label{Classes: []string{"x", "y", "z"}, Mean: zeros(2), Std: []float32{1, 1}}, []Values{
			{Weight: zeros(108), Scale: zeros(6), Shift: zeros(6), Mean: zeros(6), Var: zeros(6)}, {}, {Weight: zeros(18), Bias: zeros(3)},
		}
	}
	for _, c := range []struct {
		name   string
		change func(space.Plan, *Label, []Values) []Values
		want   string
	}{
		{"nothing", func(_ space.Plan, _ *Label, v []Values) []Values { return v }, ""},
		{"no label", func(_ space.Plan, l *Label, v []Values) []Values { *l = Label{}; return v }, ""},
		{"a step too few", func(_ space.Plan, _ *Label, v []Values) []Values { return v[:2] }, "values of 2 steps; want 3"},
		{"short weight", func(_ space.Plan, _ *Label, v []Values) []Values { v[0].Weight = zeros(54); return v }, "step 0 (conv3x3s1 4x4x2->6): weight has 54 numbers; want 108"},
		{"no variance", func(_ space.Plan, _ *Label, v []Values) []Values { v[0].Var = nil; return v }, "norm variance has 0 numbers; want 6"},
		{"weight of a mean", func(_ space.Plan, _ *Label, v []Values) []Values { v[1].Weight = zeros(1); return v }, "step 1"},
		{"long bias", func(_ space.Plan, _ *Label, v []Values) []Values { v[2].Bias = zeros(4); return v }, "bias has 4 numbers; want 3"},
		{"huge layer", func(p space.Plan, l *Label, v []Values) []Values { *l, p[0].Layer.InC = Label{}, 1<<16; return v }, "want 3538944"},
		{"weight of two", func(p space.Plan, _ *Label, v []Values) []Values { p[2].Weight = "a"; return v }, `"a" is read by the steps 0 and 2`},
		{"name of a scale", func(p space.Plan, _ *Label, v []Values) []Values { p[2].Weight = "n.scale"; return v }, `"n.scale" is a name of step 2`},
		{"invalid plan", func(p space.Plan, _ *Label, v []Values) []Values { p[1].In = []int{7}; return v }, "step 1"},
		{"classes", func(_ space.Plan, l *Label, v []Values) []Values { l.Classes = l.Classes[:2]; return v }, "classes: 2 names; want 3"},
		{"deviation", func(_ space.Plan, l *Label, v []Values) []Values { l.Std[1] = 0; return v }, "std of channel 1"},
	} {
		p, l, v := good()
		v = c.change(p, &l, v)
		_, err := Assemble(p, l, v)
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: %v; want an error with %q", c.name, err, c.want)
		}
	}
}
