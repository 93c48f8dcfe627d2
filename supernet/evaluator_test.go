package supernet

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/supernet/checkpoint"
	"github.com/espalier-nas/espalier/supernet/data"
	"github.com/espalier-nas/espalier/supernet/space"
	"github.com/espalier-nas/espalier/supernet/space/chain"
)

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 7)) }

// trained returns a briefly trained supernet.
func trained(t *testing.T, e *ops.Exec) (*chain.Family, *Net) {
	c := smallChain(t)
	tr := trainer(t, e, c, sampler(t, "sandwich", c), trainOptions)
	run(t, tr, trainOptions.Steps)
	return c, tr.net
}

// Scores do not depend on which subnets share a call, on the order, or on the
// workers, and evaluating leaves the shared weights alone.
func TestCandidatesAreEvaluatedInPrivate(t *testing.T) {
	ctx := context.Background()
	e := exec(t, 2)
	c, net := trained(t, e)
	hash := net.Hash()
	archs := []space.Arch{c.Extremes().Largest, c.Extremes().Smallest}
	for i := range uint64(10) {
		archs = append(archs, c.Space().Random(newRand(i)))
	}
	last := archs[len(archs)-1]
	archs = append(archs, c.Space().Mutate(newRand(1), last, 0.05), last) // a long common prefix, a duplicate
	v := evaluator(t, e, net)
	together, err := v.Evaluate(ctx, archs)
	if err != nil {
		t.Fatal(err)
	}
	computed, saved := v.Shared()
	if computed <= 0 || saved <= 0 {
		t.Errorf("computed %d, saved %d floating-point operations; want both above 0", computed, saved)
	}
	single := evaluator(t, exec(t, 1), net)
	var full int64
	for i, a := range slices.Backward(archs) {
		alone, err := single.Evaluate(ctx, []space.Arch{a})
		if err != nil {
			t.Fatal(err)
		}
		if alone[0] != together[i] {
			t.Errorf("%s: alone %v, together %v", c.Space().Format(a), alone[0], together[i])
		}
		full += c.Plan(a).FLOPs() * (40 + 50)
	}
	if computed+saved != full {
		t.Errorf("computed + saved = %d; want %d, the sum over all plans", computed+saved, full)
	}
	again := evaluator(t, e, net)
	again.Count(archs)
	if c, s := again.Shared(); c != computed || s != saved {
		t.Errorf("counted without evaluating: computed %d, saved %d; want %d and %d", c, s, computed, saved)
	}
	if net.Hash() != hash {
		t.Error("evaluating changed the shared weights")
	}
}

// An extracted network gives the logits of its subnet bit for bit, also after
// its file, and folding its batch norms changes rounding only.
func TestExtractedEqualsSubnet(t *testing.T) {
	ctx := context.Background()
	e := exec(t, 2)
	c, net := trained(t, e)
	v := evaluator(t, e, net)
	set := shapes(20, 4)
	x := make([]float32, 0, 20*9*9*2)
	for _, p := range set.Pix {
		x = append(x, float32(p)/255)
	}
	for i := range uint64(15) {
		a := c.Space().Random(newRand(i))
		stats, err := v.Calibrate(ctx, a)
		if err != nil {
			t.Fatal(err)
		}
		e.Begin(false)
		want := slices.Clone(net.Subnet(a).Forward(e, new(Pass), e.Input(20, 9, 9, 2, x), stats).Data)
		w, err := v.Deploy(ctx, a, Label{Arch: c.Space().Format(a), SpaceID: c.Space().ID(), Classes: set.Classes})
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "network.msgpack")
		if err := w.Save(path); err != nil {
			t.Fatal(err)
		}
		loaded, err := LoadNetwork(path)
		if err != nil {
			t.Fatal(err)
		}
		if loaded.Net().Size() != c.Plan(a).Params() {
			t.Errorf("extracted network has %d numbers; its plan says %d", loaded.Net().Size(), c.Plan(a).Params())
		}
		for name, n := range map[string]*Network{"extracted": w, "loaded": loaded} {
			if got := logits(t, e, n, x); !slices.Equal(got, want) {
				t.Errorf("%s: %s logits differ from the subnet's", c.Space().Format(a), name)
			}
		}
		for k, got := range logits(t, e, loaded.Fold(), x) {
			if math.Abs(float64(got-want[k])) > 2e-4*(1+math.Abs(float64(want[k]))) {
				t.Fatalf("%s: folded logit %v; want %v", c.Space().Format(a), got, want[k])
			}
		}
	}
}

func logits(t *testing.T, e *ops.Exec, n *Network, x []float32) []float32 {
	t.Helper()
	y, err := n.Predict(e, tensor.New(tensor.WithShape(len(x)/(9*9*2), 9, 9, 2), tensor.WithBacking(x)))
	if err != nil {
		t.Fatal(err)
	}
	return y.Data().([]float32)
}

func TestPredictRefusesOtherInput(t *testing.T) {
	e := exec(t, 1)
	c := smallChain(t)
	n, err := NewNetwork(c.Plan(c.Extremes().Smallest), 1)
	if err != nil {
		t.Fatal(err)
	}
	for name, x := range map[string]*tensor.Dense{
		"shape": tensor.New(tensor.WithShape(1, 9, 8, 2), tensor.Of(tensor.Float32)),
		"rank":  tensor.New(tensor.WithShape(9, 9, 2), tensor.Of(tensor.Float32)),
		"type":  tensor.New(tensor.WithShape(1, 9, 9, 2), tensor.Of(tensor.Float64)),
	} {
		if _, err := n.Predict(e, x); err == nil {
			t.Errorf("input of another %s was accepted", name)
		}
	}
}

