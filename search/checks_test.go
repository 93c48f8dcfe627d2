package search

import (
	"context"
	"math"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/search/report"
	"github.com/espalier-nas/espalier/search/rundir"
	"github.com/espalier-nas/espalier/supernet"
	"github.com/espalier-nas/espalier/supernet/space"
)

// checks computes what a search says about itself again, from its journals and weights.
func (c recomputed) checks() {
	k := c.s.report.Checks
	if a := k.Accesses; a != (report.Accesses{Handed: len(c.s.report.Pareto)}) || a.Total() != len(c.s.state.Tests) {
		c.t.Errorf("accesses to the test split %+v; want %d networks", a, len(c.s.state.Tests))
	}
	c.fidelity(k.Fidelity)
	c.plainScores(k.Scores)
	c.proposed(k.Predicted)
	c.norms(k.Norms)
	c.anytime(k.Anytime)
	c.entropies(k.Proposals)
	if k.Timing != nil || len(k.Controllers) > 0 {
		c.t.Errorf("timings %+v of a table and %d controllers of evolution; want none", k.Timing, len(k.Controllers))
	}
}

// tauOf is tau-b by its definition, pair by pair.
func tauOf(a, b []float64) float64 {
	var both, first, second float64
	for i := range a {
		for j := range i {
			x, y := float64(signOf(a[i]-a[j])), float64(signOf(b[i]-b[j]))
			both, first, second = both+x*y, first+x*x, second+y*y
		}
	}
	if first*second == 0 {
		return 0
	}
	return both / math.Sqrt(first*second)
}

func signOf(v float64) int {
	switch {
	case v > 0:
		return 1
	case v < 0:
		return -1
	}
	return 0
}

// evaluatedAlone returns the architectures of the first rung with their accuracies after it, and what
// the supernet gave them on the whole validation split.
func (c recomputed) evaluatedAlone() (archs []space.Arch, alone, inherited []float64) {
	for _, g := range slices.Concat(c.s.on("search", 0), c.s.on("random", 0)) {
		archs, alone = append(archs, c.w.arch(g.Arch)), append(alone, g.Accuracy)
		at := slices.IndexFunc(c.s.trials, func(x rundir.Trial) bool { return x.Arch == g.Arch && c.evaluatedOn(x.Arm) == c.s.splits.Val.Len() })
		inherited = append(inherited, math.Exp(-c.s.trials[at].Loss))
	}
	return archs, alone, inherited
}

func (c recomputed) fidelity(f *report.Fidelity) {
	archs, alone, inherited := c.evaluatedAlone()
	if f == nil || f.Agreement.N != len(archs) || f.Pictures != netCompared || f.Steps != c.s.on("search", 0)[0].Steps {
		c.t.Fatalf("fidelity %+v; want it of %d candidates on %d pictures", f, len(archs), netCompared)
	}
	mean := meanOf(alone)
	step := math.Sqrt(mean * (1 - mean) / netCompared)
	var sparse []float64
	for _, v := range alone {
		sparse = append(sparse, math.Round(v/step))
	}
	c.near("tau", f.Agreement.Kendall.Value, tauOf(inherited, alone))
	c.near("sparse tau", f.Ranking.Sparse.Value, tauOf(inherited, sparse))
	c.near("step of sparse tau", f.Ranking.Step, step)
	var flops []float64
	for _, a := range archs {
		flops = append(flops, float64(c.w.family.Plan(a).FLOPs()))
	}
	score, size := tauOf(inherited, flops), tauOf(alone, flops)
	c.near("tau given FLOPs", f.Agreement.Partial.Value, (tauOf(inherited, alone)-score*size)/math.Sqrt((1-score*score)*(1-size*size)))
	c.near("tau within halves", f.Agreement.Strata.Value, tauOfHalves(flops, inherited, alone))
	best := slices.Index(inherited, slices.Max(inherited))
	c.near("accuracy lost by taking the best", f.Agreement.Regret.Value, slices.Max(alone)-alone[best])
}

// tauOfHalves is the mean of tau-b of those that at least half of all have fewer FLOPs than, and of
// the others; a half without two different figures does not count.
func tauOfHalves(flops, a, b []float64) float64 {
	sorted := slices.Sorted(slices.Values(flops))
	sum, halves := 0.0, 0.0
	for _, upper := range []bool{false, true} {
		var x, y []float64
		for i, v := range flops {
			if fewer, _ := slices.BinarySearch(sorted, v); (2*fewer >= len(flops)) == upper {
				x, y = append(x, a[i]), append(y, b[i])
			}
		}
		if len(x) > 0 && slices.Max(x) > slices.Min(x) && slices.Max(y) > slices.Min(y) {
			sum, halves = sum+tauOf(x, y), halves+1
		}
	}
	return sum / max(halves, 1)
}

