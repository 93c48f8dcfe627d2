package predictor

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"testing"

	"github.com/espalier-nas/espalier/supernet/space"
	"github.com/espalier-nas/espalier/supernet/space/nb201"
)

func cells(t testing.TB) space.Family {
	t.Helper()
	f, err := nb201.New(nb201.Config{Name: "small", Channels: 4, Cells: 2}, space.Input{H: 8, W: 8, C: 3, Classes: 10})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestGraphsOfEqualCells: cells that compute the same have the same graph however they
// are written, and others have another.
func TestGraphsOfEqualCells(t *testing.T) {
	f := cells(t)
	graphOf := func(genes ...uint8) graph { return newGraph(f.Plan(space.NewArch(genes))) }
	same := func(a, b graph) bool {
		return maps.Equal(a.paths, b.paths) && maps.Equal(a.moves, b.moves) && slices.Equal(a.numbers, b.numbers) && RMSE(a.signals, b.signals) < 1e-12
	}
	// Edges 1<-0, 2<-0, 2<-1, 3<-0, 3<-1, 3<-2; 0 none, 1 skip, 2 conv1x1, 3 conv3x3, 4 pool.
	direct := graphOf(0, 0, 0, 3, 0, 0)
	// A pool of a sum is the sum of pools, and a sum of a node with itself is twice the node.
	pooled, summed := graphOf(3, 1, 0, 0, 4, 4), graphOf(3, 1, 1, 0, 0, 4)
	if RMSE(pooled.signals, summed.signals) > 1e-12 {
		t.Errorf("signals of a pool of a sum are %v; want %v as of the sum of pools", summed.signals, pooled.signals)
	}
	if !same(direct, graphOf(1, 0, 0, 0, 3, 0)) || !same(direct, graphOf(3, 2, 4, 3, 0, 0)) {
		t.Error("a skip before the convolution, or edges that lead nowhere, change the graph of a single convolution")
	}
	in := FamilyInputs(f)
	first, second := in.Structure(space.NewArch([]uint8{0, 0, 0, 3, 0, 0})), in.Remembering().Structure(space.NewArch([]uint8{3, 2, 4, 3, 0, 0}))
	if len(first) != graphSignals+graphNumbers || RMSE(first, second) > 1e-12 || RMSE(first, slices.Concat(direct.signals, direct.numbers)) > 1e-12 {
		t.Errorf("structures of equal networks are %v and %v; want signals %v and numbers %v", first, second, direct.signals, direct.numbers)
	}
	for _, genes := range [][]uint8{{0, 0, 0, 2, 0, 0}, {0, 0, 0, 0, 0, 0}, {3, 0, 0, 3, 1, 0}, {3, 0, 0, 0, 3, 0}, {1, 0, 0, 3, 1, 0}} {
		if same(direct, graphOf(genes...)) {
			t.Errorf("cell %v has the graph of a single convolution", genes)
		}
	}
}

// TestPathsAreCounted recounts the paths and lengths of a cell by walking every path.
func TestPathsAreCounted(t *testing.T) {
	one, err := nb201.New(nb201.Config{Name: "one", Channels: 4, Cells: 1}, space.Input{H: 8, W: 8, C: 3, Classes: 10})
	if err != nil {
		t.Fatal(err)
	}
	p := one.Plan(space.NewArch([]uint8{3, 1, 2, 4, 3, 3}))
	var count, sum, shortest, longest float64
	shortest = math.Inf(1)
	var walk func(i int, depth float64)
	walk = func(i int, depth float64) {
		if i < 0 {
			count, sum = count+1, sum+depth
			shortest, longest = min(shortest, depth), max(longest, depth)
			return
		}
		if moveOf(p[i].Layer) != 0 {
			depth++
		}
		for _, j := range p[i].In {
			walk(j, depth)
		}
	}
	walk(len(p)-1, 0)
	g := newGraph(p)
	want := []float64{shortest, longest, sum / count, math.Log(count)}
	got := []float64{g.numbers[0], g.numbers[1], g.numbers[2], g.numbers[4]}
	for k := range want {
		if math.Abs(got[k]-want[k]) > 1e-9 {
			t.Errorf("number %d: %v; want %v from every path walked", k, got[k], want[k])
		}
	}
	// Three cells: the path of three convolutions 3x3-1x1-3x3 and 3x3-3x3 once in each.
	three, one1 := moveOf(space.Layer{Op: space.Conv, K: space.Square(3), S: 1, G: 1}), moveOf(space.Layer{Op: space.Conv, K: space.Square(1), S: 1, G: 1})
	for _, path := range []pathOf{{three, one1, three}, {three, three}, {three}} {
		if n := g.paths[path.text()]; n < 3 {
			t.Errorf("path %s is counted %v times; want at least once a cell", path.text(), n)
		}
	}
	if n := g.paths[pathOf{three, one1, three}.text()]; n != 3 {
		t.Errorf("the longest path is counted %v times; want 3", n)
	}
}

// Every op has a code, and layers that differ in kind have different ones.
func TestEveryOpHasACode(t *testing.T) {
	for _, o := range space.Ops() {
		if _, ok := moveCodes[o]; !ok {
			t.Errorf("%v has no code; want a row in moveCodes", o)
		}
	}
	layer := func(o space.Op, h, w, g, dil int) space.Layer {
		return space.Layer{Op: o, InC: 8, K: space.Sides{H: h, W: w}, S: 1, G: g, Dil: dil}
	}
	kinds := map[move]space.Layer{}
	for _, l := range []space.Layer{
		layer(space.Conv, 3, 3, 1, 0), layer(space.Conv, 3, 3, 8, 0), layer(space.Conv, 3, 3, 2, 0), layer(space.Conv, 3, 3, 1, 2),
		layer(space.Conv, 3, 3, 8, 2), layer(space.Conv, 3, 3, 2, 2), layer(space.Conv, 1, 3, 1, 0), layer(space.Conv, 3, 1, 1, 0),
		layer(space.Conv, 1, 3, 8, 0), layer(space.Conv, 3, 1, 8, 0), layer(space.Conv, 1, 3, 1, 2), layer(space.Conv, 1, 5, 1, 0),
		layer(space.MaxPool, 3, 3, 0, 0), layer(space.AvgPool, 3, 3, 0, 0), layer(space.Zero, 0, 0, 0, 0), layer(space.Scale, 0, 0, 0, 0),
	} {
		m := moveOf(l)
		if other, taken := kinds[m]; taken || m == 0 {
			t.Errorf("%v has the code %#x of %v", l, m, other)
		}
		kinds[m] = l
	}
}

// TestGraphModelsRestoreBits saves and restores models that read plans.
func TestGraphModelsRestoreBits(t *testing.T) {
	f := cells(t)
	in := FamilyInputs(f)
	r := stream(1, forChains, 0)
	var archs []space.Arch
	var y []float64
	for range 40 {
		a := f.Space().Random(r)
		archs, y = append(archs, a), append(y, math.Log(in.FLOPs(a))+0.1*r.NormFloat64())
	}
	for _, name := range []string{"gp", "blend"} {
		p := fitted(t, name, in, Options{Seed: 1, Workers: 1}, archs[:30], y[:30])
		data, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		q := mustNew(t, name, in, Options{Seed: 1, Workers: 3})
		if err := json.Unmarshal(data, q.(json.Unmarshaler)); err != nil {
			t.Fatal(err)
		}
		other := fitted(t, name, in, Options{Seed: 1, Workers: 2}, archs[:30], y[:30])
		m, s := p.Predict(archs)
		for what, p := range map[string]Predictor{"restored": q, "of other workers": other} {
			if m2, s2 := p.Predict(archs); !slices.Equal(m, m2) || !slices.Equal(s, s2) {
				t.Errorf("%s: model %s predicts other bits", name, what)
			}
		}
		if tau := Kendall(m[30:], y[30:]); tau < 0.5 {
			t.Errorf("%s: tau %.2f on networks ranked by their size; want at least 0.5", name, tau)
		}
	}
}

// TestGraphsRankCells learns accuracies of NAS-Bench-201 from few networks: plans must pay.
func TestGraphsRankCells(t *testing.T) {
	p := loadPublic(t, "nb201")
	f, err := nb201.New(nb201.Config{Name: "nb201", Channels: 16, Cells: 5}, space.Input{H: 32, W: 32, C: 3, Classes: 10})
	if err != nil {
		t.Fatal(err)
	}
	y := p.column["c10_test"]
	train, test := p.draw(78, 500, 1)
	tau := func(in Inputs) float64 {
		m := fitted(t, "gp", in, Options{Seed: 1}, pick(p.archs, train), pick(y, train))
		pred, _ := m.Predict(pick(p.archs, test))
		return Kendall(pred, pick(y, test))
	}
	with, without := tau(FamilyInputs(f)), tau(Inputs{Features: oneHot(5)})
	t.Logf("tau %.3f with plans, %.3f without", with, without)
	atLeast(t, 78, "tau with plans", with, 0.82)
	atLeast(t, 78, "tau with plans over that without", with, without+0.1)
}
