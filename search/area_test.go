package search

import (
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// under returns the area under the staircase of some places, above the lowest value
// of all, up to the slowest of all: by definition, at a few thousand latencies.
func under(all []place, of []int) float64 {
	const parts = 4000
	low, high := math.Inf(1), 0.0
	floor := math.Inf(1)
	for _, p := range all {
		low, high, floor = min(low, p.latency), max(high, p.latency), min(floor, p.value)
	}
	width := math.Log(high/low) / parts
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

// After the most valuable one, each place that is added brings as much area as any other would that is not beside one
// chosen before.
func TestCoveringAddsTheMostArea(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := places(t)
		n := rapid.IntRange(1, 5).Draw(t, "n")
		low, high := math.Inf(1), 0.0
		for _, p := range all {
			low, high = min(low, p.latency), max(high, p.latency)
		}
		chosen := covering(all, n, 0)
		before := choose(all, 1, 1)
		if len(all) > 0 && !slices.Contains(chosen, before[0]) {
			t.Fatalf("the most valuable of %v is not among %v", all, chosen)
		}
		for len(before) < len(chosen) { // find an order that explains the choice
			best, most, only := -1, math.Inf(-1), false
			for i := range all {
				if slices.Contains(before, i) {
					continue
				}
				free := !slices.ContainsFunc(before, func(k int) bool {
					return math.Abs(math.Log(all[i].latency/all[k].latency)) < math.Log(high/low)/float64(4*n)
				})
				area := under(all, append(slices.Clone(before), i))
				better := area > most+1e-9 || math.Abs(area-most) <= 1e-9 && slices.Contains(chosen, i) && !slices.Contains(chosen, best)
				if free && !only || free == only && better {
					best, most, only = i, area, free
				}
			}
			if !slices.Contains(chosen, best) && most > under(all, before)+0.01 {
				t.Fatalf("%v is not among the chosen %v of %v", all[best], chosen, all)
			}
			if !slices.Contains(chosen, best) {
				return // nothing adds any more: who is least behind is tested below
			}
			before = append(before, best)
		}
	})
}

// Where values are in doubt, a faster place that is a little worse is worth more than a
// slower one.
func TestInDoubtTheFasterPlace(t *testing.T) {
	all := []place{{1, 0.5}, {4, 0.80}, {4.9, 0.801}, {6, 0.802}, {8, 0.803}}
	if d := cmp.Diff([]int{1, 3, 4}, covering(all, 3, 0)); d != "" {
		t.Errorf("without doubt (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]int{1, 2, 4}, covering(all, 3, 0.05)); d != "" {
		t.Errorf("in doubt (-want +got):\n%s", d)
	}
	if a, b := covering(all, 3, 0.05), covering(all, 3, 0.05); !slices.Equal(a, b) {
		t.Errorf("%v, then %v; want the same twice", a, b)
	}
}

func TestCoveringPassesByWhatAddsLittle(t *testing.T) {
	all := []place{{1, 0.5}, {2, 0.8}, {2.1, 0.802}, {8, 0.9}, {8.1, 0.905}, {4, 0.79}, {3, 0.4}}
	if d := cmp.Diff([]int{4}, covering(all, 1, 0)); d != "" {
		t.Errorf("one place (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]int{0, 1, 4}, covering(all, 3, 0)); d != "" {
		t.Errorf("three places (-want +got):\n%s", d)
	}
	// Where nothing adds any more, the one that is least behind comes first.
	if got := covering([]place{{2, 0.8}, {3, 0.6}, {4, 0.79}}, 2, 0); !slices.Equal(got, []int{0, 2}) {
		t.Errorf("%v; want the one that is least behind", got)
	}
}
