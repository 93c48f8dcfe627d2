package controller

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/espalier-nas/espalier/supernet/space"
)

// TestSurrogateSlope compares the slope with finite differences of the clipped
// surrogate by the log-probability, on both sides of both bounds.
func TestSurrogateSlope(t *testing.T) {
	surrogate := func(logRatio, a, clip float64) float64 {
		r := math.Exp(logRatio)
		return min(r*a, min(max(r, 1-clip), 1+clip)*a)
	}
	for _, a := range []float64{-2, -0.3, 0.5, 3} {
		for _, clip := range []float64{0.1, 0.2} {
			for _, x := range []float64{-0.5, -0.15, -0.05, 0, 0.05, 0.15, 0.5} {
				const h = 1e-6
				want := (surrogate(x+h, a, clip) - surrogate(x-h, a, clip)) / (2 * h)
				if got := a * surrogateSlope(math.Exp(x), a, clip); math.Abs(got-want) > 1e-6 {
					t.Errorf("advantage %v, clip %v, log ratio %v: slope %v, want %v", a, clip, x, got, want)
				}
			}
		}
	}
}

// TestPPOBoundsRatios: with many epochs on one batch, clipping keeps probabilities
// near where they were; a wide clip lets them run away.
func TestPPOBoundsRatios(t *testing.T) {
	s := testSpace(t, 3)
	moved := func(epochs int, clip float64) float64 {
		o := DefaultPPOOptions()
		o.Epochs, o.Clip, o.Entropy, o.SkipWeight, o.Beta1, o.Rate = epochs, clip, 0, 0, 0, 0.001
		r, err := NewReinforce("ppo", s, 4, o)
		if err != nil {
			t.Fatal(err)
		}
		archs := r.Propose(2)
		old := r.policy.gradient(archs[0], weights{}, nil).logProb
		r.Observe([]Trial{{Arch: archs[0], Reward: 1}, {Arch: archs[1], Reward: 0}})
		return math.Exp(r.policy.gradient(archs[0], weights{}, nil).logProb - old)
	}
	tight, wide := moved(30, 0.2), moved(30, 0.99)
	if tight < 1.15 || tight > 1.35 || wide < 1.5*tight {
		t.Errorf("after 30 epochs the probability has grown %.3f times with clip 0.2 and %.3f times with 0.99", tight, wide)
	}
}

// TestWarmup: the policy stands still while the baseline moves, and then learns.
func TestWarmup(t *testing.T) {
	s := testSpace(t, 2)
	o := DefaultTunasOptions()
	o.Warmup = 3
	r, err := NewReinforce("tunas", s, 1, o)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		before := slices.Clone(r.policy.params())
		var trials []Trial
		for k, a := range r.Propose(4) {
			trials = append(trials, Trial{Arch: a, Reward: float64(k)})
		}
		baseline := r.baseline
		r.Observe(trials)
		if still := slices.Equal(before, r.policy.params()); still != (i < 3) {
			t.Errorf("update %d: the policy stands still: %v", i+1, still)
		}
		if i == 0 && r.baseline == baseline {
			t.Error("the baseline did not move in warm-up")
		}
	}
}

// TestAbsoluteRewardFindsTheTarget: with the reward of TuNAS the policy ends near
// the target latency, from below and from above.
func TestAbsoluteRewardFindsTheTarget(t *testing.T) {
	s := testSpace(t, 4)
	for _, target := range []float64{0.003, 0.008} {
		p := testProblem(t, s, newLandscape(s, 5))
		p.Reward = Reward{Kind: Abs, Target: target, Weight: -1}
		o := DefaultTunasOptions()
		o.Temperature, o.Entropy = 1, 0.01
		r, err := NewReinforce("tunas", s, 1, o)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Search(context.Background(), p, r, Options{Trials: 400, Batch: 8, Tries: 300}, nil); err != nil {
			t.Fatal(err)
		}
		mean := meanLatency(t, p, r.Propose(50))
		if math.Abs(mean/target-1) > 0.15 {
			t.Errorf("the policy proposes %.4g s on average, want about %.4g s", mean, target)
		}
	}
}

func meanLatency(t *testing.T, p Problem, archs []space.Arch) float64 {
	t.Helper()
	sum := 0.0
	for _, a := range archs {
		c, err := p.Cost(a)
		if err != nil {
			t.Fatal(err)
		}
		sum += c.Latency / float64(len(archs))
	}
	return sum
}
