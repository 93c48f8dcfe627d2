package controller

import (
	"context"
	"testing"

	"github.com/espalier-nas/espalier/internal/stream"
	"github.com/espalier-nas/espalier/supernet/space"
)

// climb searches a landscape of testSpace and returns what it found and the strategy.
func climb(t testing.TB, name string, layers int, o Options, so StrategyOptions) (Result, Strategy) {
	t.Helper()
	s := testSpace(t, layers)
	strategy, err := New(name, s, so)
	if err != nil {
		t.Fatal(err)
	}
	res, err := Search(context.Background(), testProblem(t, s, newLandscape(s, so.Seed)), strategy, o, nil)
	if err != nil {
		t.Fatal(err)
	}
	return res, strategy
}

// TestFindsOptimum: on landscapes whose best architecture is known, one of
// many, every strategy that learns ends near the optimum of 0.9 and far
// above random search, over several seeds. All seeds are fixed, so the outcome
// is.
func TestFindsOptimum(t *testing.T) {
	const seeds, layers = 4, 4
	best := make(map[string][]float64)
	for _, name := range Strategies() {
		for seed := range uint64(seeds) {
			so := DefaultStrategyOptions(seed)
			so.NSGA2.Objectives = []string{"reward"}
			res, _ := climb(t, name, layers, Options{Trials: 300, Batch: 8, Seed: seed, Tries: 200}, so)
			best[name] = append(best[name], res.Best.Accuracy)
		}
	}
	for _, name := range Strategies() {
		c, err := Compare(best[name], best["random"], 1)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%-10s best %.4f (std %.4f), over random %+.4f [%.4f, %.4f], P(better) %.2f", name, c.SearchMean, c.SearchStd, c.Difference, c.Low, c.High, c.Better)
		if name == "random" || name == "halton" { // these learn nothing
			continue
		}
		if c.SearchMean < 0.89 || c.Better < 0.99 || c.Low <= 0 {
			t.Errorf("%s: mean best %.4f, want at least 0.89 of 0.9; P(better than random) %.2f, interval from %.4f", name, c.SearchMean, c.Better, c.Low)
		}
	}
}

// TestBiasesHelp is the ablation behind PolicyOptions.BiasGain.
func TestBiasesHelp(t *testing.T) {
	mean := func(gain float64) float64 {
		sum := 0.0
		for seed := range uint64(3) {
			so := DefaultStrategyOptions(seed)
			so.LSTM.BiasGain = gain
			res, _ := climb(t, "rl", 4, Options{Trials: 200, Batch: 8, Seed: seed, Tries: 200}, so)
			sum += res.Best.Accuracy / 3
		}
		return sum
	}
	without, with := mean(0), mean(DefaultLSTMOptions().BiasGain)
	t.Logf("mean best after 200 trials: %.4f without biases, %.4f with", without, with)
	if with < without+0.02 {
		t.Errorf("biases bring %.4f instead of %.4f, want a gain of at least 0.02", with, without)
	}
}

// learn lets a strategy observe n of its proposals on a landscape.
func learn(s Strategy, l *landscape, n int) {
	var trials []Trial
	for i, a := range s.Propose(n) {
		trials = append(trials, Trial{Index: i, Arch: a, Accuracy: l.accuracy(a), Reward: l.accuracy(a)})
	}
	s.Observe(trials)
}

// TestEntropyBonus is the ablation behind PolicyOptions.Entropy: with a bonus
// policies end less certain and propose more distinct architectures.
func TestEntropyBonus(t *testing.T) {
	s := testSpace(t, 3)
	end := func(name string, o PolicyOptions, bonus float64) (entropy, distinct float64) {
		const updates, last, seeds = 80, 10, 2
		o.Entropy, o.SkipWeight = bonus, 0
		for seed := range uint64(seeds) {
			r, err := NewReinforce(name, s, seed, o)
			if err != nil {
				t.Fatal(err)
			}
			l := newLandscape(s, seed)
			for range updates {
				learn(r, l, 8)
			}
			for _, h := range r.Health()[updates-last:] {
				entropy += h.Entropy / (last * seeds)
				distinct += h.Distinct / (last * seeds)
			}
		}
		return entropy, distinct
	}
	for name, o := range map[string]PolicyOptions{"rl": DefaultLSTMOptions(), "tunas": DefaultTunasOptions()} {
		entropy0, distinct0 := end(name, o, 0)
		entropy1, distinct1 := end(name, o, 0.2)
		t.Logf("%-5s entropy %.3f without bonus, %.3f with; distinct %.2f and %.2f", name, entropy0, entropy1, distinct0, distinct1)
		if entropy1 < entropy0+0.05 || distinct1 < distinct0+0.05 {
			t.Errorf("%s: entropy %.3f to %.3f and distinct %.2f to %.2f: the bonus does not keep the policy exploring", name, entropy0, entropy1, distinct0, distinct1)
		}
	}
}

// TestSkipPenalty: with rewards that say nothing, the penalty alone brings the
// share of sampled skips to SkipRate, because it acts on the probability that
// they are sampled with.
func TestSkipPenalty(t *testing.T) {
	s := testSpace(t, 4)
	for name, o := range map[string]PolicyOptions{"rl": DefaultLSTMOptions(), "tunas": DefaultTunasOptions()} {
		o.SkipRate, o.SkipWeight, o.Entropy = 0.2, 1, 0
		r, err := NewReinforce(name, s, 1, o)
		if err != nil {
			t.Fatal(err)
		}
		for range 60 {
			var trials []Trial
			for _, a := range r.Propose(4) {
				trials = append(trials, Trial{Arch: a, Reward: 0.5})
			}
			r.Observe(trials)
		}
		yes, made := 0, 0
		for _, a := range r.Propose(300) {
			for i, d := range s.Decisions() {
				if d.Kind == space.KindSkip {
					yes += a.Gene(i)
					made++
				}
			}
		}
		if rate := float64(yes) / float64(made); rate < 0.15 || rate > 0.25 {
			t.Errorf("%s: %.3f of the skips are made, want about 0.2", name, rate)
		}
	}
}

// TestLearnsFromNoise follows the alternation with a supernet: rewards are
// accuracies of small batches, with noise as large as most differences, and the
// proposals between updates are never observed. The mean true accuracy of what
// the policy samples must rise far above that of random architectures.
func TestLearnsFromNoise(t *testing.T) {
	s := testSpace(t, 4)
	l := newLandscape(s, 3)
	quality := func(archs []space.Arch) float64 {
		sum := 0.0
		for _, a := range archs {
			sum += l.accuracy(a) / float64(len(archs))
		}
		return sum
	}
	random := quality(newStrategy(t, "random", s, 1).Propose(100))
	for _, name := range []string{"rl", "tunas"} {
		r := newStrategy(t, name, s, 1)
		noise := stream.New(1, "noise")
		for range 80 {
			r.Propose(4)
			var trials []Trial
			for _, a := range r.Propose(8) {
				trials = append(trials, Trial{Arch: a, Reward: l.accuracy(a) + 0.05*noise.NormFloat64()})
			}
			r.Observe(trials)
		}
		got := quality(r.Propose(100))
		t.Logf("%-5s mean true accuracy %.3f, random %.3f", name, got, random)
		if got < random+0.1 {
			t.Errorf("%s: mean true accuracy %.3f, random %.3f, want at least 0.1 more", name, got, random)
		}
	}
}
