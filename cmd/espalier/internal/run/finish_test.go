package run

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Finishing trains at finish.lr in batches of finish.batch, all else as in train,
// with another order on each rung.
func TestFinishingFollowsTheConfiguration(t *testing.T) {
	w := newWorld(t, asPredicted)
	want := w.spelt()
	w.cfg.Finish.LR, w.cfg.Finish.Batch = 0.013, 10
	want.Steps, want.LR, want.MinLR, want.Batch = 9, 0.013, 0, 10
	r := w.open("run")
	first, second := r.finishOptions(9, 0), r.finishOptions(9, 1)
	if first.Seed == second.Seed {
		t.Errorf("both rungs have the seed %d", first.Seed)
	}
	first.Seed = want.Seed
	if d := cmp.Diff(want, first); d != "" {
		t.Errorf("options differ (-want +got):\n%s", d)
	}
}
