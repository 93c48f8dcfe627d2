package search

import (
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/search/report"
	"github.com/espalier-nas/espalier/search/rundir"
)

// comparison checks that the best k finished networks of each arm are set against
// each other, by what the last rung says of them, and the best at each latency.
func (c recomputed) comparison() {
	t := c.t
	search, random := c.finishedBy("search"), c.finishedBy("random")
	k := min(len(search), len(random))
	a, b := bestAccuracies(search, k), bestAccuracies(random, k)
	rep := c.s.report.Compare
	for name, pair := range map[string][2]float64{
		"k": {float64(rep.Best), float64(k)}, "searches": {float64(rep.Stats.Searches), float64(k)}, "randoms": {float64(rep.Stats.Randoms), float64(k)},
		"search mean": {rep.Stats.SearchMean, meanOf(a)}, "random mean": {rep.Stats.RandomMean, meanOf(b)}, "better": {rep.Stats.Better, superior(a, b)},
		"margin": {rep.Margin, a[0] - b[0]}, "best of the search": {c.s.report.Search.Best.Validation, a[0]}, "best of random": {c.s.report.Random.Best.Validation, b[0]},
	} {
		if math.Abs(pair[0]-pair[1]) > 1e-9 {
			t.Errorf("%s is %v; want %v", name, pair[0], pair[1])
		}
	}
	want, common := c.aheadAt(search, random)
	if math.Abs(rep.Front-want) > 1e-3 {
		t.Errorf("at equal latency the search is %v ahead; want %v", rep.Front, want)
	}
	if rep.Common == nil && !math.IsNaN(common) || rep.Common != nil && !(math.Abs(*rep.Common-common) <= 1e-3) {
		t.Errorf("where both have a network the search is %v ahead; want %v", rep.Common, common)
	}
	slowest := 0.0
	for _, g := range slices.Concat(search, random) {
		slowest = max(slowest, c.latency(g))
	}
	for i, l := range rep.Levels {
		want := slowest / float64(int(8)>>i)
		if math.Abs(l.Latency/want-1) > 1e-9 || l.Search != c.bestWithin(search, want) || l.Random != c.bestWithin(random, want) {
			t.Errorf("level %d is %+v; want %v at %v s against %v", i, l, c.bestWithin(search, want), want, c.bestWithin(random, want))
		}
	}
}

// finishedBy returns the finished networks of an arm, those that both have
// included.
func (c recomputed) finishedBy(arm string) (all []rundir.Rung) {
	for _, n := range slices.Concat(c.s.report.Pareto, c.s.report.Others) {
		if n.Arm == arm || n.Arm == armBoth {
			all = append(all, rundir.Rung{Arm: arm, Arch: n.Arch, Accuracy: n.Validation})
		}
	}
	return all
}

// aheadAt returns the mean difference of the best accuracies at equal latency, by
// its definition: at many latencies between the fastest network above the floor and
// the slowest; and the same where both have a network above the floor, NaN if nowhere.
func (c recomputed) aheadAt(search, random []rundir.Rung) (all, common float64) {
	const parts = 20_000
	floor := c.s.report.Floor.Accuracy
	low, high := math.Inf(1), 0.0
	for _, g := range slices.Concat(search, random) {
		if g.Accuracy >= floor {
			low, high = min(low, c.latency(g)), max(high, c.latency(g))
		}
	}
	if math.IsInf(low, 1) {
		return 0, math.NaN()
	}
	shared := 0.0
	for k := range parts {
		at := low * math.Pow(high/low, (float64(k)+0.5)/parts)
		a, b := c.bestWithin(search, at), c.bestWithin(random, at)
		all += (max(floor, a) - max(floor, b)) / parts
		if a >= floor && b >= floor {
			common, shared = common+a-b, shared+1
		}
	}
	return all, common / shared
}

// latency returns the measured latency of a network, seconds per picture.
func (c recomputed) latency(g rundir.Rung) float64 { return c.w.measured[c.w.arch(g.Arch)] / 4 }

