package controller

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/espalier-nas/espalier/supernet/space"
)

// sample returns n different architectures.
func sample(s *space.Space, n int) []space.Arch {
	rng := rand.New(rand.NewPCG(7, 7))
	var archs []space.Arch
	for len(archs) < n {
		if a := s.Random(rng); !slices.Contains(archs, a) {
			archs = append(archs, a)
		}
	}
	return archs
}

// TestProcessEqualsDefinition: means and deviations of a process that grew in parts
// are those of the formulas with a dense inverse, before and after settling a candidate.
func TestProcessEqualsDefinition(t *testing.T) {
	s := testSpace(t, 3)
	c := newCoder(s)
	archs := sample(s, 40)
	var codes [][]uint8
	var y []float64
	l := newLandscape(s, 1)
	for _, a := range archs {
		codes, y = append(codes, c.code(a)), append(y, l.accuracy(a))
	}
	g := newGauss(c)
	for _, n := range []int{5, 12, 20, 25} {
		g.fit(codes[:n], y[:n])
	}
	p := g.predict(codes[25:])
	checkPosterior(t, g, codes[:25], y[:25], p, len(codes)-25)
	p.settle(3)
	checkPosterior(t, g, append(codes[:25:25], codes[28]), append(y[:25:25], p.mean[3]), p, len(codes)-25)
}

// checkPosterior recomputes mean and deviation of the first n candidates of p. The mean
// of the targets and the amplitude are those of the fitted points.
func checkPosterior(t *testing.T, g *gauss, codes [][]uint8, y []float64, p *posterior, n int) {
	t.Helper()
	kernel := func(a, b []uint8) float64 {
		sums := make([]float64, len(g.coder.sizes))
		g.coder.distance(a, b, sums)
		h, total := 0.0, 0.0
		for i, w := range g.shape.weights {
			h, total = h+w*sums[i], total+w*g.coder.sizes[i]
		}
		h /= total
		return g.shape.linear*(1-h) + (1-g.shape.linear)*math.Exp(-g.shape.rate*h)
	}
	k := mat.NewDense(len(codes), len(codes), nil)
	for i := range codes {
		for j := range codes {
			k.Set(i, j, kernel(codes[i], codes[j]))
		}
		k.Set(i, i, 1+g.shape.noise)
	}
	var inverse mat.Dense
	if err := inverse.Inverse(k); err != nil {
		t.Fatal(err)
	}
	for c := range n {
		mean, spread := g.mean, 1.0
		for i := range codes {
			for j := range codes {
				w := kernel(codes[i], p.codes[c]) * inverse.At(i, j)
				mean += w * (y[j] - g.mean)
				spread -= w * kernel(codes[j], p.codes[c])
			}
		}
		if math.Abs(mean-p.mean[c]) > 1e-6 || math.Abs(spread-p.spread[c]) > 1e-6 {
			t.Fatalf("candidate %d: mean %v and variance %v, want %v and %v", c, p.mean[c], p.spread[c], mean, spread)
		}
	}
}

// TestEvidence compares with the density of a normal distribution.
func TestEvidence(t *testing.T) {
	k := mat.NewSymDense(3, []float64{2, 0.5, 0.1, 0.5, 1.5, 0.3, 0.1, 0.3, 1})
	y := []float64{0.4, -1, 0.7}
	var f factor
	for i := range 3 {
		row := make([]float64, i+1)
		for j := range row {
			row[j] = k.At(i, j)
		}
		f.extend(row)
	}
	density := func(s float64) float64 {
		var scaled mat.SymDense
		scaled.ScaleSym(s, k)
		var chol mat.Cholesky
		chol.Factorize(&scaled)
		var x mat.VecDense
		if err := chol.SolveVecTo(&x, mat.NewVecDense(3, y)); err != nil {
			t.Fatal(err)
		}
		return -mat.Dot(&x, mat.NewVecDense(3, y))/2 - chol.LogDet()/2
	}
	log, s, _ := f.evidence(y)
	if got := density(s); math.Abs(got+1.5-log) > 1e-9 {
		t.Errorf("evidence %v, want %v", log, got+1.5)
	}
	if density(1.02*s) > density(s) || density(0.98*s) > density(s) {
		t.Error("another amplitude is likelier")
	}
}