func (c recomputed) near(name string, got, want float64) {
	c.t.Helper()
	if !(math.Abs(got-want) <= 1e-9) {
		c.t.Errorf("%s is %v; want %v", name, got, want)
	}
}

// plainScores ranks the first samples and the candidates of the first rung by size, depth,
// the loss and the gradient of one batch of training pictures.
func (c recomputed) plainScores(s *report.Scores) {
	archs, alone, inherited := c.evaluatedAlone()
	var samples []space.Arch
	var truth []float64
	for _, x := range c.s.of(armSample) {
		samples, truth = append(samples, c.w.arch(x.Arch)), append(truth, math.Exp(-x.Loss))
	}
	m, err := c.s.openMinibatch(s.Pictures)
	if err != nil {
		c.t.Fatal(err)
	}
	c.areTrainingPictures(m.batch.X, m.batch.Labels)
	fresh, pass := supernet.New(c.w.family, c.w.cfg.Seed), new(supernet.Pass)
	deepest := func(a space.Arch) float64 { p := c.w.family.Plan(a); return float64(longest(p, len(p)-1)) }
	of := map[string]func(space.Arch) float64{
		"FLOPs":      func(a space.Arch) float64 { return float64(c.w.family.Plan(a).FLOPs()) },
		"parameters": func(a space.Arch) float64 { return float64(c.w.family.Plan(a).Params()) },
		"depth":      deepest,
		"loss of one mini-batch, inherited weights": func(a space.Arch) float64 {
			return -c.s.net.QuickScore(c.e, pass, a, &m.batch).Loss
		},
		"norm of its gradient, fresh weights": func(a space.Arch) float64 { return fresh.GradNorm(c.e, pass, a, &m.batch) },
	}
	by := func(archs []space.Arch, f func(space.Arch) float64) (v []float64) {
		for _, a := range archs {
			v = append(v, f(a))
		}
		return v
	}
	for _, row := range s.Rows {
		switch f := of[row.Name]; {
		case row.Name == "supernet, loss":
			c.near(row.Name, row.Alone.Tau.Value, tauOf(inherited, alone))
		case f != nil:
			c.near(row.Name+", samples", row.Supernet.Tau.Value, tauOf(by(samples, f), truth))
			c.near(row.Name+", first rung", row.Alone.Tau.Value, tauOf(by(archs, f), alone))
			mean := meanOf(alone)
			c.near(row.Name+", step of sparse tau", row.Alone.Step, math.Sqrt(mean*(1-mean)/netCompared))
		}
		if row.Alone.N != len(archs) || row.Supernet != nil && row.Supernet.N != len(samples) {
			c.t.Errorf("%s is of %+v and %+v; want %d candidates and %d samples", row.Name, row.Alone, row.Supernet, len(archs), len(samples))
		}
	}
	if len(s.Rows) != len(of)+2 {
		c.t.Errorf("%d scores; want %d, the predictor's and the supernet's", len(s.Rows), len(of))
	}
}

// areTrainingPictures wants every picture of a batch, with its label, in the training split.
func (c recomputed) areTrainingPictures(x []float32, labels []int32) {
	c.t.Helper()
	train := c.s.splits.Train
	size := len(x) / len(labels)
	for i, label := range labels {
		found := false
		for k := range train.Len() {
			same := int32(train.Labels[k]) == label
			for p, v := range plainInput(c.norm, train, k) {
				same = same && math.Abs(float64(v-x[i*size+p])) < 1e-4
			}
			found = found || same
		}
		if !found {
			c.t.Errorf("picture %d of the mini-batch is not one of the training split", i)
		}
	}
}

// longest counts layers with weights on the longest way to a step.
func longest(p space.Plan, i int) int {
	if i == space.Image {
		return 0
	}
	n := 0
	for _, j := range p[i].In {
		n = max(n, longest(p, j))
	}
	if op := p[i].Layer.Op; op == space.Conv || op == space.Linear {
		n++
	}
	return n
}

