package predictor

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/espalier-nas/espalier/supernet/space"
)

// world is a made-up space with a cheap score, that of inherited weights, and
// dear ones after training on. Large networks share their weights with many and
// are underestimated by the cheap one.
type world struct {
	truth    machine
	features Features
	r        *rand.Rand
}

func newWorld(seed uint64) *world {
	cols := plantedGenes * plantedChoices
	return &world{truth: randomMachine(cols, cols, 2, 11), features: oneHot(plantedChoices), r: stream(seed, forChains, 9)}
}

func (w *world) archs(n int) []space.Arch {
	out := make([]space.Arch, n)
	for i := range out {
		genes := make([]uint8, plantedGenes)
		for g := range genes {
			genes[g] = uint8(w.r.IntN(plantedChoices))
		}
		out[i] = space.NewArch(genes)
	}
	return out
}

// flops doubles a few times from the smallest to the largest network.
func (w *world) flops(a space.Arch) float64 {
	n := 1e6
	for g := range a.Len() {
		n *= math.Exp2(float64(a.Gene(g)) / 4)
	}
	return n
}

// quality has deviation 1 and mean 0, about; the best are much alike.
func (w *world) quality(a space.Arch) float64 {
	cols := plantedGenes * plantedChoices
	return 1.5 * math.Tanh(pairLoop(w.truth, w.features(a), cols, 2)/9)
}

// large is the size in deviations, about.
func (w *world) large(a space.Arch) float64 {
	return (math.Log2(w.flops(a)/1e6) - 3) / 0.8
}

func (w *world) cheap(a space.Arch) float64 {
	return 0.72 + 0.08*w.quality(a) - 0.02*w.large(a) + 0.012*w.r.NormFloat64()
}

func (w *world) dear(a space.Arch) float64 {
	return 0.90 + 0.02*w.quality(a) + 0.006*w.large(a) + 0.003*w.r.NormFloat64()
}

// promoted returns scores of n architectures, NaN for the others: of the best by
// the scores below or, spread, of the best half and of others down to the worst.
func promoted(below []float64, n int, spread bool, score func(i int) float64) []float64 {
	out := slices.Repeat([]float64{math.NaN()}, len(below))
	var known []int
	for i, v := range below {
		if !math.IsNaN(v) {
			known = append(known, i)
		}
	}
	order := pick(known, top(pick(below, known), len(known)))
	half := n
	if spread {
		half = n / 2
	}
	for k := range n {
		at := k
		if k >= half {
			at = half + (k-half)*(len(order)-half-1)/max(n-half-1, 1)
		}
		out[order[at]] = score(order[at])
	}
	return out
}

func scores(archs []space.Arch, of func(space.Arch) float64) []float64 {
	out := make([]float64, len(archs))
	for i, a := range archs {
		out[i] = of(a)
	}
	return out
}

// alliance is how well dear scores are predicted, as means over seeds.
type alliance struct {
	both, cheap, dear, cover  float64 // tau by both kinds of scores and by one alone, of architectures never evaluated; coverage
	known, byScore, coverKnow float64 // the same of architectures with a cheap score, and tau of that score
}

// evaluate fits 100 cheap scores and few dear ones.
func (s *alliance) evaluate(t *testing.T, model string, few int, spread bool, seed uint64, share float64) {
	w := newWorld(seed)
	archs := w.archs(100)
	low := scores(archs, w.cheap)
	high := promoted(low, few, spread, func(i int) float64 { return w.dear(archs[i]) })
	in := Inputs{Features: w.features, FLOPs: w.flops}
	f := NewFidelities(mustNew(t, model, in, Options{Seed: seed}), w.flops)
	if err := f.Fit(archs, low, high); err != nil {
		t.Fatal(err)
	}
	fresh := w.archs(300)
	truth := scores(fresh, w.dear)
	mean, std := f.Predict(fresh)
	s.both += share * Kendall(mean, truth)
	s.cover += share * Coverage(mean, std, truth, 0.9)
	onlyCheap, _ := f.At(0, fresh)
	s.cheap += share * Kendall(onlyCheap, truth)
	s.dear += share * Kendall(dearAlone(t, in, archs, high, fresh), truth)
	var rest []int
	for i, v := range high {
		if math.IsNaN(v) {
			rest = append(rest, i)
		}
	}
	truth = scores(pick(archs, rest), w.dear)
	mean, std = f.Predict(pick(archs, rest))
	s.known += share * Kendall(mean, truth)
	s.coverKnow += share * Coverage(mean, std, truth, 0.9)
	s.byScore += share * Kendall(pick(low, rest), truth)
}

