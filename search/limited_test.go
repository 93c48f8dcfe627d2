package search

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/search/config"
	"github.com/espalier-nas/espalier/search/rundir"
	"github.com/espalier-nas/espalier/supernet/space"
)

// quantile returns the value that a share of the world's architectures do not
// exceed.
func (w *world) quantile(share float64, of func(space.Arch) float64) float64 {
	var all []float64
	for a := range w.family.Space().Enumerate {
		all = append(all, of(a))
	}
	slices.Sort(all)
	return all[int(share*float64(len(all)-1))]
}

// All that is evaluated in a search meets the limits on operations and parameters.
func TestEveryTrialMeetsTheLimits(t *testing.T) {
	for _, which := range []string{"flops", "params"} {
		t.Run(which, func(t *testing.T) {
			w := newWorld(t, asPredicted)
			of := func(a space.Arch) float64 {
				p := w.family.Plan(a)
				return map[string]float64{"flops": float64(p.FLOPs()), "params": float64(p.Params())}[which]
			}
			limit := w.quantile(0.6, of)
			if which == "flops" {
				w.cfg.Limits.FLOPs = config.Count(limit)
			} else {
				w.cfg.Limits.Params = config.Count(limit)
			}
			w.cfg.Predictor.Samples, w.cfg.Finish.Steps = 16, 1
			s := w.search("run")
			if !s.bounded {
				t.Error("memory was not computed again when it was known what limits leave of the space")
			}
			for _, x := range s.trials {
				if got := of(w.arch(x.Arch)); got > limit {
					t.Errorf("trial %d of %s has %v %s; want at most %v", x.Index, x.Arm, got, which, limit)
				}
			}
			for _, n := range slices.Concat(s.report.Pareto, s.report.Others) {
				if got := of(w.arch(n.Arch)); got > limit {
					t.Errorf("%s has %v %s; want at most %v", n.Name, got, which, limit)
				}
			}
		})
	}
}

// Nothing that is out of the budget's reach is evaluated.
func TestNothingBeyondReachIsEvaluated(t *testing.T) {
	w := newWorld(t, asPredicted)
	reach := w.quantile(0.5, func(a space.Arch) float64 { return w.measured[a] / 4 })
	w.cfg.Finish.Reach = time.Duration(reach * float64(time.Second))
	w.cfg.Limits.Latency = time.Hour
	s := w.search("run")
	for _, x := range s.trials {
		if x.Latency > w.cfg.Finish.Reach.Seconds() {
			t.Errorf("trial %d of %s takes %v s; want at most %v", x.Index, x.Arm, x.Latency, w.cfg.Finish.Reach)
		}
	}
	if len(s.trials) == 0 {
		t.Error("nothing was evaluated")
	}
}

// A limit on latency that candidates meet by prediction and break as measured:
// those are dropped before any is finished, and the report says so.
func TestMeasuredLatencyCounts(t *testing.T) {
	seeds(t, func(seed uint64) bool {
		broken, arms := measuredLatencyCounts(t, seed)
		return len(broken) == len(arms)
	})
}