// TestRidgeEqualsPrimal: predictions in the dual form are those of least squares
// with a penalty on one-hot choices and all their pairs.
func TestRidgeEqualsPrimal(t *testing.T) {
	s := testSpace(t, 2)
	c := newCoder(s)
	for i := range c.ranges {
		c.ranges[i] = 0 // choices of no order, as one-hot numbers have them
	}
	archs := sample(s, 30)
	l := newLandscape(s, 2)
	var trials []Trial
	y := make([]float64, 20)
	for i, a := range archs[:20] {
		trials = append(trials, Trial{Arch: a, Reward: l.accuracy(a)})
		y[i] = l.accuracy(a)
	}
	r := newRidge(c, trials)
	y = normalScores(y)
	numbers := func(a space.Arch) []float64 {
		var x []float64
		for i, g := range c.code(a) {
			one := make([]float64, 1+len(s.Decisions()[i].Choices))
			one[g] = 1 / math.Sqrt(float64(len(c.group)))
			x = append(x, one...)
		}
		pairs := make([]float64, 0, len(x)*len(x))
		for _, u := range x {
			for _, v := range x {
				pairs = append(pairs, u*v)
			}
		}
		return append(x, pairs...)
	}
	best := math.Inf(1)
	for _, penalty := range ridgePenalties { // one of them was taken
		if worst := primalGap(t, archs, y, penalty, numbers, func(a space.Arch) float64 { return r.predict(c.code(a)) }); worst < best {
			best = worst
		}
	}
	if best > 1e-6 {
		t.Errorf("predictions differ from least squares by %v", best)
	}
}

// primalGap fits the first len(y) architectures and returns the largest difference of
// predictions of the others.
func primalGap(t *testing.T, archs []space.Arch, y []float64, penalty float64, numbers func(space.Arch) []float64, predict func(space.Arch) float64) float64 {
	t.Helper()
	mean := 0.0
	for _, v := range y {
		mean += v / float64(len(y))
	}
	p := len(numbers(archs[0]))
	x, target := mat.NewDense(len(y), p, nil), mat.NewVecDense(len(y), nil)
	for i := range y {
		x.SetRow(i, numbers(archs[i]))
		target.SetVec(i, y[i]-mean)
	}
	var normal mat.Dense
	normal.Mul(x.T(), x)
	for i := range p {
		normal.Set(i, i, normal.At(i, i)+penalty)
	}
	var right, weights mat.VecDense
	right.MulVec(x.T(), target)
	if err := weights.SolveVec(&normal, &right); err != nil {
		t.Fatal(err)
	}
	worst := 0.0
	for _, a := range archs[len(y):] {
		worst = max(worst, math.Abs(mean+mat.Dot(&weights, mat.NewVecDense(p, numbers(a)))-predict(a)))
	}
	return worst
}

// TestImprovement integrates max(0, x) under the density.
func TestImprovement(t *testing.T) {
	for _, c := range [][2]float64{{0, 1}, {-2, 0.7}, {1.5, 0.3}, {0.2, 2}} {
		want, const1 := 0.0, 1/(c[1]*math.Sqrt(2*math.Pi))
		const steps = 200000
		top := math.Abs(c[0]) + 10*c[1]
		for i := range steps {
			x := (float64(i) + 0.5) * top / steps
			z := (x - c[0]) / c[1]
			want += x * const1 * math.Exp(-z*z/2) * top / steps
		}
		if got := improvement(c[0], c[1]); math.Abs(got-want) > 1e-6 {
			t.Errorf("mean %v, deviation %v: %v, want %v", c[0], c[1], got, want)
		}
	}
}

// TestNormalScores: ranks alone count, ties are shared, the order stays.
func TestNormalScores(t *testing.T) {
	got := normalScores([]float64{5, 1, 1, 100})
	if got[1] != got[2] || !(got[1] < got[0] && got[0] < got[3]) || math.Abs(got[0]+got[1]+got[2]+got[3]) > 0.5 {
		t.Errorf("%v", got)
	}
	if again := normalScores([]float64{0.5, 0.1, 0.1, 0.6}); !slices.Equal(got, again) {
		t.Errorf("%v and %v, want the same scores of the same ranks", got, again)
	}
}

