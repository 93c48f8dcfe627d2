package stages_test

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/espalier-nas/espalier/supernet/space"
	"github.com/espalier-nas/espalier/supernet/space/internal/conform"
	"github.com/espalier-nas/espalier/supernet/space/stages"
)

var cifar = space.Input{H: 32, W: 32, C: 3, Classes: 10}

func preset(t testing.TB, name string, in space.Input) space.Family {
	t.Helper()
	for _, p := range stages.Kind.Presets {
		if p.Name == name {
			f, err := p.Declare().Open(in)
			if err != nil {
				t.Fatal(err)
			}
			return f
		}
	}
	t.Fatalf("no preset %s", name)
	return nil
}

func draw(t *rapid.T) *stages.Family {
	rising := func(name string, lo, hi, most int) []int {
		list := rapid.SliceOfNDistinct(rapid.IntRange(lo, hi), 1, most, rapid.ID).Draw(t, name)
		slices.Sort(list)
		return list
	}
	c := stages.Config{
		Name: "drawn", Stem: rapid.IntRange(2, 12).Draw(t, "stem"), StemStride: rapid.IntRange(0, 2).Draw(t, "stem stride"),
		Activation: rapid.SampledFrom([]string{"relu", "hardswish"}).Draw(t, "act"),
		Head:       rapid.SampledFrom([]int{0, 9}).Draw(t, "head"), Mix: rapid.SampledFrom([]int{0, 7}).Draw(t, "mix"),
		Transforms: rapid.Bool().Draw(t, "transforms"), ZeroGamma: rapid.Bool().Draw(t, "zero gamma"),
	}
	if rapid.Bool().Draw(t, "resized") {
		c.Resolutions = rising("resolutions", 12, 20, 3)
	}
	for range rapid.IntRange(1, 3).Draw(t, "stages") {
		s := stages.Stage{
			Block:  rapid.SampledFrom([]string{stages.MBConv, stages.Basic, stages.Bottleneck, stages.Plain}).Draw(t, "block"),
			Widths: rising("widths", 2, 12, 3), Depths: rising("depths", 1, 4, 3), Stride: rapid.IntRange(0, 2).Draw(t, "stride"),
			Kernels: rapid.SampledFrom([][]int{{3}, {3, 5}, {1, 3, 7}}).Draw(t, "kernels"),
		}
		if s.Block != stages.Plain {
			s.Expansions = rapid.SampledFrom([][]float64{{1}, {0.5, 2}, {1, 1.5, 3}}).Draw(t, "expansions")
		}
		if s.Block == stages.MBConv {
			s.Excite = rapid.SampledFrom([]string{"", "no", "yes", "search"}).Draw(t, "excite")
		}
		c.Stages = append(c.Stages, s)
	}
	f, err := stages.New(c, space.Input{H: rapid.IntRange(14, 20).Draw(t, "h"), W: rapid.IntRange(14, 20).Draw(t, "w"), C: 2, Classes: 3})
	if err != nil && strings.Contains(err.Error(), "no decisions") {
		t.Skip("nothing to decide")
	}
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Families keep what they must, plans are told apart by architectures, and none is smaller
// than the smallest.
func TestPlans(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := draw(t)
		s := f.Space()
		archs := conform.Family(t, f, rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1)), 8)
		low := f.Plan(f.Extremes().Smallest).FLOPs()
		plans := map[space.Arch]space.Plan{}
		for _, a := range archs {
			p := f.Plan(a)
			for b, other := range plans {
				if a != b && cmp.Equal(p, other) {
					t.Fatalf("%s and %s have equal plans", s.Format(a), s.Format(b))
				}
			}
			plans[a] = p
			if p.FLOPs() < low {
				t.Fatalf("%s has %d operations; the smallest has %d", s.Format(a), p.FLOPs(), low)
			}
		}
	})
}

// A wider network may have fewer operations than the narrowest, where it needs no
// projections: every architecture is compared.
func TestSmallestOfAll(t *testing.T) {
	stage := func(stride int, widths ...int) stages.Stage {
		return stages.Stage{Block: stages.Basic, Widths: widths, Depths: []int{1, 2}, Stride: stride, Kernels: []int{1}, Expansions: []float64{1}}
	}
	wider := 0
	for _, c := range []stages.Config{
		{Stem: 7, Stages: []stages.Stage{stage(1, 6, 7)}},
		{Stem: 7, Stages: []stages.Stage{stage(1, 6, 7), stage(1, 6, 7, 8), stage(1, 6, 7)}},
		{Stem: 9, Resolutions: []int{13, 14}, Stages: []stages.Stage{stage(1, 8, 9, 10), stage(2, 7, 9), stage(1, 6, 7, 9), stage(1, 7, 8)}},
	} {
		c.Name, c.Activation = "drawn", "relu"
		f, err := stages.New(c, space.Input{H: 14, W: 14, C: 2, Classes: 3})
		if err != nil {
			t.Fatal(err)
		}
		low := f.Plan(f.Extremes().Smallest).FLOPs()
		if low < f.Plan(f.Extremes().Narrow).FLOPs() {
			wider++
		}
		for a := range f.Space().Enumerate {
			if n := f.Plan(a).FLOPs(); n < low {
				t.Errorf("%s has %d operations, the smallest %d", f.Space().Format(a), n, low)
				break
			}
		}
	}
	if wider != 2 {
		t.Errorf("in %d of the spaces a wider network is smaller than the narrow one; want 2", wider)
	}
}