// proposed fits the predictor again to what each round knew, and asks it for what the
// round picked.
func (c recomputed) proposed(p *report.Predicted) {
	var mean, std, truth []float64
	all := c.s.of(armSample, armRound)
	for from := len(c.s.of(armSample)); from < len(all); {
		to := from
		for to < len(all) && all[to].Arm == all[from].Arm {
			to++
		}
		m := c.w.unfitted()
		archs, y := c.known(all[:from])
		if err := m.Fit(archs, y); err != nil {
			c.t.Fatal(err)
		}
		picks, scores := c.known(all[from:to])
		a, b := m.Predict(picks)
		mean, std, truth = append(mean, a...), append(std, b...), append(truth, scores...)
		from = to
	}
	c.near("tau of what rounds picked", p.Picks.Kendall, tauOf(mean, truth))
	if p.Picks.N != len(truth) || p.Calibrated.N != len(truth) {
		c.t.Errorf("%d and %d picks; want %d", p.Picks.N, p.Calibrated.N, len(truth))
	}
	z := []float64{0.674489750196082, 1.281551565544601, 1.644853626951473, 1.959963984540054}
	for i, v := range p.Coverage {
		within := 0.0
		for k := range truth {
			if math.Abs(mean[k]-truth[k]) <= z[i]*std[k] {
				within += 1 / float64(len(truth))
			}
		}
		c.near("coverage of picks", v.Picks, within)
	}
	n := len(c.s.of(armSample))
	if len(p.Curve) != 2 || p.Curve[0].Learnt != n/2 || p.Curve[0].Report.N != n || p.Curve[1].Learnt != n-n/c.w.cfg.Predictor.Folds || p.Curve[1].Report.N != n {
		c.t.Errorf("learning curve %+v; want %d samples predicted from half and from two thirds of them", p.Curve, n)
	}
}

func (c recomputed) known(trials []rundir.Trial) (archs []space.Arch, y []float64) {
	for _, x := range trials {
		archs, y = append(archs, c.w.arch(x.Arch)), append(y, math.Exp(-x.Loss))
	}
	return archs, y
}

// norms evaluates the subnets again, one by one, with statistics of other subnets and of the
// pictures evaluated.
func (c recomputed) norms(n *report.Norms) {
	samples := c.s.of(armSample)
	set := c.s.splits.Val.Subset([]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29})
	v, err := supernet.NewEvaluator(c.e, c.s.net, c.s.splits.Train, set, c.norm, supernet.EvalOptions{Calibration: 1000, Batch: 20, Seed: c.w.cfg.Seed})
	if err != nil {
		c.t.Fatal(err)
	}
	pool, err := c.s.lastSamples(n.Pooled)
	if err != nil {
		c.t.Fatal(err)
	}
	shared, err := v.Pool(context.Background(), pool)
	if err != nil {
		c.t.Fatal(err)
	}
	var own, inherited, batch, over float64
	count := float64(n.Own.N)
	for i := range n.Own.N {
		x := samples[i*len(samples)/n.Own.N]
		a := c.w.arch(x.Arch)
		p, err := v.EvaluateNorms(context.Background(), a, shared.Of(a))
		if err != nil {
			c.t.Fatal(err)
		}
		b, err := v.EvaluateNorms(context.Background(), a, nil)
		if err != nil {
			c.t.Fatal(err)
		}
		own, inherited, batch, over = own+x.Accuracy/count, inherited+p.Accuracy/count, batch+b.Accuracy/count, over+(x.Accuracy-b.Accuracy)/count
	}
	c.near("accuracy with own statistics", n.Own.Mean, own)
	c.near("accuracy with inherited statistics", n.Inherited.Mean, inherited)
	c.near("accuracy with batch statistics", n.Batch.Mean, batch)
	c.near("own over batch statistics", n.OverBatch.Mean, over)
	c.near("own over inherited statistics", n.OverPooled.Mean, own-inherited)
	if n.Pictures != netCompared || n.Own.N < leastNorms {
		c.t.Errorf("%d subnets on %d pictures", n.Own.N, n.Pictures)
	}
}

