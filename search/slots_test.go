package search

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func places(t *rapid.T) []place {
	out := make([]place, rapid.IntRange(0, 40).Draw(t, "n"))
	for i := range out {
		out[i] = place{float64(rapid.IntRange(1, 30).Draw(t, "latency")), float64(rapid.IntRange(0, 9).Draw(t, "value"))}
	}
	return out
}

// All ways of choosing return so many different places, ordered by latency, and
// the most valuable place is among them when there is room for one of each slot.
func TestChosenPlacesAreDistinctAndHoldTheBest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := places(t)
		slots, n := rapid.IntRange(1, 8).Draw(t, "slots"), rapid.IntRange(1, 20).Draw(t, "n")
		for name, got := range map[string][]int{"choose": choose(all, slots, n), "covering": covering(all, n, 0)} {
			if want := min(n, len(all)); len(got) != want {
				t.Fatalf("%s: %d of %d; want %d", name, len(got), len(all), n)
			}
			top, has := 0.0, 0.0
			for _, p := range all {
				top = max(top, p.value)
			}
			for k, i := range got {
				has = max(has, all[i].value)
				if slices.Contains(got[:k], i) || k > 0 && all[i].latency < all[got[k-1]].latency {
					t.Fatalf("%s: %v is not a list of different places by rising latency", name, got)
				}
			}
			if (name != "choose" || n >= slots) && has != top {
				t.Fatalf("%s: the best of the chosen has %v; want %v", name, has, top)
			}
		}
	})
}

// Whatever separates fast places from slow ones, each slot sends its best.
func TestEverySlotSendsItsBest(t *testing.T) {
	all := []place{{1, 0.1}, {1.5, 0.2}, {2, 0.3}, {3, 0.25}, {4, 0.9}, {7, 0.8}, {8, 0.7}}
	if d := cmp.Diff([]int{1, 2, 4}, choose(all, 3, 3)); d != "" {
		t.Errorf("one of each of three slots (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]int{2, 4}, choose(all, 3, 2)); d != "" {
		t.Errorf("two of three slots: the slower ones (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]int{1, 2, 4, 5}, choose(all, 3, 4)); d != "" {
		t.Errorf("a second one from the slowest slot (-want +got):\n%s", d)
	}
}
