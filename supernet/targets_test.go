package supernet

import (
	"context"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/espalier-nas/espalier/supernet/data"
)

// oneHot returns logits that leave no doubt about the labels of a set.
func oneHot(s *data.Set) []float32 {
	logits := make([]float32, s.Len()*len(s.Classes))
	for i, l := range s.Labels {
		logits[i*len(s.Classes)+int(l)] = 100
	}
	return logits
}

func distil(t *testing.T, tr *Trainer, g Targets) {
	t.Helper()
	if err := tr.Distil(g); err != nil {
		t.Fatal(err)
	}
}

// A teacher that knows the labels teaches what labels do, whatever its weight:
// the logits reach the pictures that they are of. One that is wrong does not.
func TestTargetsReachTheirPictures(t *testing.T) {
	c := smallChain(t)
	o := trainOptions
	o.Smoothing = 0
	set := shapes(60, 1)
	losses := func(g *Targets) (l []float64) {
		tr := trainer(t, exec(t, 2), c, Single{c.Extremes().Largest}, o)
		if g != nil {
			distil(t, tr, *g)
		}
		if err := tr.Run(context.Background(), o.Steps, func(p Progress) error { l = append(l, p.Loss); return nil }); err != nil {
			t.Fatal(err)
		}
		return l
	}
	labels := losses(nil)
	wrong := oneHot(set)
	copy(wrong, oneHot(set)[3:]) // each picture has the logits of the next one
	for _, w := range []float64{0, 0.4, 1} {
		taught, misled := losses(&Targets{oneHot(set), w}), losses(&Targets{wrong, w})
		for i := range labels {
			if math.Abs(taught[i]-labels[i]) > 1e-4 {
				t.Errorf("weight %v, step %d: loss %v; want %v, that of the labels", w, i, taught[i], labels[i])
			}
		}
		if last := len(labels) - 1; w > 0 && math.Abs(misled[last]-labels[last]) < 1e-2 {
			t.Errorf("weight %v: wrong logits give the loss of the labels", w)
		}
	}
}

func TestDistilRefusesBadTargets(t *testing.T) {
	c := smallChain(t)
	set := shapes(60, 1)
	tr := trainer(t, exec(t, 1), c, Single{c.Extremes().Largest}, trainOptions)
	err := tr.Distil(Targets{Logits: []float32{1, float32(math.NaN())}, Weight: 2})
	for _, want := range []string{"hold 2 logits; want 180", "weight of the targets is 2", "logit 1 of the targets is NaN"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v; want an error that says %q", err, want)
		}
	}
	run(t, tr, 1)
	if err := tr.Distil(Targets{oneHot(set), 0.5}); err == nil {
		t.Error("targets after the first step were accepted")
	}
}

// Whatever an option adds to a training, it goes on from its file to the same
// bits, with another number of workers; with another teacher it does not go on.
func TestRecipesResume(t *testing.T) {
	c := smallChain(t)
	set := shapes(60, 1)
	o := trainOptions
	o.Average, o.Schedule, o.Clip, o.Balance = 0.1, ScheduleLinear, 5, true
	o.Augment = data.Augment{Crop: 1, Flip: true, Alternate: true, Cutout: 2, Erase: 0.5, EraseMost: 0.3}
	targets := Targets{oneHot(set), 0.5}
	start := func(workers int) *Trainer {
		tr := trainer(t, exec(t, workers), c, sampler(t, "sandwich", c), o)
		distil(t, tr, targets)
		return tr
	}
	whole := start(1)
	run(t, whole, o.Steps)
	for stop := range o.Steps {
		first, second := start(2), start(2)
		run(t, first, stop)
		path := filepath.Join(t.TempDir(), "supernet.msgpack")
		if err := first.Save(path, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := second.Load(path); err != nil {
			t.Fatal(err)
		}
		run(t, second, o.Steps)
		if second.net.Hash() != whole.net.Hash() || second.Averaged().Hash() != whole.Averaged().Hash() {
			t.Errorf("stopped after %d steps: weights or their average differ from the uninterrupted run's", stop)
		}
		other := trainer(t, exec(t, 1), c, sampler(t, "sandwich", c), o)
		if _, err := other.Load(path); err == nil || !strings.Contains(err.Error(), "teacher") {
			t.Errorf("without the teacher: %v; want an error that names it", err)
		}
		targets := targets
		targets.Weight = 0.25
		distil(t, other, targets)
		if _, err := other.Load(path); err == nil || !strings.Contains(err.Error(), "teacher") {
			t.Errorf("with another weight: %v; want an error that names the teacher", err)
		}
	}
}

// Logits are those of Predict, in the order of the set, for any batch.
func TestLogits(t *testing.T) {
	c := smallChain(t)
	e := exec(t, 2)
	set := shapes(50, 2)
	n, err := evaluator(t, e, New(c, 3)).Deploy(context.Background(), c.Extremes().Largest, Label{Classes: set.Classes})
	if err != nil {
		t.Fatal(err)
	}
	var b data.Batch
	data.NewLoader(set, n.Normalization(), data.Augment{}, 1, 0).Sequential(&b, 0, set.Len())
	want, err := n.Predict(e, b.Tensor())
	if err != nil {
		t.Fatal(err)
	}
	for _, batch := range []int{7, 50, 64} {
		got, err := n.Logits(context.Background(), e, set, batch)
		if err != nil || len(got) != len(want.Data().([]float32)) {
			t.Fatalf("batch %d: %d logits, %v", batch, len(got), err)
		}
		for i, v := range want.Data().([]float32) {
			if math.Abs(float64(got[i]-v)) > 1e-4 {
				t.Fatalf("batch %d: logit %d is %v; want %v", batch, i, got[i], v)
			}
		}
	}
	done, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := n.Logits(done, e, set, 10); err == nil {
		t.Error("a done context: no error")
	}
}

// Training that is to show every class equally often takes its batches from a balanced loader.
func TestBalancedTraining(t *testing.T) {
	c := smallChain(t)
	all := shapes(60, 1)
	few := all.Subset([]int{0, 1, 2, 3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 33, 36, 39, 42, 45, 48, 51}) // 18 of class 0, 1 of each other
	o := trainOptions
	o.Balance = true
	tr, err := NewTrainer(exec(t, 1), New(c, 3), few, data.Measure(few), sampler(t, "uniform", c), o)
	if err != nil {
		t.Fatal(err)
	}
	want := data.NewBalancedLoader(few, data.Measure(few), o.augment(few.Len()/o.Batch), o.Batch, o.Seed)
	var a, b data.Batch
	tr.loader.Fill(&a, 2, 0)
	want.Fill(&b, 2, 0)
	if !slices.Equal(a.X, b.X) || !slices.Equal(a.Index, b.Index) {
		t.Error("a balanced training's batch is not a balanced loader's")
	}
	if n := len(slices.DeleteFunc(slices.Clone(a.Labels), func(l int32) bool { return l == 0 })); n < o.Batch/2 {
		t.Errorf("%d of %d pictures of a batch are of the two small classes; want about two thirds", n, o.Batch)
	}
}