// Together, the networks of a small space read every declared tensor to its last number.
func TestWeightsAreTight(t *testing.T) {
	checked := 0
	rapid.Check(t, func(t *rapid.T) {
		f := draw(t)
		if f.Space().Size() > 3000 {
			t.Skip("too large")
		}
		checked++
		var read space.WeightTable
		for a := range f.Space().Enumerate {
			p := f.Plan(a)
			own, err := space.NewFixed(p)
			if err != nil {
				t.Fatal(err)
			}
			for _, w := range own.Weights() {
				read.Add(w)
			}
			for _, step := range p {
				k := step.Layer.K.H
				for i, name := range step.Transforms {
					n := k + 2*(len(step.Transforms)-1-i)
					read.Add(space.Weight{Name: name, Role: space.Matrix, OutC: n * n, InC: n * n})
					read.Add(space.Weight{Name: step.Weight, Role: space.Depthwise, OutC: step.Layer.OutC, K: space.Square(k + 2*len(step.Transforms))})
				}
			}
		}
		byName := func(list []space.Weight) map[string]space.Weight {
			m := map[string]space.Weight{}
			for _, w := range list {
				m[w.Name] = w
			}
			return m
		}
		if diff := cmp.Diff(byName(read.List()), byName(f.Weights())); diff != "" {
			t.Fatalf("weights (-read +declared):\n%s", diff)
		}
	})
	if checked < 20 {
		t.Errorf("only %d spaces were small enough to check", checked)
	}
}

// The sizes of spaces by hand: blocks that the depth leaves out count once.
func TestSizes(t *testing.T) {
	blocks := func(depths ...int64) *big.Int { // of a stage of MBConv blocks with 9 choices each
		sum := new(big.Int)
		for _, d := range depths {
			sum.Add(sum, new(big.Int).Exp(big.NewInt(9), big.NewInt(d), nil))
		}
		return sum
	}
	published := new(big.Int).Exp(blocks(2, 3, 4), big.NewInt(5), nil)
	if new(big.Int).Div(published, big.NewInt(1e18)).Int64() != 21 {
		t.Fatalf("%v; want 2 x 10^19", published)
	}
	for name, want := range map[string]*big.Int{
		"resnet":  big.NewInt(4 * (2 + 4 + 8) * 5 * (2 + 4 + 8) * 4 * (2 + 4 + 8)), // widths, expansions at each depth
		"ofa-224": published.Mul(published, big.NewInt(25)),
	} {
		if got := preset(t, name, cifar).Space().SizeExact(); got.Cmp(want) != 0 {
			t.Errorf("%s: %v architectures; want %v", name, got, want)
		}
	}
}

// ResNet-8 of MLPerf Tiny and ResNet-20 are architectures of the preset resnet.
func TestKnownResNets(t *testing.T) {
	f := preset(t, "resnet", cifar)
	for _, c := range []struct {
		name, text    string
		mflops        float64 // of multiply-adds, 2 each
		params        int64
		blocks, convs int
	}{
		// The reference of ResNet-8 has 78,666 parameters, with biases in front of its norms
		// and projections without norm, and 12.5 million multiply-adds; ResNet-20 has 0.27
		// million and 40.8 million. By hand: 464 for the stem, 4,672 for each block of 16
		// channels, 14,528 and 57,728 for those that halve the map, 18,560 and 73,984 for
		// others of 32 and 64 channels, 650 for the classifier.
		{"ResNet-8", "1:16:1 - - 1:32:1 - - 1:64:1 - -", 25.0, 464 + 4672 + 14_528 + 57_728 + 650, 3, 9},
		{"ResNet-20", "3:16:1 1 1 3:32:1 1 1 3:64:1 1 1", 81.7, 464 + 3*4672 + 14_528 + 2*18_560 + 57_728 + 2*73_984 + 650, 9, 21},
	} {
		a, err := f.Space().Parse(c.text)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		p := f.Plan(a)
		convs, adds := 0, 0
		for _, s := range p {
			switch s.Layer.Op {
			case space.Conv:
				convs++
			case space.Add:
				adds++
			}
		}
		if convs != c.convs || adds != c.blocks {
			t.Errorf("%s: %d convolutions and %d sums; want %d and %d", c.name, convs, adds, c.convs, c.blocks)
		}
		if got := float64(p.FLOPs()) / 1e6; math.Abs(got-c.mflops) > 0.5 {
			t.Errorf("%s: %.2f MFLOPs; want about %.1f", c.name, got, c.mflops)
		}
		if p.Params() != c.params {
			t.Errorf("%s: %d parameters; want %d", c.name, p.Params(), c.params)
		}
	}
}