// bestAccuracies returns the k highest accuracies, the highest first.
func bestAccuracies(all []rundir.Rung, k int) []float64 {
	var acc []float64
	for _, g := range all {
		acc = append(acc, g.Accuracy)
	}
	slices.Sort(acc)
	slices.Reverse(acc)
	return acc[:k]
}

func (c recomputed) bestWithin(all []rundir.Rung, latency float64) float64 {
	top := 0.0
	for _, g := range all {
		if c.latency(g) <= latency*(1+1e-12) {
			top = max(top, g.Accuracy)
		}
	}
	return top
}

func meanOf(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v / float64(len(x))
	}
	return sum
}

// superior returns the share of pairs in which a's number is the larger one,
// equal ones counting half.
func superior(a, b []float64) float64 {
	wins := 0.0
	for _, x := range a {
		for _, y := range b {
			switch {
			case x > y:
				wins++
			case x == y:
				wins += 0.5
			}
		}
	}
	return wins / float64(len(a)*len(b))
}

// front checks that what is handed over are the finished networks of both arms
// that no other beats and that are no worse than the floor, or all of those if none is. A slower one of lower loss is
// not beaten by what is more accurate by up to a standard error.
func (c recomputed) front() {
	all := slices.Concat(c.s.on("search", 2), c.s.on("random", 2))
	floor := c.s.report.Floor
	var want, below, got []string
	for i, g := range all {
		beaten := slices.ContainsFunc(all, func(o rundir.Rung) bool {
			x, y := c.latency(o), c.latency(g)
			deviation := math.Sqrt(o.Accuracy * (1 - o.Accuracy) / float64(c.s.splits.Val.Len()))
			if x < y && o.Accuracy-g.Accuracy <= deviation && g.Loss < o.Loss {
				return false
			}
			return x <= y && o.Accuracy >= g.Accuracy && (x < y || o.Accuracy > g.Accuracy)
		})
		twin := slices.ContainsFunc(all[:i], func(o rundir.Rung) bool { return c.latency(o) == c.latency(g) && o.Accuracy == g.Accuracy })
		switch {
		case beaten || twin:
		case g.Accuracy < floor.Accuracy:
			below = append(below, g.Arch)
		default:
			want = append(want, g.Arch)
		}
	}
	if len(want) == 0 {
		want, below = below, nil
	}
	left := len(below)
	for _, n := range c.s.report.Pareto {
		got = append(got, n.Arch)
	}
	slices.Sort(want)
	slices.Sort(got)
	if d := cmp.Diff(want, got); d != "" || floor.LeftOut != left {
		c.t.Errorf("%d below the floor of %v; want %d; handed over (-want +got):\n%s", floor.LeftOut, floor.Accuracy, left, d)
	}
	if n := len(c.s.report.Pareto) + len(c.s.report.Others); n != len(all) {
		c.t.Errorf("the report has %d finished networks; want %d", n, len(all))
	}
}

// As many of each arm are compared as the smaller one has, the best of each.
func TestArmsOfDifferentSizesAreCompared(t *testing.T) {
	with := func(accuracies ...float64) (all []*finished) {
		for _, a := range accuracies {
			f := &finished{rungs: []rundir.Rung{{Accuracy: a}}}
			f.Cost.Latency = 1 + a
			all = append(all, f)
		}
		return all
	}
	for _, c := range []struct {
		search, random []*finished
		want           [2]float64
	}{
		{with(0.5, 0.7), with(0.1, 0.6, 0.4), [2]float64{0.6, 0.5}},
		{with(0.1, 0.6, 0.4), with(0.5, 0.7), [2]float64{0.5, 0.6}},
	} {
		got, err := compareArms(c.search, c.random, 0, 1)
		if err != nil {
			t.Fatal(err)
		}
		if got.Best != 2 || math.Abs(got.Stats.SearchMean-c.want[0]) > 1e-12 || math.Abs(got.Stats.RandomMean-c.want[1]) > 1e-12 {
			t.Errorf("best %d: %v against %v; want the best 2, %v", got.Best, got.Stats.SearchMean, got.Stats.RandomMean, c.want)
		}
	}
}