// measuredLatencyCounts checks one search and returns which kinds of candidates
// there are and which come from architectures of which some break the limit as
// measured.
func measuredLatencyCounts(t *testing.T, seed uint64) (broken, arms []string) {
	w := newWorld(t, func(i int) float64 { return []float64{1, 1.8, 1.8}[i%3] })
	limit := w.quantile(0.6, func(a space.Arch) float64 { return w.measured[a] / 4 })
	w.cfg.Limits.Latency = time.Duration(limit * 1e9)
	w.cfg.Search.Top, w.cfg.Seed = 16, seed
	s := w.search("run")
	limit = w.cfg.Limits.Latency.Seconds()
	for _, x := range s.trials {
		if x.Latency > limit {
			t.Errorf("trial %d of %s: predicted %v s; want at most %v", x.Index, x.Arm, x.Latency, limit)
		}
	}
	arms = []string{armFinal, armSecond, armRandomFinal}
	pools := map[string][]string{armFinal: {armSample, armRound}, armSecond: {armSample, armRound}, armRandomFinal: {armRandom}}
	breaks := func(x rundir.Trial) bool { return w.measured[w.arch(x.Arch)]/4 > limit }
	for _, arm := range arms {
		for _, x := range s.of(arm) {
			if breaks(x) {
				t.Errorf("%s takes %v s as measured, and is a candidate of %s; want at most %v", x.Arch, w.measured[w.arch(x.Arch)]/4, arm, limit)
			}
		}
		if len(s.of(arm)) > 0 && slices.ContainsFunc(s.of(pools[arm]...), breaks) {
			broken = append(broken, arm)
		}
	}
	if len(broken) < len(arms) {
		return broken, arms
	}
	for _, g := range s.rungs {
		if got := w.measured[w.arch(g.Arch)] / 4; got > limit {
			t.Errorf("%s of the arm %s takes %v s as measured, and is finished; want at most %v", g.Arch, g.Arm, got, limit)
		}
	}
	for _, n := range slices.Concat(s.report.Pareto, s.report.Others) {
		if n.Measured.Median > limit {
			t.Errorf("%s takes %v s as measured; want at most %v", n.Name, n.Measured.Median, limit)
		}
	}
	if r := s.report.Latency.Reliance; r.Relied+r.Doubted != s.report.Latency.HeldOut.N {
		t.Errorf("reliance is told of %d predictions; want those held out, %d", r.Relied+r.Doubted, s.report.Latency.HeldOut.N)
	}
	if c := s.report.Latency.Contenders; c == nil || c.Doubted+c.Taken+c.Relied != len(s.looked) || c.Absent > 0 || c.Taken == 0 || c.Relied == 0 {
		t.Errorf("the report tells %+v of %d contenders; want all of them, some taken, some relied on", c, len(s.looked))
	}
	if !slices.ContainsFunc(s.report.Warnings, func(x string) bool { return strings.Contains(x, "not as measured") }) {
		t.Errorf("warnings %q do not tell that candidates were dropped", s.report.Warnings)
	}
	return broken, arms
}

// The costs that a search works with are those of the latency model, corrected
// by whole networks, per picture; the sum over the layers is far from them.
func TestCostIsThatOfTheModelPerPicture(t *testing.T) {
	w := newWorld(t, asPredicted)
	r := w.open("run")
	l, err := r.latencies(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for a, pass := range w.measured {
		c, err := l.Cost(a)
		if err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for _, s := range w.family.Plan(a) {
			sum += 2e-6 + 1e-9*float64(s.Layer.FLOPs())
		}
		if math.Abs(c.Latency/(pass/4)-1) > 0.05 {
			t.Errorf("%s: %v s per picture; want %v (a quarter of the layers' sum is %v)", w.family.Space().Format(a), c.Latency, pass/4, sum/4)
		}
	}
}

// A reward with latency reaches the search: its trials hold it, and it decides.
func TestRewardWeighsLatency(t *testing.T) {
	w := newWorld(t, asPredicted)
	w.cfg.Search.Score, w.cfg.Search.Trials, w.cfg.Search.Sweep, w.cfg.Search.Random = config.ScoreSupernet, 20, 1, false
	target := 20 * time.Microsecond
	w.cfg.Search.Reward = config.Reward{Kind: string(controller.Soft), Target: target, Weight: -0.5}
	w.cfg.Search.Top, w.cfg.Finish.Steps = 2, 1
	s := w.search("run")
	n := 0
	for _, x := range s.trials {
		if !strings.HasPrefix(x.Arm, armSearch) {
			continue
		}
		n++
		if want := x.Accuracy * math.Pow(x.Latency/target.Seconds(), -0.5); math.Abs(x.Reward-want) > 1e-12 {
			t.Errorf("trial %d: reward %v; want %v", x.Index, x.Reward, want)
		}
	}
	if n != 20 {
		t.Errorf("%d trials of the search; want 20", n)
	}
}
