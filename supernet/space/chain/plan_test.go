package chain_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/espalier-nas/espalier/supernet/space/internal/chains"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/espalier-nas/espalier/supernet/space"
	"github.com/espalier-nas/espalier/supernet/space/chain"
)

// TestPlansFit checks every step of random networks against the steps that it
// reads and the weights that the family declares.
func TestPlansFit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ch := chains.Draw(t, 6)
		weights := make(map[string]space.Weight)
		for _, w := range ch.Weights() {
			if _, twice := weights[w.Name]; twice {
				t.Fatalf("weight %s is declared twice", w.Name)
			}
			weights[w.Name] = w
		}
		p := ch.Plan(ch.Space().Random(chains.DrawRand(t)))
		for i, s := range p {
			if err := checkInputs(p, i, ch.Input()); err != nil {
				t.Fatalf("step %d (%v): %v", i, s.Layer, err)
			}
			if err := checkWeights(s, weights); err != nil {
				t.Fatalf("step %d (%v): %v", i, s.Layer, err)
			}
		}
		if err := p.Validate(); err != nil {
			t.Fatal(err)
		}
		checkNorms(t, p)
		last := p[len(p)-1].Layer
		if last.Op != space.Linear || last.OutC != ch.Input().Classes {
			t.Fatalf("the network ends with %v", last)
		}
	})
}

// checkNorms checks that each sum has a norm, and each convolution either has one
// or is a summand, read once.
func checkNorms(t *rapid.T, p space.Plan) {
	for i, s := range p {
		if s.Layer.Op == space.Add && s.Norm == "" {
			t.Fatalf("step %d (%v) has no norm", i, s.Layer)
		}
		if s.Layer.Op != space.Conv || s.Norm != "" {
			continue
		}
		var readers []space.Op
		for _, r := range p {
			if slices.Contains(r.In, i) {
				readers = append(readers, r.Layer.Op)
			}
		}
		if s.Layer.Act != space.NoAct || len(readers) != 1 || readers[0] != space.Add {
			t.Fatalf("step %d (%v) has no norm and is read by %v", i, s.Layer, readers)
		}
	}
}

// checkInputs compares a step's shape with the outputs that it reads.
func checkInputs(p space.Plan, i int, in space.Input) error {
	s := p[i]
	l := s.Layer
	if len(s.In) != max(l.FanIn, 1) || len(s.In) > 1 && l.Op != space.Add || l.Op == space.Add && len(s.In) < 2 {
		return fmt.Errorf("reads %d steps with fan-in %d", len(s.In), l.FanIn)
	}
	for k, j := range s.In {
		h, w, c := in.H, in.W, in.C
		if j >= i || j < space.Image {
			return fmt.Errorf("reads step %d", j)
		}
		if j != space.Image {
			h, w, c = p[j].Layer.OutH(), p[j].Layer.OutW(), p[j].Layer.OutC
		}
		if h != l.H || w != l.W || c != l.InC {
			return fmt.Errorf("reads %dx%dx%d", h, w, c)
		}
		if slices.Contains(s.In[:k], j) {
			return fmt.Errorf("adds step %d twice", j)
		}
	}
	if l.Op != space.Conv && l.Op != space.Linear && l.InC != l.OutC {
		return fmt.Errorf("changes the number of channels")
	}
	return nil
}

// checkWeights checks that the step's slices lie inside the declared tensors.
func checkWeights(s space.Step, weights map[string]space.Weight) error {
	l := s.Layer
	if (l.Op == space.Conv || l.Op == space.Linear) != (s.Weight != "") || s.Norm != "" && l.Op != space.Conv && l.Op != space.Add {
		return fmt.Errorf("weight %q, norm %q", s.Weight, s.Norm)
	}
	if s.Weight == "" {
		return nil
	}
	w, ok := weights[s.Weight]
	if !ok {
		return fmt.Errorf("weight %s is not declared", s.Weight)
	}
	role, inC, k := space.Dense, l.InC, l.K
	if l.Op == space.Linear {
		k = space.Square(1)
		if b := weights[s.Weight+".bias"]; b.Role != space.Bias || b.OutC < l.OutC {
			return fmt.Errorf("bias is %+v", b)
		}
	}
	if l.G > 1 {
		role, inC = space.Depthwise, 0
		if l.G != l.InC || l.OutC != l.InC {
			return fmt.Errorf("depthwise with %d groups", l.G)
		}
	}
	if w.Role != role || w.OutC < l.OutC || w.InC < inC || !k.Within(w.K) || (w.K.H-k.H)%2 != 0 || (w.K.W-k.W)%2 != 0 {
		return fmt.Errorf("weight is %+v", w)
	}
	if n := weights[s.Norm]; s.Norm != "" && (n.Role != space.Norm || n.OutC < l.OutC) {
		return fmt.Errorf("norm is %+v", n)
	}
	return nil
}