// A network trained on its own is evaluated, tuned and saved like any other Net.
func TestExtractedNetworkCanBeTuned(t *testing.T) {
	e := exec(t, 2)
	c, net := trained(t, e)
	own := net.Extract(c.Extremes().Largest, "")
	set := shapes(60, 1)
	o := trainOptions
	o.Steps = 100
	tr, err := NewTrainer(e, own, set, data.Measure(set), Single{own.Family().(*space.Fixed).Arch()}, o)
	if err != nil {
		t.Fatal(err)
	}
	hash := net.Hash()
	run(t, tr, o.Steps)
	s, err := evaluator(t, e, own).Evaluate(context.Background(), []space.Arch{own.Family().(*space.Fixed).Arch()})
	if err != nil {
		t.Fatal(err)
	}
	if s[0].Accuracy < 0.8 {
		t.Errorf("tuned network reaches %.2f; want 0.8", s[0].Accuracy)
	}
	if net.Hash() != hash {
		t.Error("tuning the extracted network changed the supernet")
	}
}

// Bad network files give one error that names the file.
func TestLoadNetworkRefusesBadFiles(t *testing.T) {
	c := smallChain(t)
	n, err := NewNetwork(c.Plan(c.Extremes().Smallest), 1)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	n.label = Label{Classes: []string{"a", "b", "c"}, Mean: []float32{0, 0}, Std: []float32{1, 1}}
	good := filepath.Join(dir, "good")
	if err := n.Save(good); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(f *checkpoint.File){
		"kind":    func(f *checkpoint.File) { f.Kind = KindSupernet },
		"meta":    func(f *checkpoint.File) { f.Meta = []byte(`{"plan":3}`) },
		"missing": func(f *checkpoint.File) { f.Tensors = f.Tensors[1:] },
		"classes": func(f *checkpoint.File) { f.Meta = []byte(strings.Replace(string(f.Meta), `["a",`, `[`, 1)) },
		"step":    func(f *checkpoint.File) { f.Meta = []byte(strings.Replace(string(f.Meta), `"H":9`, `"H":90000000`, 1)) },
		"reads":   func(f *checkpoint.File) { f.Meta = []byte(strings.Replace(string(f.Meta), `"In":[-1]`, `"In":[7]`, 1)) },
		"conv\"":  func(f *checkpoint.File) { f.Meta = []byte(strings.Replace(string(f.Meta), `"conv"`, `"konv"`, 1)) },
	} {
		f, err := checkpoint.Read(good)
		if err != nil {
			t.Fatal(err)
		}
		spoil(f)
		bad := filepath.Join(dir, "bad")
		if err := checkpoint.Write(bad, f); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadNetwork(bad); err == nil || !strings.Contains(err.Error(), bad) {
			t.Errorf("%s: got %v; want an error that names the file", name, err)
		}
	}
}

// Sums of convolutions computed in place have the bits of separate buffers:
// the tree of plans, which shares each step, and a subnet's own pass agree.
func TestSumsInPlaceKeepBits(t *testing.T) {
	e := exec(t, 2)
	c, net := trained(t, e)
	v := evaluator(t, e, net)
	set := shapes(16, 5)
	var inPlace int
	for i := range uint64(20) {
		a := c.Space().Random(newRand(i))
		s := net.Subnet(a)
		for _, f := range s.fused {
			if f.accumulates {
				inPlace++
			}
		}
		tree := newTrie([]*Subnet{s})
		if err := v.calibrate(context.Background(), tree); err != nil {
			t.Fatal(err)
		}
		x := make([]float32, len(set.Pix))
		for k, p := range set.Pix {
			x[k] = float32(p)/128 - 1
		}
		e.Begin(false)
		image := e.Input(16, 9, 9, 2, x)
		var want []float32
		tree.walk(e, new(Pass), image, ops.NormRunning, func(_ int, y *ops.Tensor) { want = slices.Clone(y.Data) })
		if got := s.Forward(e, new(Pass), image, tree.statsOf(s)).Data; !slices.Equal(got, want) {
			t.Errorf("%s: logits differ", c.Space().Format(a))
		}
	}
	if inPlace == 0 {
		t.Error("no convolution was summed in place")
	}
}

// Evaluating one batch by its own statistics agrees with calibrating on that batch.
func TestQuickScoreUsesTheBatch(t *testing.T) {
	e := exec(t, 2)
	c, net := trained(t, e)
	hash := net.Hash()
	set := shapes(40, 6)
	norm := data.Measure(set)
	var b data.Batch
	data.NewLoader(set, norm, data.Augment{}, 40, 0).Sequential(&b, 0, 40)
	v, err := NewEvaluator(e, net, set, set, norm, EvalOptions{Calibration: 40, Batch: 40})
	if err != nil {
		t.Fatal(err)
	}
	for i := range uint64(5) {
		a := c.Space().Random(newRand(i))
		want, err := v.Evaluate(context.Background(), []space.Arch{a})
		if err != nil {
			t.Fatal(err)
		}
		got := net.QuickScore(e, new(Pass), a, &b)
		if math.Abs(got.Loss-want[0].Loss) > 1e-4 || math.Abs(got.Accuracy-want[0].Accuracy) > 0.03 {
			t.Errorf("%s: %+v; want %+v", c.Space().Format(a), got, want[0])
		}
	}
	if net.Hash() != hash {
		t.Error("a quick score changed the weights")
	}
}

func TestEvaluationEndsWithItsContext(t *testing.T) {
	e := exec(t, 1)
	c, net := trained(t, e)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := evaluator(t, e, net).Evaluate(ctx, []space.Arch{c.Extremes().Largest}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v; want the context's error", err)
	}
}
