package controller

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/espalier-nas/espalier/supernet/space"
)

// enlarged returns by how much a point enlarges the hypervolume of a front.
func enlarged(t *testing.T, front [][]float64, reference, point []float64) float64 {
	t.Helper()
	before, err := Hypervolume(front, reference)
	if err != nil {
		t.Fatal(err)
	}
	after, err := Hypervolume(append(slices.Clone(front), point), reference)
	if err != nil {
		t.Fatal(err)
	}
	return after - before
}

// points returns n points with values of a normal distribution, some of them rounded so
// that values are equal now and then.
func points(rng *rand.Rand, n, objectives int) [][]float64 {
	all := make([][]float64, n)
	for i := range all {
		for range objectives {
			v := rng.NormFloat64()
			if i%2 == 0 {
				v = math.Round(2*v) / 2
			}
			all[i] = append(all[i], v)
		}
	}
	return all
}

// TestExpectedHypervolumeByHand: beside the point (0, 0) with the reference (1, 1), what two
// standard normal objectives add is x below 0 times y below 1, and y below 0 times x between
// 0 and 1; below 0 they lie by 1/sqrt(2 pi) on average, below 1 by 1.0833155.
func TestExpectedHypervolumeByHand(t *testing.T) {
	const below0, below1 = 0.3989423, 1.0833155
	s := newStaircase([][]float64{{0, 0}}, []float64{1, 1})
	if got, want := s.gain([]float64{0, 0}, []float64{1, 1}), below0*below1+below0*(below1-below0); math.Abs(got-want) > 1e-6 {
		t.Errorf("%v, want %v", got, want)
	}
	// Without doubt, beside three steps that cover 6 of 16: (1.5, 1.5) adds a strip 0.5 wide
	// up to the 3 of the first step, and one 1 wide up to the 2 of the second.
	s = newStaircase([][]float64{{1, 3}, {2, 2}, {3, 1}, {3.5, 3.5}}, []float64{4, 4})
	for point, want := range map[[2]float64]float64{{1.5, 1.5}: 0.5*1.5 + 1*0.5, {0, 0}: 16 - 6, {2, 2}: 0, {2, 3}: 0, {0, 5}: 0, {0, 3.5}: 0.5, {3.5, 0}: 0.5} {
		if got := s.gain(point[:], []float64{0, 0}); math.Abs(got-want) > 1e-12 {
			t.Errorf("point %v adds %v, want %v", point, got, want)
		}
	}
}

// TestImprovementOfAKnownPoint: without doubt the expectation is the plain difference of
// hypervolumes, for one to four objectives, points beyond the reference among them.
func TestImprovementOfAKnownPoint(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for objectives := 1; objectives <= 4; objectives++ {
		for range 40 {
			front, reference := points(rng, rng.IntN(9), objectives), make([]float64, objectives)
			for d := range reference {
				reference[d] = 1
			}
			s := newStaircase(front, reference)
			for _, p := range points(rng, 6, objectives) {
				got, want := s.gain(p, make([]float64, objectives)), enlarged(t, front, reference, p)
				if math.Abs(got-want) > 1e-9 {
					t.Fatalf("%v beside %v: %v, want %v", p, front, got, want)
				}
			}
		}
	}
}

// TestExpectedHypervolumeImprovement draws points and takes the mean of what they add: it
// is the expectation, to three standard errors.
func TestExpectedHypervolumeImprovement(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for objectives := 1; objectives <= 4; objectives++ {
		front, reference := points(rng, 6, objectives), make([]float64, objectives)
		mean, deviation := make([]float64, objectives), make([]float64, objectives)
		for d := range reference {
			reference[d] = 1.5
			mean[d], deviation[d] = 0.5*rng.NormFloat64()-1, 0.3+rng.Float64()
		}
		const draws = 4000
		sum, squares := 0.0, 0.0
		point := make([]float64, objectives)
		for range draws {
			for d := range point {
				point[d] = mean[d] + deviation[d]*rng.NormFloat64()
			}
			v := enlarged(t, front, reference, point)
			sum, squares = sum+v, squares+v*v
		}
		drawn := sum / draws
		standardError := math.Sqrt((squares/draws - drawn*drawn) / draws)
		got := newStaircase(front, reference).gain(mean, deviation)
		t.Logf("%d objectives: %.5f, drawn %.5f ± %.5f", objectives, got, drawn, standardError)
		if math.Abs(got-drawn) > 3*standardError {
			t.Errorf("%d objectives: %v, drawn %v with a standard error of %v", objectives, got, drawn, standardError)
		}
	}
}