// TestWeightsAreTight: some network uses the full size of every declared tensor.
func TestWeightsAreTight(t *testing.T) {
	for _, elastic := range []bool{false, true} {
		ch := chains.New(t, chain.Config{
			Stem: 6, Head: 5, Layers: 3, Ops: []string{"conv3x3", "conv5x5", "sep3x3", "sep5x5", "maxpool3x3", "identity"},
			Widths: []int{4, 8}, Skips: true, Downsample: []int{2}, ElasticKernel: elastic,
		})
		used := make(map[string]space.Weight)
		use := func(name string, w space.Weight) {
			old := used[name]
			used[name] = space.Weight{Name: name, Role: w.Role, OutC: max(w.OutC, old.OutC), InC: max(w.InC, old.InC), K: space.Sides{H: max(w.K.H, old.K.H), W: max(w.K.W, old.K.W)}, G: max(w.G, old.G)}
		}
		r := chains.Rand(1)
		for range 3000 {
			for _, s := range ch.Plan(ch.Space().Random(r)) {
				l := s.Layer
				switch {
				case l.Op == space.Linear:
					use(s.Weight, space.Weight{Role: space.Dense, OutC: l.OutC, InC: l.InC, K: space.Square(1), G: 1})
					use(s.Weight+".bias", space.Weight{Role: space.Bias, OutC: l.OutC})
				case l.G > 1:
					use(s.Weight, space.Weight{Role: space.Depthwise, OutC: l.OutC, K: l.K})
				case l.Op == space.Conv:
					use(s.Weight, space.Weight{Role: space.Dense, OutC: l.OutC, InC: l.InC, K: l.K, G: 1})
				}
				if s.Norm != "" {
					use(s.Norm, space.Weight{Role: space.Norm, OutC: l.OutC})
				}
			}
		}
		for _, w := range ch.Weights() {
			if used[w.Name] != w {
				t.Errorf("elastic %t: declared %+v; largest use %+v", elastic, w, used[w.Name])
			}
		}
	}
}

// TestPlanTellsArchitecturesApart: equal plans exactly for equal architectures.
func TestPlanTellsArchitecturesApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ch := chains.Draw(t, 4)
		r := chains.DrawRand(t)
		a := ch.Space().Random(r)
		for _, b := range append(ch.Space().Neighbors(a), ch.Space().Random(r), ch.Space().Mutate(r, a, 0.1)) {
			if equal := cmp.Equal(ch.Plan(a), ch.Plan(b)); equal != (a == b) {
				t.Fatalf("%s and %s: equal plans %t", ch.Space().Format(a), ch.Space().Format(b), equal)
			}
		}
	})
}

// TestPlanTellsAllApart does the same for every pair of a small space with all
// that can be dead: identities, skips from them, activations.
func TestPlanTellsAllApart(t *testing.T) {
	ch := chains.New(t, chain.Config{
		Stem: 2, Layers: 3, Ops: []string{"conv1x1", "identity"}, Widths: []int{2, 4}, Skips: true,
		Activations: []string{"relu", "gelu"}, Downsample: []int{2},
	})
	seen := make(map[string]space.Arch)
	for a := range ch.Space().Enumerate {
		key := fmt.Sprint(ch.Plan(a))
		if b, ok := seen[key]; ok {
			t.Fatalf("%s and %s have one plan", ch.Space().Format(a), ch.Space().Format(b))
		}
		seen[key] = a
	}
	if len(seen) < 1000 {
		t.Errorf("only %d architectures", len(seen))
	}
}

// TestNoTensorIsProjectedTwice: two skips of a layer never read one tensor.
func TestNoTensorIsProjectedTwice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := chains.DrawPlan(t)
		for _, s := range p {
			if s.Layer.Op != space.Add {
				continue
			}
			read := map[int]bool{}
			for _, j := range s.In[:len(s.In)-1] { // the last one is the main path
				if src := p[j].In[0]; read[src] {
					t.Fatalf("two projections of step %d are added", src)
				} else {
					read[src] = true
				}
			}
		}
	})
}

