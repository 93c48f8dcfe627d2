package controller

import (
	"context"
	"testing"
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
			res, _ := climb(t, name, layers, Options{Trials: 300, Batch: 8, Seed: seed, Tries: 200}, DefaultStrategyOptions(seed))
			best[name] = append(best[name], res.Best.Accuracy)
		}
	}
	for _, name := range Strategies() {
		c, err := Compare(best[name], best["random"], 1)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%-10s best %.4f (std %.4f), over random %+.4f [%.4f, %.4f], P(better) %.2f", name, c.SearchMean, c.SearchStd, c.Difference, c.Low, c.High, c.Better)
		if name == "random" {
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

// TestEntropyBonus is the ablation behind PolicyOptions.Entropy: with the bonus
// the policy ends less certain and proposes more distinct architectures.
func TestEntropyBonus(t *testing.T) {
	end := func(bonus float64) (entropy, distinct float64) {
		so := DefaultStrategyOptions(5)
		so.Tunas.Entropy, so.Tunas.SkipWeight = bonus, 0
		_, s := climb(t, "tunas", 4, Options{Trials: 400, Batch: 8, Seed: 5, Tries: 400}, so)
		health := s.(Monitored).Health()
		last := health[len(health)-10:]
		for _, h := range last {
			entropy += h.Entropy / float64(len(last))
			distinct += h.Distinct / float64(len(last))
		}
		return entropy, distinct
	}
	entropy0, distinct0 := end(0)
	entropy1, distinct1 := end(0.1)
	t.Logf("entropy %.3f without bonus, %.3f with; distinct %.2f and %.2f", entropy0, entropy1, distinct0, distinct1)
	if entropy1 < entropy0+0.02 || distinct1 <= distinct0 {
		t.Errorf("entropy %.3f to %.3f and distinct %.2f to %.2f: the bonus does not keep the policy exploring", entropy0, entropy1, distinct0, distinct1)
	}
}
