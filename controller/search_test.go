package controller

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/espalier-nas/espalier/supernet/space"
)

func newStrategy(t testing.TB, name string, s *space.Space, seed uint64) Strategy {
	t.Helper()
	strategy, err := New(name, s, DefaultStrategyOptions(seed))
	if err != nil {
		t.Fatal(err)
	}
	return strategy
}

// script proposes a fixed list, then nothing, and keeps what it observes.
type script struct {
	archs []space.Arch
	seen  [][]Trial
}

func (s *script) Propose(n int) []space.Arch {
	n = min(n, len(s.archs))
	archs := s.archs[:n]
	s.archs = s.archs[n:]
	return archs
}

func (s *script) Observe(trials []Trial) { s.seen = append(s.seen, trials) }

// parse reads architectures of testSpace(t, 2): op and width of both layers,
// the last digit is the skip from the stem.
func parse(t testing.TB, s *space.Space, texts ...string) []space.Arch {
	t.Helper()
	var archs []space.Arch
	for _, text := range texts {
		genes := []uint8(text)
		for i := range genes {
			genes[i] -= '0'
		}
		a, err := s.Canon(genes)
		if err != nil {
			t.Fatal(err)
		}
		archs = append(archs, a)
	}
	return archs
}

// TestSearchRound follows one round: new, repeated and infeasible proposals,
// what is evaluated and what the strategy observes.
func TestSearchRound(t *testing.T) {
	s := testSpace(t, 2)
	l := newLandscape(s, 1)
	p := testProblem(t, s, l)
	p.Limits = Limits{FLOPs: 4000}
	a := parse(t, s, "00000", "00000", "12120", "01000", "00000")
	strategy := &script{archs: a}
	var reported []Trial
	res, err := Search(context.Background(), p, strategy, Options{Trials: 9, Batch: 2, Tries: 20, Strategy: "script"}, func(t Trial) error {
		reported = append(reported, t)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if res.Evaluated != 2 || l.calls != 2 || res.Duplicates != 2 || res.Infeasible != 1 || !res.Exhausted || res.Repaired != 0 {
		t.Fatalf("evaluated %d (evaluator %d), duplicates %d, infeasible %d, exhausted %v, repaired %d",
			res.Evaluated, l.calls, res.Duplicates, res.Infeasible, res.Exhausted, res.Repaired)
	}
	if len(reported) != 2 || !slices.EqualFunc(reported, res.Trials[:2], sameTrial) {
		t.Errorf("reported %v, want the evaluated trials", reported)
	}
	var outcomes []Outcome
	for _, round := range strategy.seen {
		for _, trial := range round {
			outcomes = append(outcomes, trial.Outcome)
			switch trial.Outcome {
			case Infeasible:
				if trial.Reward >= 0 || trial.Accuracy != 0 || trial.Index != -1 {
					t.Errorf("infeasible trial %+v, want a negative reward and no score", trial)
				}
			default:
				if want := l.accuracy(trial.Arch); trial.Accuracy != want || trial.Reward != want {
					t.Errorf("trial %+v, want accuracy %v", trial, want)
				}
			}
		}
	}
	if got, want := fmt.Sprint(outcomes), fmt.Sprint([]Outcome{Evaluated, Repeat, Infeasible, Evaluated, Repeat}); got != want {
		t.Errorf("outcomes %s, want %s", got, want)
	}
}

// TestSearchMeetsLimits: nothing that breaks a limit is evaluated, however
// tight the limits; repair lets every strategy start where random draws fail.
func TestSearchMeetsLimits(t *testing.T) {
	s := testSpace(t, 4)
	for _, limit := range []int64{4000, 700} {
		for _, name := range Strategies() {
			p := testProblem(t, s, newLandscape(s, 2))
			p.Limits = Limits{FLOPs: limit}
			res, err := Search(context.Background(), p, newStrategy(t, name, s, 3), Options{Trials: 40, Batch: 8, Tries: 100}, nil)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if res.Evaluated != 40 && !res.Exhausted {
				t.Errorf("%s: %d trials, not exhausted", name, res.Evaluated)
			}
			if res.Evaluated < 10 {
				t.Errorf("%s below %d FLOPs: only %d trials", name, limit, res.Evaluated)
			}
			for _, trial := range res.Trials {
				if trial.Cost.FLOPs > limit {
					t.Errorf("%s: trial %d costs %d FLOPs, limit %d", name, trial.Index, trial.Cost.FLOPs, limit)
				}
			}
			t.Logf("%-10s below %d FLOPs: %d trials, %d infeasible, %d repaired", name, limit, res.Evaluated, res.Infeasible, res.Repaired)
		}
	}
}

// TestPolicyLearnsLimits: the penalty leads policies into the feasible region,
// so that late rounds break the limit less often than the first ones.
func TestPolicyLearnsLimits(t *testing.T) {
	s := testSpace(t, 4)
	for _, name := range []string{"rl", "tunas"} {
		p := testProblem(t, s, newLandscape(s, 4))
		p.Limits = Limits{FLOPs: 2600}
		w := &watched{Strategy: newStrategy(t, name, s, 1)}
		if _, err := Search(context.Background(), p, w, Options{Trials: 150, Batch: 8, Tries: 500}, nil); err != nil {
			t.Fatal(err)
		}
		third := len(w.broken) / 3
		early, late := share(w.broken[:third]), share(w.broken[2*third:])
		t.Logf("%s: %.2f of the proposals break the limit at first, %.2f at last", name, early, late)
		if late > 0.6*early {
			t.Errorf("%s: %.2f of the proposals break the limit at first, %.2f at last", name, early, late)
		}
	}
}

// watched records for each proposal whether it broke a limit.
type watched struct {
	Strategy
	broken []bool
}

func (w *watched) Observe(trials []Trial) {
	for _, t := range trials {
		w.broken = append(w.broken, t.Outcome == Infeasible)
	}
	w.Strategy.Observe(trials)
}

func share(x []bool) float64 {
	n := 0
	for _, v := range x {
		if v {
			n++
		}
	}
	return float64(n) / float64(len(x))
}

// TestSearchNothingFeasible: the error names the limits, what the smallest
// candidate costs and which limit it breaks; no strategy loops forever.
func TestSearchNothingFeasible(t *testing.T) {
	s := testSpace(t, 3)
	for _, name := range Strategies() {
		l := newLandscape(s, 1)
		p := testProblem(t, s, l)
		p.Limits = Limits{Latency: 1e-5, Params: 1000}
		res, err := Search(context.Background(), p, newStrategy(t, name, s, 1), Options{Trials: 10, Batch: 4, Tries: 50}, nil)
		if !errors.Is(err, ErrInfeasible) {
			t.Fatalf("%s: error %v, want ErrInfeasible", name, err)
		}
		for _, part := range []string{"latency 0.01 ms", "1000 parameters", "which costs 0.03 ms, 30 FLOPs, 30 parameters", "breaks: latency 0.03 ms above 0.01 ms"} {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s: error %q does not say %q", name, err, part)
			}
		}
		if l.calls != 0 || res.Evaluated != 0 {
			t.Errorf("%s: %d evaluations", name, l.calls)
		}
	}
}

// TestSearchExhausted: a space smaller than the budget ends the search early
// with every architecture evaluated once.
func TestSearchExhausted(t *testing.T) {
	s := testSpace(t, 1)
	for _, name := range []string{"random", "evolution", "local"} {
		res, err := Search(context.Background(), testProblem(t, s, newLandscape(s, 1)), newStrategy(t, name, s, 1), Options{Trials: 500, Batch: 4, Tries: 400}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if size := int(s.Size()); res.Evaluated != size || !res.Exhausted {
			t.Errorf("%s: %d of %d architectures, exhausted %v", name, res.Evaluated, size, res.Exhausted)
		}
	}
}

// TestSearchSilentStrategy: a strategy with nothing to propose ends the search,
// at once or after what it had.
func TestSearchSilentStrategy(t *testing.T) {
	s := testSpace(t, 2)
	for n, archs := range [][]space.Arch{nil, parse(t, s, "00000"), parse(t, s, "00000", "01000")} {
		res, err := Search(context.Background(), testProblem(t, s, newLandscape(s, 1)), &script{archs: archs}, Options{Trials: 9, Batch: 2}, nil)
		if err != nil || res.Evaluated != n || !res.Exhausted {
			t.Errorf("%d trials, exhausted %v, error %v, want %d trials", res.Evaluated, res.Exhausted, err, n)
		}
	}
}

// failing returns what it is told to.
type failing struct {
	scores []Score
	err    error
}

func (f failing) Evaluate(context.Context, []space.Arch) ([]Score, error) { return f.scores, f.err }

func TestSearchErrors(t *testing.T) {
	s := testSpace(t, 2)
	ok := testProblem(t, s, newLandscape(s, 1))
	broken := errors.New("no power")
	nan := 0.0
	nan /= nan
	for want, run := range map[string]func() (Problem, Options){
		"trials is 0, want at least 1": func() (Problem, Options) { return ok, Options{Batch: 1} },
		"batch is 0, want at least 1":  func() (Problem, Options) { return ok, Options{Trials: 1} },
		"problem.cost is missing":      func() (Problem, Options) { p := ok; p.Cost = nil; return p, Options{Trials: 1, Batch: 1} },
		"limits.latency is -1 s":       func() (Problem, Options) { p := ok; p.Limits.Latency = -1; return p, Options{Trials: 1, Batch: 1} },
		"reward.kind is \"fast\"":      func() (Problem, Options) { p := ok; p.Reward.Kind = "fast"; return p, Options{Trials: 1, Batch: 1} },
		"evaluate 2 architectures: no power": func() (Problem, Options) {
			p := ok
			p.Evaluator = failing{err: broken}
			return p, Options{Trials: 2, Batch: 2}
		},
		"returned 1 scores for 2": func() (Problem, Options) {
			p := ok
			p.Evaluator = failing{scores: make([]Score, 1)}
			return p, Options{Trials: 2, Batch: 2}
		},
		"accuracy NaN": func() (Problem, Options) {
			p := ok
			p.Evaluator = failing{scores: []Score{{Accuracy: nan}}}
			return p, Options{Trials: 1, Batch: 1}
		},
		"the log to resume holds 2 trials": func() (Problem, Options) { return ok, Options{Trials: 1, Batch: 1, Replay: make([]Trial, 2)} },
	} {
		p, o := run()
		_, err := Search(context.Background(), p, newStrategy(t, "random", s, 1), o, nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one that says %q", err, want)
		}
	}
	if _, err := New("magic", s, DefaultStrategyOptions(1)); err == nil || !strings.Contains(err.Error(), "bayes, evolution, guided, halton, local, nsga2, ppo, random, rl, tunas") {
		t.Errorf("unknown strategy: error %v, want one that lists the names", err)
	}
	for _, name := range []string{"evolution", "local", "rl", "tunas"} {
		if st, err := New(name, s, StrategyOptions{}); err == nil || st != nil {
			t.Errorf("%s accepted options that are all zero", name)
		}
	}
}

func TestRandomArm(t *testing.T) {
	s := testSpace(t, 4)
	p := testProblem(t, s, newLandscape(s, 1))
	o := Options{Trials: 20, Batch: 5, Seed: 3}
	arm, err := Search(context.Background(), p, NewRandomArm(s, o.Seed), o, nil)
	if err != nil {
		t.Fatal(err)
	}
	search, err := Search(context.Background(), p, newStrategy(t, "random", s, 3), o, nil)
	if err != nil {
		t.Fatal(err)
	}
	if arm.Evaluated != 20 {
		t.Errorf("%d trials; want 20", arm.Evaluated)
	}
	if arm.Trials[0].Arch == search.Trials[0].Arch && arm.Trials[1].Arch == search.Trials[1].Arch {
		t.Error("the arm draws what the random strategy of the same seed draws")
	}
	p.Space = nil
	if _, err := Search(context.Background(), p, NewRandomArm(s, o.Seed), o, nil); err == nil {
		t.Error("no error without a space")
	}
}