// TestFidelitiesBeatEitherAlone ranks architectures by their dear score: from
// 100 cheap scores and few dear ones together better than from either. Intervals
// of 90 % hold about as many.
func TestFidelitiesBeatEitherAlone(t *testing.T) {
	for _, c := range []struct {
		model  string
		few    int
		spread bool
		seeds  uint64
	}{{"ridge", 4, true, 40}, {"ridge", 8, true, 40}, {"ridge", 24, true, 40}, {"ridge", 4, false, 40}, {"ridge", 8, false, 40}, {"ridge", 24, false, 40}, {"fm", 16, true, 4}} {
		var s alliance
		for seed := range c.seeds {
			s.evaluate(t, c.model, c.few, c.spread, seed, 1/float64(c.seeds))
		}
		t.Logf("%-5s %2d dear, spread %-5v: never evaluated: tau %.3f (cheap alone %.3f, dear alone %.3f), coverage %.3f; with a cheap score: tau %.3f (cheap alone %.3f), coverage %.3f",
			c.model, c.few, c.spread, s.both, s.cheap, s.dear, s.cover, s.known, s.byScore, s.coverKnow)
		if s.both < max(s.cheap, s.dear)+0.02 || s.known < s.byScore+0.03 {
			t.Errorf("%+v: %+v; want the scores together to rank better than either alone", c, s)
		}
		if low := min(s.cover, s.coverKnow); low < 0.85 && c.few > 4 || low < 0.75 || max(s.cover, s.coverKnow) > 0.99 {
			t.Errorf("%+v: coverage %.3f and %.3f; want about 0.9", c, s.cover, s.coverKnow)
		}
	}
}

// dearAlone predicts from the dear scores only, by ridge.
func dearAlone(t *testing.T, in Inputs, archs []space.Arch, high []float64, fresh []space.Arch) []float64 {
	t.Helper()
	var known []space.Arch
	var y []float64
	for i, v := range high {
		if !math.IsNaN(v) {
			known, y = append(known, archs[i]), append(y, v)
		}
	}
	m, _ := fitted(t, "ridge", in, Options{}, known, y).Predict(fresh)
	return m
}

func TestFidelitiesErrors(t *testing.T) {
	archs, nan := numbered(4), math.NaN()
	full := []float64{1, 2, 3, 4}
	for _, c := range []struct {
		name   string
		levels [][]float64
		want   string
	}{
		{"one level", [][]float64{full}, "1 levels; want at least 2"},
		{"length", [][]float64{full, full[:3]}, "level 1 has 3 values for 4"},
		{"hole below", [][]float64{{1, 2, 3, nan}, full}, "level 0, value 3 is NaN"},
		{"few", [][]float64{full, {nan, nan, 1, 2}}, "2 values at level 1; want at least 3"},
		{"not promoted", [][]float64{full, {1, 2, 3, nan}, {1, nan, 1, 1}}, "architecture 3 has a value at level 2 and none at level 1"},
		{"infinite", [][]float64{full, {1, 2, 3, math.Inf(1)}}, "level 1, value 3 is +Inf"},
	} {
		f := NewFidelities(&spy{}, nil)
		if err := f.Fit(archs, c.levels...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v; want one with %q", c.name, err, c.want)
		}
	}
}

// TestFidelitiesKeepWhatWasMeasured follows values through three levels.
func TestFidelitiesKeepWhatWasMeasured(t *testing.T) {
	w := newWorld(1)
	archs := w.archs(60)
	archs = append(archs, archs[0])
	low := scores(archs, w.cheap)
	mid := promoted(low, 20, true, func(i int) float64 { return w.dear(archs[i]) - 0.02 })
	high := promoted(mid, 6, false, func(i int) float64 { return w.dear(archs[i]) })
	f := NewFidelities(mustNew(t, "ridge", Inputs{Features: w.features}, Options{}), nil)
	mustPanic(t, "fidelities", func() { f.Predict(archs) })
	if err := f.Fit(archs, low, mid, high); err != nil || len(f.known) != 3 {
		t.Fatalf("%d levels, error %v", len(f.known), err)
	}
	mean, std := f.Predict(archs)
	lower, lowerStd := f.At(0, archs)
	middle, middleStd := f.At(1, archs)
	for i := range archs {
		if i != 0 && i != 60 && (lower[i] != low[i] || lowerStd[i] != 0) {
			t.Errorf("level 0 of architecture %d: %v -/+ %v; want %v as measured", i, lower[i], lowerStd[i], low[i])
		}
		if !math.IsNaN(mid[i]) && (middle[i] != mid[i] || middleStd[i] != 0) || math.IsNaN(mid[i]) && middleStd[i] <= 0 {
			t.Errorf("level 1 of architecture %d: %v -/+ %v; measured: %v", i, middle[i], middleStd[i], mid[i])
		}
		if !math.IsNaN(high[i]) && (mean[i] != high[i] || std[i] != 0) || math.IsNaN(high[i]) && std[i] <= middleStd[i]/3 {
			t.Errorf("level 2 of architecture %d: %v -/+ %v; measured: %v", i, mean[i], std[i], high[i])
		}
	}
	if want := (low[0] + low[60]) / 2; math.Abs(lower[0]-want) > 1e-15 {
		t.Errorf("an architecture with two scores has %v; want their mean %v", lower[0], want)
	}
	t.Log(f.Describe())
	if d := f.Describe(); !strings.HasPrefix(d, "level 1: ") || !strings.Contains(d, "; level 2: ") || strings.Contains(d, "size") {
		t.Errorf("%q", d)
	}
}
