package search

import (
	"slices"
	"testing"

	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/search/config"
)

// enasWorld trains by turns.
func enasWorld(t *testing.T) *world {
	w := newWorld(t, asPredicted)
	w.cfg.Train.Sampler = config.SamplerENAS
	w.cfg.Train.Steps = 8
	w.cfg.Train.ENAS = config.ENAS{Every: 2, Updates: 2, Batch: 6, Images: 16}
	return w
}

// turns returns the sampler of a run whose policy has been sampled from, and the
// policy's state.
func turns(t *testing.T, r *Run) (*alternation, []float64) {
	t.Helper()
	l, err := r.sampling()
	if err != nil {
		t.Fatal(err)
	}
	a := l.sampler.(*alternation)
	for step := range 2 {
		a.Sample(step, nil, nil)
	}
	return a, slices.Clone(a.policy.State())
}

// learnFrom lets the policy learn once from the state given and returns the mean
// reward and the state after it.
func learnFrom(t *testing.T, a *alternation, from []float64) (reward float64, after []float64) {
	t.Helper()
	if err := a.policy.SetState(from); err != nil {
		t.Fatal(err)
	}
	if err := a.learn(t.Context()); err != nil {
		t.Fatal(err)
	}
	h := a.policy.Health()
	if len(h) == 0 {
		t.Fatal("the policy has observed nothing")
	}
	return h[len(h)-1].MeanReward, slices.Clone(a.policy.State())
}

func TestPolicyLearnsFromValidationPictures(t *testing.T) {
	r := enasWorld(t).open("run")
	a, from := turns(t, r)
	reward, after := learnFrom(t, a, from)
	if slices.Equal(from, after) {
		t.Fatal("the policy is what it was before its update")
	}
	if other, _ := learnFrom(t, a, from); other == reward {
		t.Errorf("two updates from one state have the reward %v; want other pictures in each", reward)
	}
	again := func() float64 {
		a.updates = 0
		reward, _ := learnFrom(t, a, from)
		return reward
	}
	if got := again(); got != reward {
		t.Fatalf("the same update has rewards %v and %v", reward, got)
	}
	own := r.splits
	r.splits.Train = netPictures(own.Train.Len(), 77, 0)
	r.splits.Test = netPictures(own.Test.Len(), 78, 0)
	if got := again(); got != reward {
		t.Errorf("rewards depend on the training or test pictures: %v and %v", reward, got)
	}
	r.splits.Train, r.splits.Test = own.Train, own.Test
	r.splits.Val = netPictures(own.Val.Len(), 79, 0)
	if got := again(); got == reward {
		t.Errorf("other validation pictures give the same reward, %v", got)
	}
}

// The phases of the controller take place while the weights learn.
func TestPolicyLearnsWhileTraining(t *testing.T) {
	w := enasWorld(t)
	r := w.open("run")
	if err := r.Train(t.Context()); err != nil {
		t.Fatal(err)
	}
	p, err := controller.NewReinforce("rl", w.family.Space(), w.cfg.Seed, w.cfg.Search.Strategies.LSTM)
	if err != nil {
		t.Fatal(err)
	}
	if fresh := p.State(); len(r.policy) != len(fresh) || slices.Equal(r.policy, fresh) {
		t.Error("the policy has not changed while training")
	}
	// After steps 2, 4 and 6 two updates each; none after the last step.
	if got := r.policy[1]; got != 6 {
		t.Errorf("%v updates of the policy; want 6", got)
	}
}
