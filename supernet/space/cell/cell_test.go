package cell_test

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/espalier-nas/espalier/supernet/space"
	"github.com/espalier-nas/espalier/supernet/space/cell"
	"github.com/espalier-nas/espalier/supernet/space/internal/conform"
)

var cifar = space.Input{H: 32, W: 32, C: 3, Classes: 10}

// enasOps are ENAS's operations in the order of its code.
var enasOps = []string{"sep3x3", "sep5x5", "avgpool3x3", "maxpool3x3", "identity"}

func open(t testing.TB, c cell.Config, in space.Input) *cell.Family {
	t.Helper()
	f, err := cell.New(c, in)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// enasText turns the numbers of ENAS's code, source and operation of each half, into our
// text form.
func enasText(numbers string) string {
	n := strings.Fields(numbers)
	var words []string
	for i := 0; i < len(n); i += 4 {
		var left, right int
		fmt.Sscan(n[i+1], &left)
		fmt.Sscan(n[i+3], &right)
		words = append(words, fmt.Sprintf("%s:%s:%s:%s", n[i], enasOps[left], n[i+2], enasOps[right]))
	}
	return strings.Join(words, " ")
}

// Published cells parse. NASNet-A (6 @ 768) has 3.3 million parameters as published; of the
// 4.6 million that ENAS's paper states for its cell, 3.7 follow from cell and skeleton.
func TestPublishedCells(t *testing.T) {
	all := []string{"sep3x3", "sep5x5", "sep7x7", "avgpool3x3", "maxpool3x3", "identity"}
	for _, c := range []struct {
		name, text       string
		filters, repeats int
		inputs           bool
		params           string // millions
	}{
		{"ENAS", enasText("0 2 0 0 0 4 0 1 0 4 1 1 1 0 0 1 0 2 1 1 1 0 1 0 0 3 0 2 1 1 3 1 1 0 0 4 0 3 1 1"), 36, 5, false, "3.7"}, // published: 4.6
		{"NASNet-A", "1:sep5x5:0:sep3x3 0:sep5x5:0:sep3x3 1:avgpool3x3:0:identity 0:avgpool3x3:0:avgpool3x3 1:sep3x3:1:identity " +
			"1:sep5x5:0:sep7x7 1:maxpool3x3:0:sep7x7 1:avgpool3x3:0:sep5x5 3:identity:2:avgpool3x3 2:sep3x3:1:maxpool3x3", 32, 6, true, "3.3"},
	} {
		f := open(t, cell.Config{Name: c.name, Nodes: 5, Ops: all, Filters: c.filters, Stem: 3 * c.filters, Repeats: c.repeats, Stages: 3, Inputs: c.inputs}, cifar)
		a, err := f.Space().Parse(c.text)
		if err != nil {
			t.Fatal(err)
		}
		if f.Space().Format(a) != c.text {
			t.Errorf("%s is printed as %s", c.text, f.Space().Format(a))
		}
		p := f.Plan(a)
		if err := p.Validate(); err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprintf("%.1f", float64(p.Params())/1e6); got != c.params {
			t.Errorf("%s: %s million parameters; want %s", c.name, got, c.params)
		}
	}
}

// The auxiliary head of NASNet-A for CIFAR-10 reads the cell before the second reduction, 384
// channels of 16 x 16 pixels here, where pictures are halved twice; its convolutions have the
// published 128 and 768 channels. That of the preset is a twentieth of the network's work.
func TestAuxiliaryHead(t *testing.T) {
	ops := []string{"sep3x3", "sep5x5", "sep7x7", "avgpool3x3", "maxpool3x3", "identity"}
	nasnet := open(t, cell.Config{Name: "NASNet-A", Nodes: 5, Ops: ops, Filters: 32, Stem: 96, Repeats: 6, Stages: 3, Inputs: true}, cifar)
	preset := open(t, *cell.Kind.Presets[0].Declare().(*cell.Config), space.Input{H: 28, W: 28, C: 1, Classes: 10})
	for _, c := range []struct {
		f             *cell.Family
		marked        string // whose outputs it reads
		first, second int
		share         float64 // of the network's operations, at most
	}{{nasnet, "cell13/", 128, 768, 0.01}, {preset, "cell3/", 32, 192, 0.06}} {
		a := c.f.Extremes().Largest
		p := c.f.Plan(a)
		both, err := p.WithAuxiliary()
		if err != nil {
			t.Fatal(err)
		}
		checkMarks(t, p, c.marked)
		var widths []int
		for _, s := range both[len(p):] {
			if s.Norm != "" {
				widths = append(widths, s.Layer.OutC)
			}
		}
		if want := []int{c.first, c.second}; !cmp.Equal(widths, want) {
			t.Errorf("%s: the head has %v channels; want %v", c.f.Config().Name, widths, want)
		}
		if last := both[len(both)-1].Layer; last.Op != space.Linear || last.OutC != 10 {
			t.Errorf("%s: the head ends with %v", c.f.Config().Name, last)
		}
		if share := float64(both.FLOPs()-p.FLOPs()) / float64(p.FLOPs()); share > c.share {
			t.Errorf("%s: the head does %.3f of the network's work; want %v at most", c.f.Config().Name, share, c.share)
		}
	}
}

// checkMarks wants the marked outputs to be those that the next cell reads of one cell.
func checkMarks(t *testing.T, p space.Plan, cell string) {
	t.Helper()
	for i, s := range p {
		if !s.Auxiliary {
			continue
		}
		found := false
		for _, j := range s.In {
			for ; j >= 0 && p[j].Weight == ""; j = p[j].In[0] {
			}
			found = found || j >= 0 && strings.HasPrefix(p[j].Weight, cell)
		}
		if !found || s.Layer.Op != space.Add {
			t.Errorf("step %d, %v, is marked; want the nodes of %s", i, s.Layer, cell)
		}
	}
}

func draw(t *rapid.T) *cell.Family {
	c := cell.Config{
		Name: "drawn", Nodes: rapid.IntRange(1, 4).Draw(t, "nodes"), Filters: rapid.IntRange(2, 6).Draw(t, "filters"),
		Stem: rapid.IntRange(2, 6).Draw(t, "stem"), Repeats: rapid.IntRange(1, 2).Draw(t, "repeats"), Stages: rapid.IntRange(1, 3).Draw(t, "stages"), Inputs: rapid.Bool().Draw(t, "inputs"),
		Ops: rapid.SliceOfNDistinct(rapid.SampledFrom(cell.Ops()), 1, 4, rapid.ID).Draw(t, "ops"),
	}
	f, err := cell.New(c, space.Input{H: rapid.IntRange(5, 16).Draw(t, "h"), W: rapid.IntRange(5, 16).Draw(t, "w"), C: 2, Classes: 3})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Families keep what they must, and no network is far below the smallest, which is exact
// only where an operation has no weights.
func TestPlans(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := draw(t)
		low := f.Plan(f.Extremes().Smallest).FLOPs()
		for _, a := range conform.Family(t, f, rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1)), 8) {
			if n := f.Plan(a).FLOPs(); 2*n < low {
				t.Fatalf("%s has %d operations; the smallest has %d", f.Space().Format(a), n, low)
			}
		}
	})
}