// At equal latency slow networks do not make an arm better, nor do fast ones that
// are worse than a linear classifier make it worse; what an arm lacks counts.
func TestArmsAreComparedAtEqualLatency(t *testing.T) {
	at := func(all ...[2]float64) (out []*finished) {
		for _, p := range all {
			f := &finished{rungs: []rundir.Rung{{Accuracy: p[1]}}}
			f.Cost.Latency = p[0]
			out = append(out, f)
		}
		return out
	}
	slow, both := at([2]float64{4, 0.9}, [2]float64{8, 0.95}), at([2]float64{1, 0.5}, [2]float64{4, 0.9}, [2]float64{8, 0.95})
	fast := at([2]float64{2, 0.8}, [2]float64{8, 0.95})
	for _, c := range []struct {
		search, random []*finished
		want, common   float64
	}{
		{slow, both, 0, 0}, // 0.5 is below the floor
		{fast, at([2]float64{1, 0.5}, [2]float64{8, 0.95}), 0.8 - 0.7, math.NaN()}, // nor does it widen the range
		{both, slow, 0, 0}, //
		{fast, slow, (0.8 - 0.7 + 0.8 - 0.9) / 2, 0.8 - 0.9},                    // of two doublings of latency random has nothing in the first
		{slow, at([2]float64{8, 0.9}), 0.9 - 0.7, math.NaN()},                   //
		{at([2]float64{1, 0.1}), at([2]float64{2, 0.2}), 0, math.NaN()},         // nothing is useful
		{at([2]float64{4, 0.9}), at([2]float64{2, 0.5}), 0.9 - 0.7, math.NaN()}, // one network alone is
		{at([2]float64{4, 0.9}), at([2]float64{4, 0.8}), 0.9 - 0.8, 0.9 - 0.8},  // both are as fast
	} {
		got, err := compareArms(c.search, c.random, 0.7, 1)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(got.Front-c.want) > 1e-12 {
			t.Errorf("%v ahead; want %v", got.Front, c.want)
		}
		switch {
		case math.IsNaN(c.common):
			if got.Common != nil {
				t.Errorf("%v ahead where both have a network; want no such latency", *got.Common)
			}
		case got.Common == nil || math.Abs(*got.Common-c.common) > 1e-12:
			t.Errorf("%v ahead where both have a network; want %v", got.Common, c.common)
		}
	}
}

// Repetitions are summed up figure by figure; where an arm has nothing as fast as the
// other in one of them, that one is left out of what both have.
func TestRepetitionsAreSummedUp(t *testing.T) {
	some := 0.5
	rep := func(front, margin float64, common *float64) report.Report {
		return report.Report{Compare: &report.Compare{Front: front, Margin: margin, Common: common, Stats: controller.Comparison{Difference: 10 * margin}}}
	}
	got := together([]report.Report{rep(0.1, 1, &some), rep(0.3, 2, nil)})
	for name, pair := range map[string][2]float64{
		"front": {got.Front.Mean, 0.2}, "margin": {got.Margin.Mean, 1.5}, "best": {got.Best.Mean, 15}, "common": {got.Common.Mean, 0.5},
		"repetitions": {float64(got.Front.N), 2}, "repetitions with something in common": {float64(got.Common.N), 1},
	} {
		if math.Abs(pair[0]-pair[1]) > 1e-12 {
			t.Errorf("%s is %v; want %v", name, pair[0], pair[1])
		}
	}
	if got := together([]report.Report{rep(0.1, 1, nil), rep(0.3, 2, nil)}); got.Common.N != 0 {
		t.Errorf("nothing in common is summed up as %+v", got)
	}
}
