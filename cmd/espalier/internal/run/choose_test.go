package run

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/espalier-nas/espalier/bench"
	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/supernet/space"
)

func trial(id uint8, accuracy, latency float64) controller.Trial {
	return controller.Trial{Index: int(id), Arch: space.NewArch([]uint8{id}), Accuracy: accuracy, Cost: controller.Cost{Latency: latency}}
}

func trials(t *rapid.T) []controller.Trial {
	n := rapid.IntRange(0, 60).Draw(t, "n")
	out := make([]controller.Trial, n)
	for i := range out {
		out[i] = trial(rapid.Uint8Range(0, 80).Draw(t, "arch"), float64(rapid.IntRange(0, 20).Draw(t, "accuracy")), float64(rapid.IntRange(1, 20).Draw(t, "latency")))
	}
	return out
}

func TestFinalistsAreDistinctFeasibleAndHoldTheBest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := trials(t)
		n := rapid.IntRange(1, 20).Draw(t, "finalists")
		limits := controller.Limits{Latency: float64(rapid.IntRange(0, 20).Draw(t, "limit"))}
		fit := fitting(all, limits)
		got := finalists(all, n, limits)
		if want := min(n, len(fit)); len(got) != want {
			t.Fatalf("%d finalists of %d; want %d", len(got), len(fit), want)
		}
		chosen := map[space.Arch]bool{}
		for _, a := range got {
			if chosen[a] {
				t.Fatal("chosen twice")
			}
			chosen[a] = true
		}
		best := -1.0
		for _, f := range fit {
			best = max(best, f.Accuracy)
		}
		reached := len(fit) == 0
		for _, f := range fit {
			reached = reached || chosen[f.Arch] && f.Accuracy == best
		}
		if !reached {
			t.Fatalf("none of the finalists has the best accuracy, %v", best)
		}
		for _, tr := range all {
			if limits.Excess(tr.Cost) > 0 && chosen[tr.Arch] && !feasibleAs(fit, tr.Arch) {
				t.Fatal("a finalist breaks the limits")
			}
		}
	})
}

func feasibleAs(fit []controller.Trial, a space.Arch) bool {
	for _, f := range fit {
		if f.Arch == a {
			return true
		}
	}
	return false
}

func TestSpreadKeepsBothEnds(t *testing.T) {
	var front []controller.Trial
	for i := range uint8(9) {
		front = append(front, trial(i, float64(i), float64(i)))
	}
	for n, want := range map[int][]int{1: {8}, 2: {0, 8}, 3: {0, 4, 8}, 5: {0, 2, 4, 6, 8}, 20: {0, 1, 2, 3, 4, 5, 6, 7, 8}} {
		var got []int
		for _, t := range spread(front, n) {
			got = append(got, t.Index)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%d of 9: %v; want %v", n, got, want)
		}
	}
}

func TestParetoCountsMeasuredLatency(t *testing.T) {
	slow := bench.Sample{Median: 9}
	all := []candidate{
		{Trial: trial(1, 0.5, 1)},
		{Trial: trial(2, 0.6, 2), measured: &slow}, // predicted fast, measured slow, and beaten then
		{Trial: trial(3, 0.7, 3)},
	}
	var got []int
	for _, c := range pareto(all) {
		got = append(got, c.Index)
	}
	if d := cmp.Diff([]int{1, 3}, got); d != "" {
		t.Errorf("front differs (-want +got):\n%s", d)
	}
	if best(all).Index != 3 {
		t.Errorf("best is %d; want 3", best(all).Index)
	}
}

func TestFloorLeavesOutWhatIsNearChance(t *testing.T) {
	front := []candidate{{Trial: trial(1, 0.1, 1)}, {Trial: trial(2, 0.49, 2)}, {Trial: trial(3, 0.5, 3)}, {Trial: trial(4, 0.9, 4)}}
	for _, c := range []struct {
		share float64
		kept  []int
		level float64
	}{{0, []int{1, 2, 3, 4}, 0.1}, {0.5, []int{3, 4}, 0.5}, {1, []int{4}, 0.9}} {
		above, floor := aboveFloor(front, c.share, 10)
		var got []int
		for _, a := range above {
			got = append(got, a.Index)
		}
		if d := cmp.Diff(c.kept, got); d != "" {
			t.Errorf("share %v (-want +got):\n%s", c.share, d)
		}
		if math.Abs(floor.Accuracy-c.level) > 1e-12 || floor.LeftOut != 4-len(c.kept) {
			t.Errorf("share %v: %+v; want a floor of %v with %d left out", c.share, floor, c.level, 4-len(c.kept))
		}
	}
	guessing := []candidate{{Trial: trial(1, 0.3, 1)}, {Trial: trial(2, 0.4, 2)}}
	if above, floor := aboveFloor(guessing, 1, 2); len(above) != 2 || floor.LeftOut != 0 {
		t.Errorf("no network beats chance: %d kept, %+v; want both", len(above), floor)
	}
	if above, _ := aboveFloor(nil, 0.5, 2); above != nil {
		t.Errorf("an empty front became %v", above)
	}
}

func TestDominated(t *testing.T) {
	front := []candidate{{Trial: trial(1, 0.5, 1)}, {Trial: trial(2, 0.8, 2)}}
	random := []controller.Trial{trial(3, 0.4, 1), trial(4, 0.6, 1), trial(5, 0.7, 2.5), trial(6, 0.8, 9)}
	if got := dominated(random, front); got != 0.5 {
		t.Errorf("%v are dominated; want 0.5", got)
	}
}