// TestFLOPsByHand writes out the cost of a network like conv6 on 28x28 pictures.
func TestFLOPsByHand(t *testing.T) {
	c := chains.Config(t, "basic")
	c.Downsample = []int{2, 4}
	ch := chains.New(t, c)
	a, err := ch.Space().Parse("conv3x3:16 maxpool3x3:32 conv5x5:32+1 conv3x3:64 conv3x3:64 conv3x3:64+3,4")
	if err != nil {
		t.Fatal(err)
	}
	p := ch.Plan(a)
	flops := 2*28*28*16*1*9 + // stem
		2*28*28*16*16*9 + // 1
		14*14*16*9 + 2*14*14*32*16 + // 2: pool and 1x1
		2*14*14*32*32*25 + 2*14*14*32*16 + 14*14*32 + // 3: with a skip from 1
		2*7*7*64*32*9 + // 4
		2*7*7*64*64*9 + // 5
		2*7*7*64*64*9 + 2*7*7*64*32 + 2*7*7*64*64 + 2*7*7*64 + // 6: with skips from 3 and 4
		7*7*64 + 2*64*10 // classifier
	if p.FLOPs() != int64(flops) {
		t.Errorf("%d FLOPs; want %d", p.FLOPs(), flops)
	}
	params := 16*9 + 32 + // stem
		16*16*9 + 32 +
		16*32 + 64 +
		32*32*25 + 64 + 16*32 +
		32*64*9 + 128 +
		64*64*9 + 128 +
		64*64*9 + 128 + 32*64 + 64*64 +
		64*10 + 10
	if p.Params() != int64(params) {
		t.Errorf("%d parameters; want %d", p.Params(), params)
	}
}

func TestSeparableByHand(t *testing.T) {
	ch := chains.New(t, chain.Config{Stem: 8, Layers: 2, Ops: []string{"sep5x5", "identity"}, Widths: []int{16}, Downsample: []int{1, 2}})
	a, err := ch.Space().Parse("sep5x5:16 identity")
	if err != nil {
		t.Fatal(err)
	}
	want := "conv3x3s1 28x28x1->8 relu stem stem/norm [-1]\n" +
		"conv5x5s2g8 28x28x8->8 relu layer1/sep5x5/dw layer1/sep5x5/dw/norm [0]\n" +
		"conv1x1s1 14x14x8->16 relu layer1/sep5x5/pw layer1/sep5x5/pw/norm [1]\n" +
		"avgpool3x3s2 14x14x16->16   [2]\n" +
		"globalpool 7x7x16->16   [3]\n" +
		"linear 1x1x16->10 classifier  [4]\n"
	p := ch.Plan(a)
	if diff := cmp.Diff(want, chains.Text(p)); diff != "" {
		t.Errorf("plan (-want +got):\n%s", diff)
	}
	flops := 2*28*28*8*9 + 2*14*14*8*25 + 2*14*14*8*16 + 7*7*16*9 + 7*7*16 + 2*16*10
	if p.FLOPs() != int64(flops) {
		t.Errorf("%d FLOPs; want %d", p.FLOPs(), flops)
	}
}