// Together, networks of a small space read every declared tensor.
func TestWeightsAreRead(t *testing.T) {
	f := open(t, cell.Config{Name: "small", Nodes: 2, Ops: []string{"sep3x3", "identity"}, Filters: 4, Stem: 4, Repeats: 1, Stages: 2}, cifar)
	read := map[string]bool{}
	r := rand.New(rand.NewPCG(1, 1))
	for range 4000 {
		for _, s := range f.Plan(f.Space().Random(r)) {
			read[s.Weight], read[s.Norm] = true, true
			if s.Bias {
				read[s.Weight+".bias"] = true
			}
		}
	}
	var unread []string
	for _, w := range f.Weights() {
		if !read[w.Name] {
			unread = append(unread, w.Name)
		}
	}
	if diff := cmp.Diff([]string(nil), unread); diff != "" {
		t.Errorf("declared, but read by no network:\n%s", diff)
	}
}

// Two cells of 5 nodes, each with (sources x operations)^2 choices.
func TestSize(t *testing.T) {
	f := open(t, cell.Config{Name: "enas", Nodes: 5, Ops: enasOps, Filters: 8, Stem: 8, Repeats: 1, Stages: 3}, cifar)
	want := big.NewInt(1)
	for range 2 {
		for sources := int64(2); sources <= 6; sources++ {
			want.Mul(want, big.NewInt(sources*sources*25))
		}
	}
	if got := f.Space().SizeExact(); got.Cmp(want) != 0 {
		t.Errorf("%v architectures; want %v", got, want)
	}
}

