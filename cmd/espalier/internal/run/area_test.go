package run

import (
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// under returns the area under the staircase of some places, above the lowest value
// of all, up to a factor of e beyond the slowest of all: by definition, at a few
// thousand latencies.
func under(all []place, of []int) float64 {
	const parts = 4000
	low, high := math.Inf(1), 0.0
	floor := math.Inf(1)
	for _, p := range all {
		low, high, floor = min(low, p.latency), max(high, p.latency), min(floor, p.value)
	}
	width := math.Log(math.E*high/low) / parts
	area := 0.0
	for k := range parts {
		at, best := low*math.Exp((float64(k)+0.5)*width), floor
		for _, i := range of {
			if all[i].latency <= at {
				best = max(best, all[i].value)
			}
		}
		area += (best - floor) * width
	}
	return area
}

// Each place that is added brings as much area as any other would.
func TestCoveringAddsTheMostArea(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := places(t)
		if len(all) < 2 {
			return
		}
		n := rapid.IntRange(1, min(5, len(all)-1)).Draw(t, "n")
		before, after := covering(all, n-1), covering(all, n)
		for _, i := range before {
			if !slices.Contains(after, i) {
				t.Fatalf("%v was chosen among %d, but not among %d", all[i], n-1, n)
			}
		}
		got := under(all, after)
		for i := range all {
			if more := under(all, append(slices.Clone(before), i)); more > got+0.05 {
				t.Fatalf("%v brings the area to %v; what was chosen to %v", all[i], more, got)
			}
		}
	})
}

func TestCoveringPassesByWhatAddsLittle(t *testing.T) {
	all := []place{{1, 0.5}, {2, 0.8}, {2.1, 0.802}, {8, 0.9}, {8.1, 0.905}, {4, 0.79}, {3, 0.4}}
	if d := cmp.Diff([]int{1}, covering(all, 1)); d != "" {
		t.Errorf("one place (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]int{0, 1, 4}, covering(all, 3)); d != "" {
		t.Errorf("three places (-want +got):\n%s", d)
	}
	// Where nothing adds any more, the one that is least behind comes first.
	if got := covering([]place{{2, 0.8}, {3, 0.6}, {4, 0.79}}, 2); !slices.Equal(got, []int{0, 2}) {
		t.Errorf("%v; want the one that is least behind", got)
	}
}