// TestSkipsByHand: the sum carries the activation, the summands do not; strides
// bridge the sizes; identities that pass make no step.
func TestSkipsByHand(t *testing.T) {
	ch := chains.New(t, chain.Config{
		Stem: 8, Head: 20, Layers: 5, Ops: []string{"conv3x3", "sep3x3", "maxpool3x3", "identity"}, Widths: []int{16, 24}, Skips: true,
		Activations: []string{"hardswish", "gelu"}, Downsample: []int{2, 4},
	})
	a, err := ch.Space().Parse("conv3x3:16:gelu maxpool3x3:24:gelu+0 identity sep3x3:16:gelu+0,2 identity:gelu+1,4")
	if err == nil {
		t.Fatalf("layer 5 skips from its own input: %s", ch.Space().Format(a))
	}
	a, err = ch.Space().Parse("conv3x3:16:gelu maxpool3x3:24:gelu+0 identity sep3x3:16:gelu+0,2 identity:gelu+1")
	if err != nil {
		t.Fatal(err)
	}
	want := "conv3x3s1 28x28x1->8 hardswish stem stem/norm [-1]\n" +
		"conv3x3s1 28x28x8->16 gelu layer1/conv3x3 layer1/conv3x3/norm [0]\n" +
		"maxpool3x3s2 28x28x16->16   [1]\n" +
		"conv1x1s1 14x14x16->24 layer2/maxpool3x3  [2]\n" +
		"conv1x1s2 28x28x8->24 layer2/from0  [0]\n" +
		"add2 14x14x24->24 gelu  layer2/maxpool3x3/norm [4 3]\n" +
		"conv3x3s2g24 14x14x24->24 gelu layer4/sep3x3/dw layer4/sep3x3/dw/norm [5]\n" +
		"conv1x1s1 7x7x24->16 layer4/sep3x3/pw  [6]\n" +
		"conv1x1s4 28x28x8->16 layer4/from0  [0]\n" +
		"conv1x1s2 14x14x24->16 layer4/from2  [5]\n" +
		"add3 7x7x16->16 gelu  layer4/sep3x3/pw/norm [8 9 7]\n" +
		"conv1x1s4 28x28x16->16 layer5/from1  [1]\n" +
		"add2 7x7x16->16 gelu  layer5/identity/norm [11 10]\n" +
		"conv1x1s1 7x7x16->20 hardswish head head/norm [12]\n" +
		"globalpool 7x7x20->20   [13]\n" +
		"linear 1x1x20->10 classifier  [14]\n"
	if diff := cmp.Diff(want, chains.Text(ch.Plan(a))); diff != "" {
		t.Errorf("plan (-want +got):\n%s", diff)
	}
}

func TestPlanOfAnotherSpacePanics(t *testing.T) {
	ch := chains.Preset(t, "basic")
	defer func() {
		if recover() == nil {
			t.Error("an architecture of another space was planned")
		}
	}()
	ch.Plan(space.NewArch([]uint8{0, 0}))
}

// TestElasticKernelsShare: with ElasticKernel the kernels of one layer read one
// weight and keep their own norms.
func TestElasticKernelsShare(t *testing.T) {
	c := chain.Config{Stem: 8, Layers: 1, Ops: []string{"conv3x3", "conv5x5", "sep3x3", "sep7x7"}, Widths: []int{8}, ElasticKernel: true}
	ch := chains.New(t, c)
	weight, norm := map[string]string{}, map[string]bool{}
	for a := range ch.Space().Enumerate {
		for _, s := range ch.Plan(a)[1:] {
			if s.Layer.Op == space.Conv {
				weight[fmt.Sprintf("%s %d", ch.Space().Format(a), s.Layer.G)] = s.Weight
				norm[s.Norm] = true
			}
		}
	}
	want := map[string]string{
		"conv3x3:8 1": "layer1/conv", "conv5x5:8 1": "layer1/conv",
		"sep3x3:8 8": "layer1/sep/dw", "sep7x7:8 8": "layer1/sep/dw",
		"sep3x3:8 1": "layer1/sep/pw", "sep7x7:8 1": "layer1/sep/pw",
	}
	if diff := cmp.Diff(want, weight); diff != "" {
		t.Errorf("weights (-want +got):\n%s", diff)
	}
	if len(norm) != 6 {
		t.Errorf("%d norms; want one for each kernel and part: %v", len(norm), norm)
	}
	for _, w := range ch.Weights() {
		if w.Name == "layer1/conv" && w.K != space.Square(5) || w.Name == "layer1/sep/dw" && w.K != space.Square(7) {
			t.Errorf("%+v is not the largest kernel", w)
		}
	}
}

// TestExtractedWeightsFit: a network cut out of the family declares no weight
// that the family lacks, and none larger.
func TestExtractedWeightsFit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ch := chains.Draw(t, 5)
		shared := make(map[string]space.Weight)
		for _, w := range ch.Weights() {
			shared[w.Name] = w
		}
		p := ch.Plan(ch.Space().Random(chains.DrawRand(t)))
		f, err := space.NewFixed(p)
		if err != nil {
			t.Fatal(err)
		}
		var numbers int64
		for _, w := range f.Weights() {
			numbers += w.Numbers()
			s := shared[w.Name]
			if w.Role != s.Role || w.OutC > s.OutC || w.InC > s.InC || !w.K.Within(s.K) || w.G != s.G {
				t.Fatalf("%+v is cut out of %+v", w, s)
			}
		}
		if numbers != p.Params() {
			t.Fatalf("weights of %d numbers; the plan has %d parameters", numbers, p.Params())
		}
	})
}
