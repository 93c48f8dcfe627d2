package supernet

import (
	"math"
	"path/filepath"
	"slices"
	"testing"

	"gorgonia.org/tensor"

	"github.com/espalier-nas/espalier/supernet/checkpoint"
	"github.com/espalier-nas/espalier/supernet/data"
	"github.com/espalier-nas/espalier/supernet/space"
	"github.com/espalier-nas/espalier/supernet/space/chain"
)

// signalSamples is the length of a signal.
const signalSamples = 24

// signalChain is a space of 1-D convolutions over signals, pictures of one row.
func signalChain(t testing.TB) *chain.Family {
	t.Helper()
	c, err := chain.New(chain.Config{
		Name: "signals", Stem: 6, StemKernel: "1x3", Layers: 3,
		Ops:    []string{"conv1x3", "conv1x7", "conv1x3d2", "sep1x5", "maxpool1x3", "identity"},
		Widths: []int{6, 10}, Skips: true, Downsample: []int{2}, ElasticKernel: true,
	}, space.Input{H: 1, W: signalSamples, C: 1, Classes: 3})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// signals returns n noisy waves of any phase, the class told by their period.
func signals(n int, seed uint64) *data.Set {
	r := newRand(seed)
	s := &data.Set{H: 1, W: signalSamples, C: 1, Classes: []string{"3", "5", "11"}}
	for i := range n {
		period, phase := []float64{3, 5, 11}[i%3], r.Float64()
		for x := range signalSamples {
			s.Pix = append(s.Pix, uint8(128+60*math.Sin(2*math.Pi*(float64(x)/period+phase))+20*(r.Float64()-0.5)))
		}
		s.Labels = append(s.Labels, uint16(i%3))
	}
	return s
}

// A supernet of 1-D convolutions learns to tell signals apart. Its subnets compute what
// loops over the definition do, and so do the networks cut out of it, from their files, bit
// for bit.
func TestSignals(t *testing.T) {
	e, c, train, test := exec(t, 2), signalChain(t), signals(90, 1), signals(60, 2)
	o := TrainOptions{Batch: 30, Steps: 100, LR: 0.1, Momentum: 0.9, WeightDecay: 1e-4, Warmup: 0.1, Seed: 5}
	tr, err := NewTrainer(e, New(c, 3), train, data.Measure(train), sampler(t, "sandwich", c), o)
	if err != nil {
		t.Fatal(err)
	}
	run(t, tr, o.Steps)
	v, err := NewEvaluator(e, tr.net, train, test, data.Measure(train), EvalOptions{Calibration: 60, Batch: 30, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	scores, err := v.Evaluate(t.Context(), []space.Arch{c.Extremes().Largest})
	if err != nil {
		t.Fatal(err)
	}
	if scores[0].Accuracy < 0.9 {
		t.Errorf("%.2f of the signals are told apart; want 0.9", scores[0].Accuracy)
	}
	x := make([]float32, 0, len(test.Pix))
	for _, p := range test.Pix {
		x = append(x, float32(p)/255)
	}
	for i := range uint64(8) {
		checkSignals(t, v, c, c.Space().Random(newRand(i)), x)
	}
}

// checkSignals compares a subnet with plain loops and with the network cut out of it.
func checkSignals(t *testing.T, v *Evaluator, c *chain.Family, a space.Arch, x []float32) {
	t.Helper()
	text, n := c.Space().Format(a), len(x)/signalSamples
	for _, s := range c.Plan(a) {
		if k := s.Layer.K; k.H > 1 && s.Weight != "" {
			t.Errorf("%s: %v is not 1-D", text, s.Layer)
		}
	}
	stats, err := v.Calibrate(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	v.exec.Begin(false)
	got := slices.Clone(v.net.Subnet(a).Forward(v.exec, new(Pass), v.exec.Input(n, 1, signalSamples, 1, x), stats).Data)
	image := newPlainMaps(n, 1, signalSamples, 1)
	for i, p := range x {
		image.v[i] = float64(p)
	}
	want := newPlainNet(v.net).forward(c.Plan(a), image, func(i int, y plainMaps) moments {
		m := moments{make([]float64, y.c), make([]float64, y.c)}
		for k := range y.c {
			m.mean[k], m.variance[k] = float64(stats[i].Mean[k]), float64(stats[i].Var[k])
		}
		return m
	})
	for k, y := range got {
		if math.Abs(float64(y)-want[k]) > 1e-4*(1+math.Abs(want[k])) {
			t.Fatalf("%s: logit %d is %v; want %v", text, k, y, want[k])
		}
	}
	w, err := v.Deploy(t.Context(), a, Label{Arch: text, SpaceID: c.Space().ID(), Classes: []string{"3", "5", "11"}})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "network.msgpack")
	if err := w.Save(path); err != nil {
		t.Fatal(err)
	}
	file, err := checkpoint.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, tensor := range file.Tensors {
		if want := []int{6, 1, 1, 3}; tensor.Name == "stem" && !slices.Equal(tensor.Shape, want) {
			t.Errorf("%s: the stem is kept as %v; want %v: outputs, inputs, height, width", text, tensor.Shape, want)
		}
	}
	if w, err = LoadNetwork(path); err != nil {
		t.Fatal(err)
	}
	y, err := w.Predict(v.exec, tensor.New(tensor.WithShape(n, 1, signalSamples, 1), tensor.WithBacking(x)))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(y.Data().([]float32), got) {
		t.Errorf("%s: logits of its file differ from the subnet's", text)
	}
}