// TestReference lies a tenth of the front's range beyond its worst, or of that of all points.
func TestReference(t *testing.T) {
	front := [][]float64{{0, 4, 7, 1}, {2, 3, 7, 1}}
	got := beyond(front, append(slices.Clone(front), []float64{9, 9, 9, 1}))
	if want := []float64{2.2, 4.1, 7.2, 1.1}; !slices.EqualFunc(got, want, func(a, b float64) bool { return math.Abs(a-b) < 1e-12 }) {
		t.Errorf("%v, want %v", got, want)
	}
}

// tradingBayes pursues three objectives.
func tradingBayes(t *testing.T, s *space.Space, points int) *bayes {
	t.Helper()
	so := DefaultStrategyOptions(2)
	so.Bayes.Objectives, so.Bayes.Points = []string{"reward", "latency", "params"}, points
	strategy, err := New("bayes", s, so)
	if err != nil {
		t.Fatal(err)
	}
	return strategy.(*bayes)
}

// TestTradeOffsResume: a search with several objectives that is cut off and continued from
// its log proposes the same.
func TestTradeOffsResume(t *testing.T) {
	s := testSpace(t, 3)
	p := testProblem(t, s, newLandscape(s, 7))
	p.Limits = Limits{FLOPs: 6000}
	o := Options{Trials: 40, Batch: 6, Seed: 2, Tries: 100}
	whole, err := Search(context.Background(), p, tradingBayes(t, s, 30), o, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, cut := range []int{13, 31} {
		o.Replay = whole.Trials[:cut:cut]
		resumed, err := Search(context.Background(), p, tradingBayes(t, s, 30), o, nil)
		if err != nil || !slices.EqualFunc(resumed.Trials, whole.Trials, sameTrial) {
			t.Errorf("cut at %d: the resumed search differs, error %v", cut, err)
		}
	}
}

// TestBatchesSpread: what is expected of a candidate is taken for granted for the rest of a
// batch, by all processes and by the front: the gain that is left is that of the formulas
// after the believed trial.
func TestBatchesSpread(t *testing.T) {
	s := testSpace(t, 3)
	b := tradingBayes(t, s, 240)
	l, cost := newLandscape(s, 1), testCost(s)
	for i, a := range sample(s, 20) {
		c, err := cost(a)
		if err != nil {
			t.Fatal(err)
		}
		b.Observe([]Trial{{Index: i, Arch: a, Reward: l.accuracy(a), Cost: c}})
	}
	ranked := b.fit()
	codes := b.codes(sample(s, 60)[20:])
	p := b.prospect(ranked, codes)
	best := 0
	for c := range codes {
		if p.gain(c) > p.gain(best) {
			best = c
		}
	}
	before := p.gain(best)
	mean, deviation := p.moments(best)
	p.settle(best)
	if after := p.gain(best); after > before/2 {
		t.Errorf("gain %v of a candidate that is taken for known, %v before", after, before)
	}
	for c := range codes {
		m, d := p.moments(c)
		if want := enlargedBy(p, mean, m, d); math.Abs(p.gain(c)-want) > 1e-12 {
			t.Errorf("candidate %d: gain %v, want %v beside the believed point", c, p.gain(c), want)
		}
		if c == best && (!slices.Equal(m, mean) || !(d[0] < deviation[0] && d[1] < deviation[1] && d[2] < deviation[2])) {
			t.Errorf("after settling: means %v and deviations %v, want %v and less than %v", m, d, mean, deviation)
		}
	}
}

// enlargedBy is the gain beside the front of the trials and a believed point.
func enlargedBy(p *prospect, believed, mean, deviation []float64) float64 {
	front := append(slices.Clone(p.front[:len(p.front)-1]), believed)
	return newStaircase(front, p.reference).gain(mean, deviation)
}

// TestTheFrontIsKept: a trial on the front stays among the points however old and bad it
// is; parents of candidates begin with the front.
func TestTheFrontIsKept(t *testing.T) {
	s := testSpace(t, 4)
	b := tradingBayes(t, s, 9)
	for i, a := range sample(s, 40) {
		trial := Trial{Index: i, Arch: a, Reward: -float64(i), Cost: Cost{Latency: float64(100 + i), Params: 100}}
		if i == 7 { // the worst, but the smallest
			trial.Reward, trial.Cost = -99, Cost{Latency: 1, Params: 1}
		}
		b.Observe([]Trial{trial})
	}
	var kept, ranked []int
	for _, k := range b.kept() {
		kept = append(kept, k.Index)
	}
	for _, x := range b.fit()[:2] {
		ranked = append(ranked, x.trial.Index)
	}
	slices.Sort(ranked)
	if want := []int{0, 1, 7, 34, 35, 36, 37, 38, 39}; !slices.Equal(kept, want) || !slices.Equal(ranked, []int{0, 7}) {
		t.Errorf("kept %v and first %v, want %v with 0 and 7 first", kept, ranked, want)
	}
}
