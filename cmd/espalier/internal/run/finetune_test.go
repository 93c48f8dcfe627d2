package run

import (
	"math"
	"testing"

	"github.com/espalier-nas/espalier/supernet"
)

// Fine-tuning goes on from the best network's inherited weights at finetune.lr,
// all else as in train, and saves the network with statistics measured after it.
func TestFineTuningFollowsTheConfiguration(t *testing.T) {
	w := newWorld(t, asPredicted)
	o := w.spelt()
	w.cfg.Finetune.Steps, w.cfg.Finetune.LR, w.cfg.Finetune.Batch = 9, 0.013, 10
	o.Steps, o.LR, o.MinLR, o.Batch = 9, 0.013, 0, 10
	s := w.search("run")
	best := s.report.Pareto[len(s.report.Pareto)-1]
	n := s.net.Extract(w.arch(best.Arch))
	trainAnew(t, s.Run, n, single(n), o)
	got, err := supernet.LoadNetwork(s.dir.Path(s.report.Tuned.File))
	if err != nil {
		t.Fatal(err)
	}
	if n.Hash() != got.Net().Hash() {
		t.Error("the tuned network's weights are not those of the options spelt out")
	}
	norm := plainNorm(s.splits.Train)
	checkStem(t, s.dir.Path(s.report.Tuned.File), got, s.splits.Train, norm)
	e := exec(t, s.cfg.Kernel)
	val, test := right(t, e, got, norm, s.splits.Val, s.splits.Val.Len()), right(t, e, got, norm, s.splits.Test, s.splits.Test.Len())
	if math.Abs(val-s.report.Tuned.Validation) > 1e-9 || math.Abs(test-s.report.Tuned.Test) > 1e-9 {
		t.Errorf("the tuned network is said to have %v and %v; want %v on validation and %v on test", s.report.Tuned.Validation, s.report.Tuned.Test, val, test)
	}
}