// anytime follows the best accuracy through the journal.
func (c recomputed) anytime(curve []report.Anytime) {
	best := func(trials []rundir.Trial, n int) float64 {
		top := 0.0
		for _, x := range trials[:n] {
			top = max(top, x.Accuracy)
		}
		return top
	}
	search, random := c.s.of(armSample, armRound), c.s.of(armRandom)
	var counts []int
	for _, p := range curve {
		counts = append(counts, p.Evaluations)
		if p.Search != best(search, p.Evaluations) || p.Random == nil || *p.Random != best(random, p.Evaluations) {
			c.t.Errorf("after %d evaluations %+v; want %v and %v", p.Evaluations, p, best(search, p.Evaluations), best(random, p.Evaluations))
		}
	}
	if want := []int{1, 2, 4, 8, 16, len(search)}; !slices.Equal(counts, want) {
		c.t.Errorf("the curve is told after %v evaluations; want %v", counts, want)
	}
}

// entropies counts choices by the features of what was proposed.
func (c recomputed) entropies(p report.Proposals) {
	s := c.w.family.Space()
	trials := c.s.of(armSearch)
	sums := make([]float64, len(s.Features(c.w.family.Extremes().Largest)))
	for _, x := range trials {
		for i, v := range s.Features(c.w.arch(x.Arch)) {
			sums[i] += v
		}
	}
	if p.Count != len(trials) || len(p.Entropy) != len(s.Decisions()) {
		c.t.Fatalf("%d proposals and %d entropies; want %d and %d", p.Count, len(p.Entropy), len(trials), len(s.Decisions()))
	}
	unused := 0
	for i, d := range s.Decisions() {
		counts := sums[:len(d.Choices)]
		sums = sums[len(d.Choices):]
		total, want := 0.0, 0.0
		for _, n := range counts {
			total += n
		}
		for _, n := range counts {
			if n == 0 {
				unused++
			} else {
				want -= n / total * math.Log(n/total) / math.Log(float64(len(counts)))
			}
		}
		c.near("entropy of "+d.Name, p.Entropy[i], want)
	}
	if len(p.Unused) != unused {
		c.t.Errorf("%d choices were never proposed; want %d", len(p.Unused), unused)
	}
}

// The line that a run was begun with stays when it is resumed with another one.
func TestCommandIsKept(t *testing.T) {
	w := newWorld(t, asPredicted)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	if _, err := Do(ctx, filepath.Join(w.dir, "run"), w.cfg, Monitor{Command: "espalier search --first", Events: &heard{until: "learn to predict accuracy", stop: stop}}); err == nil {
		t.Fatal("the search was not interrupted")
	}
	rep, err := Resume(t.Context(), filepath.Join(w.dir, "run"), Monitor{Command: "espalier search --resume"})
	if err != nil || rep.Checks.Command != "espalier search --first" {
		t.Errorf("command is %q, %v; want that of the beginning", rep.Checks.Command, err)
	}
}

// Each controller is told by its last update, with what it has come to.
func TestConditionsAreOfTheLastUpdate(t *testing.T) {
	sure := controller.Health{Step: 2, Trials: 8, Entropy: 0.01, Distinct: 1, AdvantageStd: 1}
	got := conditions([]sweepHealth{
		{"search 1.1", []controller.Health{{Step: 1, Entropy: 0.9}, sure}},
		{"search 1.2", nil},
	})
	if len(got) != 1 || got[0].First != 0.9 || got[0].Updates != 2 || got[0].Last.Entropy != 0.01 || got[0].Sign != sure.Collapse() || got[0].Sign == "" {
		t.Errorf("conditions %+v; want one, collapsed after 2 updates", got)
	}
	r := quiet(t)
	r.warnOfChecks(&report.Checks{Controllers: got})
	if len(r.warnings) != 1 {
		t.Errorf("warnings %q; want one", r.warnings)
	}
}

// First samples that are beyond the limits are not the best that a search had at any time.
func TestAnytimeIsWithinTheLimits(t *testing.T) {
	r := quiet(t)
	r.cfg.Limits.FLOPs = 1000
	of := func(accuracy float64, flops int64) controller.Trial {
		return controller.Trial{Accuracy: accuracy, Cost: controller.Cost{FLOPs: flops}}
	}
	out := &outcome{search: found{trials: []controller.Trial{of(0.9, 2000), of(0.3, 1000), of(0.8, 1001), of(0.5, 900)}}}
	out.random.trials = out.search.trials[:2]
	none, some := 0.0, 0.3
	want := []report.Anytime{{Evaluations: 1, Search: 0, Random: &none}, {Evaluations: 2, Search: 0.3, Random: &some}, {Evaluations: 4, Search: 0.5}}
	if d := cmp.Diff(want, r.anytime(out)); d != "" {
		t.Errorf("differs (-want +got):\n%s", d)
	}
}
