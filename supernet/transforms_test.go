package supernet

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/supernet/space"
	"github.com/espalier-nas/espalier/supernet/space/stages"
)

func elastic(t testing.TB, transforms bool) *stages.Family {
	t.Helper()
	f, err := stages.New(stages.Config{
		Name: "elastic", Stem: 6, Activation: "relu", Transforms: transforms,
		Stages: []stages.Stage{
			{Block: stages.MBConv, Widths: []int{6}, Depths: []int{1, 2}, Kernels: []int{3, 5, 7}, Expansions: []float64{2, 3}},
			{Block: stages.MBConv, Widths: []int{10}, Depths: []int{1}, Kernels: []int{3, 5}, Expansions: []float64{2}, Stride: 2},
		},
	}, space.Input{H: 9, W: 9, C: 2, Classes: 3})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func noise(n int) []float32 {
	r := rand.New(rand.NewPCG(4, 4))
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}

// Matrices are the identity at first: a transformed filter is the centre of the larger one.
// Trained ones are not, they are trained by the subnets that use them alone, and what is
// extracted holds the filters that come out, bit for bit.
func TestTransformedKernels(t *testing.T) {
	e := exec(t, 2)
	cut, made := elastic(t, false), elastic(t, true)
	small, err := made.Space().Parse("1:3:2 - 5")
	if err != nil {
		t.Fatal(err)
	}
	logits := func(n *Net, a space.Arch) []float32 {
		e.Begin(true)
		return slices.Clone(n.Subnet(a).Forward(e, new(Pass), e.Input(4, 9, 9, 2, noise(4*9*9*2)), nil).Data)
	}
	one, other := New(cut, 3), New(made, 3)
	if !slices.Equal(logits(one, small), logits(other, small)) {
		t.Error("untrained matrices change the logits")
	}
	before := map[string][]float32{}
	for _, p := range other.Params() {
		before[p.Name] = slices.Clone(p.Data)
	}
	opt := ops.NewSGD(other.Params(), ops.SGDConfig{Momentum: 0.9})
	for range 3 {
		e.Begin(true)
		y := other.Subnet(small).Forward(e, new(Pass), e.Input(4, 9, 9, 2, noise(4*9*9*2)), nil)
		ops.CrossEntropy(e, y, []int32{0, 1, 2, 1}, 0)
		e.Backward()
		opt.Step(0.1)
	}
	for _, p := range other.Params() {
		changed := !slices.Equal(p.Data, before[p.Name])
		if strings.Contains(p.Name, "/to") {
			used := p.Name == "stage1/block1/depthwise/to5" || p.Name == "stage1/block1/depthwise/to3"
			if changed != used {
				t.Errorf("%s: changed %t; want %t", p.Name, changed, used)
			}
		}
	}
	own := other.Extract(small, e.Kernel())
	if got := logits(own, own.Family().(*space.Fixed).Arch()); !slices.Equal(got, logits(other, small)) {
		t.Error("extracted logits differ")
	}
	for _, p := range own.Params() {
		if strings.Contains(p.Name, "/to") || p.Name == "stage1/block1/depthwise" && p.KH != 3 {
			t.Errorf("the extracted network holds %s of %d taps a side", p.Name, p.KH)
		}
	}
}

// uniformly draws one random subnet a step.
type uniformly struct{ s *space.Space }

func (u uniformly) Sample(_ int, r *rand.Rand, dst []Sample) []Sample {
	return append(dst, Sample{Arch: u.s.Random(r)})
}

// Evaluating in private, with shared prefixes, by a view and by an extracted network is one
// and the same where filters are transformed.
func TestTransformedAreEvaluatedAlike(t *testing.T) {
	e := exec(t, 2)
	f := elastic(t, true)
	tr := trainer(t, e, f, uniformly{f.Space()}, trainOptions)
	if err := tr.Run(t.Context(), 8, nil); err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	v := evaluator(t, e, tr.net)
	var archs []space.Arch
	for range 6 {
		archs = append(archs, f.Space().Random(r))
	}
	together, err := v.Evaluate(context.Background(), archs)
	if err != nil {
		t.Fatal(err)
	}
	for i, a := range archs {
		alone, err := v.Evaluate(context.Background(), archs[i:i+1])
		if err != nil || alone[0] != together[i] {
			t.Errorf("%s: %v alone, %v together, %v", f.Space().Format(a), alone, together[i], err)
		}
	}
}

// With zero_gamma a residual block is its shortcut at first, and learns all the same.
func TestZeroGamma(t *testing.T) {
	f, err := stages.New(stages.Config{
		Name: "zero", Stem: 6, Activation: "relu", ZeroGamma: true,
		Stages: []stages.Stage{{Block: stages.Basic, Widths: []int{6}, Depths: []int{1, 2}, Kernels: []int{3}, Expansions: []float64{1}}},
	}, space.Input{H: 9, W: 9, C: 2, Classes: 3})
	if err != nil {
		t.Fatal(err)
	}
	e, n := exec(t, 1), New(f, 3)
	own, err := space.NewFixed(f.Plan(f.Extremes().Largest))
	if err != nil {
		t.Fatal(err)
	}
	for _, net := range []*Net{n, New(own, 3)} { // in the supernet, and trained alone
		if p := net.byName["stage1/block2/b/norm.scale"]; slices.Max(p.Data) != 0 {
			t.Errorf("the scale of the last norm begins at %v", p.Data)
		}
	}
	x := noise(2 * 9 * 9 * 2)
	logits := func(a space.Arch) []float32 {
		e.Begin(true)
		return slices.Clone(n.Subnet(a).Forward(e, new(Pass), e.Input(2, 9, 9, 2, x), nil).Data)
	}
	small, large := f.Extremes().Smallest, f.Extremes().Largest
	if !slices.Equal(logits(small), logits(large)) {
		t.Error("a second block changes the logits before any training")
	}
	opt := ops.NewSGD(n.Params(), ops.SGDConfig{})
	for range 2 {
		e.Begin(true)
		ops.CrossEntropy(e, n.Subnet(large).Forward(e, new(Pass), e.Input(2, 9, 9, 2, x), nil), []int32{0, 2}, 0)
		e.Backward()
		opt.Step(0.1)
	}
	for _, p := range n.Params() {
		if p.Name == "stage1/block2/b/norm.scale" && slices.Max(p.Data) == 0 {
			t.Error("the scale of the last norm does not learn")
		}
	}
	if slices.Equal(logits(small), logits(large)) {
		t.Error("the second block still does nothing after two steps")
	}
}
