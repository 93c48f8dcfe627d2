package search

import (
	"math"
	"slices"
	"testing"

	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/search/rundir"
)

// Networks of one width come before all others of their slot, and among themselves the one that is
// worth more: the score that it inherits counts, not its latency.
func TestGivenNetworksAreComparedByWorth(t *testing.T) {
	w := newWorld(t, asPredicted)
	uniform := w.family.Extremes().Uniform
	if len(uniform) < 2 {
		t.Fatalf("%d networks of one width; want at least two", len(uniform))
	}
	other := w.family.Extremes().Largest
	if slices.Contains(uniform, other) {
		t.Fatal("the largest network is of one width; want another one")
	}
	at := func(latency, loss float64) controller.Trial {
		return controller.Trial{Arch: other, Cost: controller.Cost{Latency: latency}, Loss: loss}
	}
	fast, slow := at(1.0e-5, 1.2), at(1.1e-5, 0.9)
	fast.Arch, slow.Arch = uniform[0], uniform[1]
	for _, c := range []struct {
		name   string
		what   string
		logged bool // candidates that an earlier version has chosen
		want   controller.Trial
	}{
		{"new", "the one that is worth more", false, slow},
		{"begun", "the faster one, as an earlier version chose", true, fast},
	} {
		r := w.open(c.name)
		if c.logged {
			r.logged = map[string][]rundir.Trial{armFinal: {{}}}
		}
		if err := r.settleEarly(); err != nil {
			t.Fatal(err)
		}
		all := r.contenders([]controller.Trial{at(1.05e-5, 0.1), fast, slow})
		if got := spread(all, 1); len(got) != 1 || got[0].Arch != c.want.Arch {
			t.Errorf("of one slot %v is tried; want %s", got, c.what)
		}
		var again state
		if err := r.dir.ReadJSON(rundir.State, &again); err != nil || again.ByWorth == c.logged || again.ReachPredicted == c.logged || again.DoubtfulOnly == c.logged {
			t.Errorf("%s: the folder says %v, %v, %v, error %v", c.what, again.ByWorth, again.ReachPredicted, again.DoubtfulOnly, err)
		}
		if v := r.early(at(1, 0.1)); math.Abs(v) > 100 {
			t.Errorf("another network has the worth %v", v)
		}
	}
}
