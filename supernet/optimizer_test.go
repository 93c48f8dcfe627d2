package supernet

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/espalier-nas/espalier/supernet/data"
	"github.com/espalier-nas/espalier/supernet/space"
)

// muonOptions train with Muon.
func muonOptions() TrainOptions {
	o := trainOptions
	o.Optimizer, o.MuonRatio = OptimizerMuon, 0.1
	return o
}

// A network of its own that is trained with Muon ends with the same bits for any number of
// workers and after a stop at any step.
func TestMuonResumes(t *testing.T) {
	c := smallChain(t)
	own, err := space.NewFixed(c.Plan(c.Extremes().Largest))
	if err != nil {
		t.Fatal(err)
	}
	o := muonOptions()
	begin := func(workers int) *Trainer {
		return trainer(t, exec(t, workers), own, Single{own.Arch()}, o)
	}
	whole := begin(1)
	run(t, whole, o.Steps)
	for stop := range o.Steps {
		first := begin(2)
		run(t, first, stop)
		path := filepath.Join(t.TempDir(), "network.msgpack")
		if err := first.Save(path, nil); err != nil {
			t.Fatal(err)
		}
		second := begin(3)
		if _, err := second.Load(path); err != nil {
			t.Fatal(err)
		}
		run(t, second, o.Steps)
		if second.net.Hash() != whole.net.Hash() {
			t.Errorf("stopped after %d steps: weights differ from the uninterrupted run's", stop)
		}
	}
	sgd := o
	sgd.Optimizer = OptimizerSGD
	other := trainer(t, exec(t, 1), own, Single{own.Arch()}, sgd)
	run(t, other, o.Steps)
	if other.net.Hash() == whole.net.Hash() {
		t.Error("Muon and SGD train the same weights")
	}
}

func TestMuonRefusesSharedWeights(t *testing.T) {
	set := shapes(60, 1)
	_, err := NewTrainer(exec(t, 1), New(smallChain(t), 1), set, data.Measure(set), Single{}, muonOptions())
	if err == nil || !strings.Contains(err.Error(), `want "sgd"`) {
		t.Errorf("error is %v; want one that asks for sgd", err)
	}
}

// TestMatricesAreBeforeNorms demands that Muon takes convolutions under a norm, by
// themselves or in a sum, and nothing else.
func TestMatricesAreBeforeNorms(t *testing.T) {
	conv := func(name, norm string, in ...int) space.Step {
		return space.Step{Layer: space.Layer{Op: space.Conv, G: 1}, Weight: name, Norm: norm, In: in}
	}
	grouped := conv("grouped", "grouped", 0)
	grouped.Layer.G = 4
	biased := conv("biased", "", 0)
	biased.Bias = true
	sum := func(norm string, in ...int) space.Step {
		return space.Step{Layer: space.Layer{Op: space.Add}, Norm: norm, In: in}
	}
	p := space.Plan{
		conv("stem", "stem", space.Image), // 0
		grouped, biased,                   // 1, 2
		conv("left", "", 0), conv("right", "", 0), sum("sum", 3, 4), // 3, 4, 5
		conv("plain", "", 5), sum("", 5, 6), // 6, 7
		conv("twice", "", 7), sum("again", 7, 8), sum("", 8, 9), // 8, 9, 10
		{Layer: space.Layer{Op: space.Linear}, Weight: "classifier", Bias: true, In: []int{10}},
	}
	if got, want := normed(p), []string{"stem", "left", "right"}; !slices.Equal(got, want) {
		t.Errorf("matrices are %v; want %v", got, want)
	}
}