// A cell by hand: which nodes are loose, where the stride is, what is not there.
func TestPlanByHand(t *testing.T) {
	f := open(t, cell.Config{Name: "hand", Nodes: 2, Ops: []string{"maxpool3x3", "identity"}, Filters: 4, Stem: 6, Repeats: 1, Stages: 2}, space.Input{H: 8, W: 8, C: 1, Classes: 3})
	a, err := f.Space().Parse("1:maxpool3x3:0:identity 2:identity:1:identity 1:maxpool3x3:1:identity 0:identity:1:maxpool3x3")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for i, s := range f.Plan(a) {
		got = append(got, strings.TrimSpace(fmt.Sprintln(i, s.Layer, s.Weight, s.Norm, s.In)))
	}
	want := []string{
		"0 conv3x3s1 8x8x1->6 stem stem/norm [-1]",
		"1 identity 8x8x6->6 relu   [0]",
		"2 conv1x1s1 8x8x6->4 cell1/in1/stem cell1/in1/norm [1]",
		"3 maxpool3x3s1 8x8x4->4   [2]",
		"4 conv1x1s1 8x8x6->4 cell1/in0/stem cell1/in0/norm [1]",
		"5 add2 8x8x4->4   [3 4]",
		"6 add2 8x8x4->4   [5 2]", // the only loose node of the normal cell
		"7 identity 8x8x4->4 relu   [6]",
		"8 conv1x1s1 8x8x4->8 cell2/in1/node2 cell2/in1/norm [7]",
		"9 maxpool3x3s2 8x8x8->8   [8]",
		"10 identity 8x8x8->8 relu   [8]",
		"11 conv1x1s2 8x8x8->8 cell2/node1/right/from1/identity cell2/node1/right/from1/identity/norm [10]",
		"12 add2 4x4x8->8   [9 11]",
		"13 conv1x1s1 8x8x6->8 cell2/in0/stem cell2/in0/norm [1]",
		"14 identity 8x8x8->8 relu   [13]",
		"15 conv1x1s2 8x8x8->8 cell2/node2/left/from0/identity cell2/node2/left/from0/identity/norm [14]",
		"16 maxpool3x3s2 8x8x8->8   [8]",
		"17 add2 4x4x8->8   [15 16]",
		"18 identity 4x4x8->8 relu   [12]", // both nodes of the reduction cell are loose
		"19 conv1x1s1 4x4x8->8 cell3/in1/node1  [18]",
		"20 identity 4x4x8->8 relu   [17]",
		"21 conv1x1s1 4x4x8->8 cell3/in1/node2  [20]",
		"22 add2 4x4x8->8  cell3/in1/norm [19 21]",
		"23 maxpool3x3s1 4x4x8->8   [22]",
		"24 conv1x1s2 8x8x4->8 cell3/in0/node2 cell3/in0/norm [7]",
		"25 add2 4x4x8->8   [23 24]",
		"26 add2 4x4x8->8   [25 22]",
		"27 identity 4x4x8->8 relu   [26]",
		"28 globalpool 4x4x8->8   [27]",
		"29 conv1x1s1 1x1x8->3 classifier/node2  [28]",
		"30 add1 1x1x3->3   [29]",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("plan (-want +got):\n%s", diff)
	}
}

func TestFaultsAreListed(t *testing.T) {
	_, err := cell.New(cell.Config{Name: "bad", Nodes: 0, Ops: []string{"tree", "identity", "identity"}, Filters: 1, Stem: 0, Repeats: 0, Stages: 9}, cifar)
	for _, want := range []string{"nodes: 0", "filters: 1", "stem: 0", "repeats: 0", "stages: 9", `"tree" is unknown`, `"identity" is given twice`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v; want %q", err, want)
		}
	}
}

// A choice of source names the layer that it reads: an input of the cell, or an earlier node
// of the same cell.
func TestSourcesAreNodesOfTheCell(t *testing.T) {
	f := open(t, cell.Config{Nodes: 3, Ops: enasOps, Filters: 8, Stem: 8, Repeats: 1, Stages: 2}, cifar)
	want := [][]int{{-1, -2}, {-1, -2, 0}, {-1, -2, 0, 1}, {-1, -2}, {-1, -2, 3}, {-1, -2, 3, 4}}
	for _, d := range f.Space().Decisions() {
		if d.Kind != space.KindSource {
			continue
		}
		if diff := cmp.Diff(want[d.Layer], d.Sources); diff != "" {
			t.Errorf("%s (-want +got):\n%s", d.Name, diff)
		}
	}
}

// Uniform networks are those that there were, less what is one of them again: with one operation that has weights the
// light and the heavy one are one, with a single cell both sources are.
func TestUniformNetworksAreDifferent(t *testing.T) {
	const narrow, wide, heavy = "1:sep3x3:1:identity", "1:sep3x3:0:sep3x3", "1:sep5x5:0:sep5x5"
	for _, c := range []struct {
		ops    string
		stages int
		want   []string
	}{
		{"sep3x3 sep5x5 identity", 2, []string{narrow, wide, heavy}},
		{"sep3x3 identity", 2, []string{narrow, wide}},
		{"sep3x3", 2, []string{"1:sep3x3:1:sep3x3", wide}},
		{"sep3x3", 1, []string{"1:sep3x3:1:sep3x3"}},
	} {
		f := open(t, cell.Config{Name: "few", Nodes: 1, Ops: strings.Fields(c.ops), Filters: 4, Stem: 4, Repeats: 1, Stages: c.stages}, cifar)
		var got []string
		for _, a := range f.Extremes().Uniform {
			got = append(got, strings.Fields(f.Space().Format(a))[0])
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s, %d stages (-want +got):\n%s", c.ops, c.stages, d)
		}
	}
}
