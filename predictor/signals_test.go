package predictor

import (
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/espalier-nas/espalier/supernet/space"
)

// TestSignalsByHand follows signals through a plan whose numbers are worked out on paper.
func TestSignalsByHand(t *testing.T) {
	conv := func(k int, from int) space.Step {
		return space.Step{Layer: space.Layer{Op: space.Conv, H: 8, W: 8, InC: 4, OutC: 4, K: space.Square(k), S: 1, G: 1}, In: []int{from}}
	}
	of := func(op space.Op, k int, in ...int) space.Step {
		l := space.Layer{Op: op, H: 8, W: 8, InC: 4, OutC: 4, K: space.Square(k), S: min(k, 1)}
		if len(in) > 1 {
			l.FanIn = len(in)
		}
		return space.Step{Layer: l, In: in}
	}
	plan := space.Plan{
		conv(3, space.Image),         // 0: variance 1, depth 1, field 1
		conv(1, 0),                   // 1: variance 1, depth 2, field 1
		of(space.AvgPool, 3, 0),      // 2: step 0, pooled once
		of(space.Add, 0, 0, 2, 1, 0), // 3: variance 2*2+1+1, since two equal summands add up; a cut
		of(space.Zero, 0, 3),         // 4: nothing
		conv(3, 3),                   // 5: depth 7/6+1
		of(space.Add, 0, 3, 5, 4),    // 6: in shares of 6 and 1 if variance is carried through the cut, else of 1 and 1
		conv(1, 6),                   // 7: a factor does not count
		of(space.Scale, 0, 6, 7),     // 8
		of(space.GlobalPool, 0, 8),   // 9
	}
	g := newGraph(plan)
	want := []float64{
		(6*7./6 + 13./6) / 7, (6*1. + 2) / 7, 1. / 6,
		(7./6 + 13./6) / 2, (1. + 2) / 2, 1. / 6,
	}
	for k, w := range want {
		if math.Abs(g.signals[k]-w) > 1e-12 {
			t.Errorf("signal %d is %v; want %v", k, g.signals[k], w)
		}
	}
	if g := newGraph(append(plan[:4:4], of(space.Zero, 0, 3), conv(3, 4))); g.signals[0] != 1 || g.signals[3] != 1 {
		t.Errorf("signals behind a convolution of zeros are %v; want the depth of that convolution alone", g.signals)
	}
}

// kept is a model that an earlier version saved, and what it predicted.
type kept struct {
	Genes     [][]uint8       `json:"genes"`
	Model     json.RawMessage `json:"model"`
	Mean, Std []float64
}

// TestGPOfEarlierVersions restores a model from before signals were looked at.
func TestGPOfEarlierVersions(t *testing.T) {
	data, err := os.ReadFile("testdata/gp-v1.json")
	if err != nil {
		t.Fatal(err)
	}
	var k kept
	if err := json.Unmarshal(data, &k); err != nil {
		t.Fatal(err)
	}
	var archs []space.Arch
	for _, g := range k.Genes {
		archs = append(archs, space.NewArch(g))
	}
	p := mustNew(t, "gp", FamilyInputs(cells(t)), Options{}).(*GP)
	if err := json.Unmarshal(k.Model, p); err != nil {
		t.Fatal(err)
	}
	mean, std := p.Predict(archs)
	for i := range archs {
		if math.Abs(mean[i]-k.Mean[i]) > 1e-9 || math.Abs(std[i]-k.Std[i]) > 1e-9 {
			t.Errorf("network %d: %v ± %v; want %v ± %v as before", i, mean[i], std[i], k.Mean[i], k.Std[i])
		}
	}
	if err := p.Fit(archs, mean); err != nil {
		t.Fatal(err)
	}
	now, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	p.state.Code.Signals = p.state.Code.Signals[1:]
	fewer, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(fewer, p); err == nil || !strings.Contains(err.Error(), "code has 5 signals; want 6") {
		t.Errorf("a signal is missing: error %v; want one that says so", err)
	}
	if err := json.Unmarshal(now, p); err != nil {
		t.Error(err)
	}
}