// TestKeep: what is left is the best third and the newest, in order.
func TestKeep(t *testing.T) {
	var trials []Trial
	for i := range 30 {
		trials = append(trials, Trial{Index: i, Reward: -float64(i)})
	}
	var got []int
	for _, x := range keep(trials, func(t Trial) float64 { return t.Reward }, 9) {
		got = append(got, x.Index)
	}
	if want := []int{0, 1, 2, 24, 25, 26, 27, 28, 29}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// TestHaltonFillsEveryDecision: of n points in a row, each choice of each decision that
// is always made comes up as often as its share says, but for a few.
func TestHaltonFillsEveryDecision(t *testing.T) {
	var ds []space.Decision
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		ds = append(ds, space.Decision{Name: name, Kind: space.KindOp, Choices: []string{"0", "1", "2", "3", "4", "5"}})
	}
	s, err := space.NewSpace(ds, nil)
	if err != nil {
		t.Fatal(err)
	}
	worst := func(name string) int {
		archs := newStrategy(t, name, s, 3).Propose(66)
		least, most := 66, 0
		for d := range ds {
			count := make([]int, 6)
			for _, a := range archs {
				count[a.Gene(d)]++
			}
			least, most = min(least, slices.Min(count)), max(most, slices.Max(count))
		}
		return most - least
	}
	even, random := worst("halton"), worst("random")
	if even > 5 || even >= random {
		t.Errorf("choices come up to %d times more often than others, %d times with random draws, want at most 5 times", even, random)
	}
}

// TestLimitsAreLearnt: told the limits, bayes proposes less that breaks them.
func TestLimitsAreLearnt(t *testing.T) {
	s := testSpace(t, 4)
	broken := func(told bool) int {
		p := testProblem(t, s, newLandscape(s, 4))
		p.Limits = Limits{FLOPs: 3000, Params: 150}
		so := DefaultStrategyOptions(1)
		if told {
			so.Limits = p.Limits
		}
		strategy, err := New("bayes", s, so)
		if err != nil {
			t.Fatal(err)
		}
		res, err := Search(context.Background(), p, strategy, Options{Trials: 40, Batch: 8, Tries: 200}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return res.Infeasible
	}
	told, untold := broken(true), broken(false)
	t.Logf("%d infeasible proposals when told the limits, %d when not", told, untold)
	if 2*told > untold {
		t.Errorf("%d infeasible proposals when told the limits, want at most half of the %d without", told, untold)
	}
}

// TestSeveralLimits: every strategy keeps to all limits at once and evaluates nothing
// twice.
func TestSeveralLimits(t *testing.T) {
	s := testSpace(t, 4)
	for _, name := range Strategies() {
		p := testProblem(t, s, newLandscape(s, 2))
		p.Limits = Limits{FLOPs: 4000, Params: 120, Latency: 0.0035}
		so := DefaultStrategyOptions(3)
		so.Limits = p.Limits
		strategy, err := New(name, s, so)
		if err != nil {
			t.Fatal(err)
		}
		res, err := Search(context.Background(), p, strategy, Options{Trials: 40, Batch: 8, Tries: 200}, nil)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		seen := make(map[space.Arch]bool)
		for _, trial := range res.Trials {
			if seen[trial.Arch] || p.Limits.Excess(trial.Cost) > 0 {
				t.Errorf("%s: trial %d, %s, was evaluated before or breaks a limit: %s", name, trial.Index, s.Format(trial.Arch), p.Limits.Broken(trial.Cost))
			}
			seen[trial.Arch] = true
		}
		if res.Evaluated < 30 {
			t.Errorf("%s: %d trials, want 30 and more", name, res.Evaluated)
		}
	}
}

// TestNearestIsNamed: where nothing meets the limits, the error names the network
// that comes nearest and what it costs.
func TestNearestIsNamed(t *testing.T) {
	s := testSpace(t, 2)
	for _, name := range Strategies() {
		p := testProblem(t, s, newLandscape(s, 2))
		p.Limits = Limits{FLOPs: 1}
		_, err := Search(context.Background(), p, newStrategy(t, name, s, 3), Options{Trials: 40, Batch: 8, Tries: 40}, nil)
		if err == nil || !strings.Contains(err.Error(), "the nearest is "+s.Format(p.Smallest)) {
			t.Errorf("%s: error %v, want one that names %s", name, err, s.Format(p.Smallest))
		}
	}
}
