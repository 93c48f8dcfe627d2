package supernet

import (
	"context"
	"errors"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/supernet/data"
	"github.com/espalier-nas/espalier/supernet/space"
	"github.com/espalier-nas/espalier/supernet/space/chain"
)

// Weights, gradients and momentum outside the trained view keep their bits.
func TestTrainingTouchesOnlyTheView(t *testing.T) {
	for seed := range uint64(16) {
		c := smallChain(t)
		if seed >= 12 {
			c = oblongChain(t)
		}
		a := c.Space().Random(newRand(seed))
		e := exec(t, 2)
		tr := trainer(t, e, c, sampler(t, "sandwich", c), trainOptions)
		run(t, tr, 3) // momentum everywhere
		tr.sampler = Single{a}
		before, moment := snapshot(tr)
		run(t, tr, 5)
		inside := insideOf(tr.net, c.Plan(a))
		var changed int
		for k, p := range tr.net.params {
			now, in := tr.opt.State()[k].Data, inside[p.Name]
			for i, v := range p.Data {
				same := v == before[k][i] && math.Float32bits(now[i]) == math.Float32bits(moment[k][i])
				if !in[i] && (!same || p.Grad[i] != 0) {
					t.Fatalf("%s: %s[%d] changed outside the view", c.Space().Format(a), p.Name, i)
				}
				if in[i] && !same {
					changed++
				}
			}
		}
		if changed == 0 {
			t.Fatalf("%s: nothing was trained", c.Space().Format(a))
		}
	}
}