// Pictures keep their proportions in every resolution.
func TestResolutions(t *testing.T) {
	c := stages.Config{
		Name: "sizes", Resolutions: []int{10, 20, 30}, Stem: 4, Activation: "relu",
		Stages: []stages.Stage{{Block: stages.Plain, Widths: []int{4}, Depths: []int{1}, Kernels: []int{3}}},
	}
	f, err := stages.New(c, space.Input{H: 20, W: 10, C: 1, Classes: 2})
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string][2]int{"10": {10, 5}, "20": {20, 10}, "30": {30, 15}} {
		a, err := f.Space().Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		p := f.Plan(a)
		l := p[0].Layer
		if resized := l.Op == space.Resize; resized != (text != "20") || resized && (l.ToH != want[0] || l.ToW != want[1]) || p[len(p)-3].Layer.OutH() != want[0] {
			t.Errorf("%s: %v, then %v", text, l, p[1].Layer)
		}
	}
}

func TestFaultsAreListed(t *testing.T) {
	c := stages.Config{
		Stem: 1, StemStride: 3, Activation: "x", Head: -1, Mix: -1, Resolutions: []int{5, 4},
		Stages: []stages.Stage{
			{Block: "tree", Widths: []int{4, 4}, Depths: []int{0}, Kernels: []int{2}, Stride: 4, Activation: "y", Excite: "maybe"},
			{Block: stages.Plain, Widths: []int{4}, Depths: []int{1}, Kernels: []int{3}, Expansions: []float64{1}, Excite: "yes"},
			{Block: stages.Basic, Widths: []int{4}, Depths: []int{1}, Kernels: []int{3}, Expansions: []float64{2, 1}},
			{Block: stages.Basic, Widths: []int{4}, Depths: []int{1}, Kernels: []int{3}},
		},
	}
	err := c.Validate()
	for _, want := range []string{
		"stem: 1", "stem_stride: 3", "activation: ", "head: -1", "mix: -1", "resolutions: 4 follows 5",
		`stages[0].block: "tree"`, "stages[0].widths: 4 follows 4", "stages[0].depths: 0", "stages[0].kernels: 2; want odd",
		"stages[0].stride: 4", "stages[0].activation", `stages[0].excite: "maybe"`,
		"stages[1].expansions", "stages[1].excite", "stages[2].expansions", "stages[3].expansions: 0 of them",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not reported in\n%v", want, err)
		}
	}
}

// Where pictures that are not resized have fewer operations than smaller ones, the smallest
// network takes them as they are.
func TestSmallestIsNotResizedInVain(t *testing.T) {
	f, err := stages.New(stages.Config{
		Name: "s", Stem: 2, StemStride: 2, Activation: "relu", Resolutions: []int{17, 18},
		Stages: []stages.Stage{{Block: stages.Basic, Widths: []int{2, 4}, Depths: []int{2}, Kernels: []int{3}, Expansions: []float64{1, 3}, Stride: 2}},
	}, space.Input{H: 14, W: 18, C: 3, Classes: 3})
	if err != nil {
		t.Fatal(err)
	}
	if text := f.Space().Format(f.Extremes().Smallest); text != "18 2:1 1" {
		t.Errorf("the smallest is %s; want 18 2:1 1", text)
	}
}

// What is not offered is refused, not clamped to what is: a depth, kernel or expansion out
// of the lists, and a block beyond the depth or one too few.
func TestTextsThatAreNotOffered(t *testing.T) {
	f, err := stages.New(stages.Config{
		Name: "s", Stem: 8, Activation: "relu",
		Stages: []stages.Stage{{Block: stages.MBConv, Widths: []int{8}, Depths: []int{2, 3}, Kernels: []int{3, 5}, Expansions: []float64{2, 4}}},
	}, space.Input{H: 9, W: 9, C: 1, Classes: 3})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Space().Parse("2:3:2 5:4 -"); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"4:3:2 5:4 3:2", "1:3:2 - -", "2:7:2 5:4 -", "2:3:6 5:4 -", "2:3:2 5:4 3:2", "3:3:2 5:4 -", "2:3:2 5:4", "2:3:2 5:4 - -"} {
		if a, err := f.Space().Parse(text); err == nil {
			t.Errorf("%q is read as %q", text, f.Space().Format(a))
		}
	}
}