// oblongChain is a space whose layers share the centres of one kernel in both directions.
func oblongChain(t testing.TB) *chain.Family {
	t.Helper()
	c, err := chain.New(chain.Config{
		Name: "oblong", Stem: 6, StemKernel: "3x1", Layers: 3,
		Ops:    []string{"conv3x1", "conv1x5", "conv3x3", "conv3x3d2", "sep1x3", "sep5x1"},
		Widths: []int{6, 20}, Downsample: []int{2}, ElasticKernel: true,
	}, space.Input{H: 9, W: 9, C: 2, Classes: 3})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// insideOf marks every stored number that a plan reads, from the plan alone.
func insideOf(n *Net, plan space.Plan) map[string][]bool {
	in := map[string][]bool{}
	for _, p := range n.params {
		in[p.Name] = make([]bool, len(p.Data))
	}
	for _, s := range plan {
		l := s.Layer
		if s.Weight != "" {
			p := n.byName[s.Weight]
			kh, kw, inC := max(l.K.H, 1), max(l.K.W, 1), l.InC
			if p.Layout == ops.DepthwiseLayout {
				inC = 1
			}
			top, left := (p.KH-kh)/2, (p.KW-kw)/2
			for o := range l.OutC {
				for i := range inC {
					for y := range kh {
						for x := range kw {
							in[p.Name][p.Index(o, i, top+y, left+x)] = true
						}
					}
				}
			}
		}
		if s.Bias {
			mark(in[s.Weight+".bias"], l.OutC)
		}
		if s.Norm != "" {
			mark(in[scaleName(s.Norm)], l.OutC)
			mark(in[shiftName(s.Norm)], l.OutC)
		}
	}
	return in
}

func mark(b []bool, n int) {
	for i := range n {
		b[i] = true
	}
}

func snapshot(tr *Trainer) (weights, momentum [][]float32) {
	for k, p := range tr.net.params {
		weights = append(weights, append([]float32(nil), p.Data...))
		momentum = append(momentum, append([]float32(nil), tr.opt.State()[k].Data...))
	}
	return weights, momentum
}

// A run interrupted after any step and resumed from its file, with another
// number of workers, ends with the bits of one that was never stopped.
func TestResumeEqualsUninterrupted(t *testing.T) {
	c := smallChain(t)
	for _, name := range Samplers() {
		whole := trainer(t, exec(t, 1), c, sampler(t, name, c), trainOptions)
		run(t, whole, trainOptions.Steps)
		for stop := range trainOptions.Steps {
			first := trainer(t, exec(t, 2), c, sampler(t, name, c), trainOptions)
			run(t, first, stop)
			path := filepath.Join(t.TempDir(), "supernet.msgpack")
			if err := first.Save(path, []byte(`{"note":1}`)); err != nil {
				t.Fatal(err)
			}
			second := trainer(t, exec(t, 2), c, sampler(t, name, c), trainOptions)
			owner, err := second.Load(path)
			if err != nil {
				t.Fatal(err)
			}
			if string(owner) != `{"note":1}` {
				t.Errorf("owner's document came back as %s", owner)
			}
			run(t, second, trainOptions.Steps)
			if second.net.Hash() != whole.net.Hash() {
				t.Errorf("%s stopped after %d steps: weights differ from the uninterrupted run's", name, stop)
			}
		}
	}
}

func TestTrainingLearns(t *testing.T) {
	c := smallChain(t)
	e := exec(t, 2)
	o := trainOptions
	o.Steps, o.WeightDecay = 150, 1e-4
	names := Samplers()
	if testing.Short() {
		names = []string{"uniform"}
	}
	for _, name := range names {
		tr := trainer(t, e, c, sampler(t, name, c), o)
		v := evaluator(t, e, tr.net)
		archs := []space.Arch{c.Extremes().Largest, c.Extremes().Smallest}
		before, err := v.Evaluate(context.Background(), archs)
		if err != nil {
			t.Fatal(err)
		}
		run(t, tr, o.Steps)
		after, err := v.Evaluate(context.Background(), archs)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: accuracy of largest %.2f -> %.2f, smallest %.2f -> %.2f", name, before[0].Accuracy, after[0].Accuracy, before[1].Accuracy, after[1].Accuracy)
		if after[0].Accuracy < 0.8 {
			t.Errorf("%s: the largest subnet reaches %.2f; want 0.8", name, after[0].Accuracy)
		}
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	c := smallChain(t)
	tr := trainer(t, exec(t, 1), c, sampler(t, "uniform", c), trainOptions)
	ctx, cancel := context.WithCancel(context.Background())
	err := tr.Run(ctx, 6, func(p Progress) error {
		if p.Step == 2 {
			cancel()
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) || tr.Step() != 2 {
		t.Fatalf("stopped after step %d with %v; want step 2 and the context's error", tr.Step(), err)
	}
}

func TestTrainerRefusesBadOptions(t *testing.T) {
	err := TrainOptions{LR: -1, Momentum: 1, Clip: -1, Smoothing: 2, Warmup: 1, MinLR: 3, WeightDecay: -1, Schedule: "steps", Average: 0.6, Optimizer: "adam", DropPath: 1, Auxiliary: -1}.Validate()
	for _, field := range []string{"batch", "steps", "lr", "min_lr", "warmup", "momentum", "weight_decay", "smoothing", "clip", "schedule", "average", "optimizer", "drop_path", "auxiliary"} {
		if err == nil || !strings.Contains(err.Error(), field+" is") {
			t.Errorf("error does not name %s: %v", field, err)
		}
	}
	o := trainOptions
	o.Batch = 1000
	set := shapes(60, 1)
	if _, err := NewTrainer(exec(t, 1), New(smallChain(t), 1), set, data.Measure(set), Single{}, o); err == nil {
		t.Error("a batch larger than the data was accepted")
	}
}

func TestLoadRefusesOtherRuns(t *testing.T) {
	c := smallChain(t)
	e := exec(t, 1)
	tr := trainer(t, e, c, sampler(t, "uniform", c), trainOptions)
	run(t, tr, 1)
	path := filepath.Join(t.TempDir(), "supernet.msgpack")
	if err := tr.Save(path, nil); err != nil {
		t.Fatal(err)
	}
	o := trainOptions
	o.LR = 0.1
	if _, err := trainer(t, e, c, sampler(t, "uniform", c), o).Load(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("other options: got %v; want an error that names the file", err)
	}
	config := c.Config()
	config.Widths = []int{8, 12}
	other, err := chain.New(config, c.Input())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := New(other, 1).Load(path); err == nil || !strings.Contains(err.Error(), "space_id") {
		t.Errorf("another space: got %v; want an error that names space_id", err)
	}
	same := New(c, 9)
	if _, err := same.Load(path); err != nil || same.Hash() != tr.net.Hash() {
		t.Errorf("loading weights alone: %v, hash %s; want %s", err, same.Hash(), tr.net.Hash())
	}
}

// The last Plain passes, at least, show images as they are; whole epochs before
// them are varied.
func TestPlainPassesAreTheLast(t *testing.T) {
	crop := data.Augment{Crop: 2}
	for _, c := range []struct {
		steps int
		plain float64
		want  data.Augment
	}{
		{100, 0, crop},
		{100, 4, data.Augment{Crop: 2, Until: 6}},
		{109, 4, data.Augment{Crop: 2, Until: 6}},
		{100, 4.5, data.Augment{Crop: 2, Until: 5}},
		{40, 4, data.Augment{}},
		{5, 4, data.Augment{}},
	} {
		if got := (TrainOptions{Steps: c.steps, Plain: c.plain, Augment: crop}).augment(10); got != c.want {
			t.Errorf("%d steps, %v plain passes: %+v; want %+v", c.steps, c.plain, got, c.want)
		}
	}
	o := TrainOptions{Batch: 1, Steps: 1, LR: 1, Plain: -1}
	if err := o.Validate(); err == nil || !strings.Contains(err.Error(), "plain") {
		t.Errorf("plain -1: %v", err)
	}
}

// A loss that is no number, or that explodes, ends training in its step, before any weight
// changes.
func TestDivergenceIsNoticed(t *testing.T) {
	for name, value := range map[string]float32{"NaN": float32(math.NaN()), "explosion": 1e9} {
		t.Run(name, func(t *testing.T) {
			c := smallChain(t)
			o := trainOptions
			o.Steps = 6
			tr := trainer(t, exec(t, 2), c, Single{c.Extremes().Narrow}, o)
			if err := tr.Run(t.Context(), 3, nil); err != nil {
				t.Fatal(err)
			}
			tr.net.byName["classifier.bias"].Data[1] = value
			before := tr.net.Hash()
			err := tr.Run(t.Context(), 6, nil)
			var d *DivergedError
			if !errors.As(err, &d) || d.Step != 4 || d.Steps != 6 || d.Arch != c.Space().Format(c.Extremes().Narrow) {
				t.Fatalf("%v; want a divergence in step 4 of 6", err)
			}
			if tr.net.Hash() != before || tr.Step() != 3 {
				t.Errorf("the step was taken: %d steps done", tr.Step())
			}
		})
	}
}

// Restarts fill the steps with three cosines, each twice as long as the one before.
func TestRestartsFillTheSteps(t *testing.T) {
	o := TrainOptions{Steps: 80, LR: 1, Warmup: 0.125, Schedule: ScheduleRestarts}
	rate := o.rate()
	var peaks []int
	for step := range o.Steps {
		if rate.At(step) == 1 && step >= 9 {
			peaks = append(peaks, step)
		}
	}
	if !slices.Equal(peaks, []int{9, 10, 20, 40}) { // the last step of the warm-up, then the beginnings
		t.Errorf("the rate is at its peak in the steps %v", peaks)
	}
	if last := rate.At(79); last > 0.01 {
		t.Errorf("the rate ends at %v; want it near 0", last)
	}
}
