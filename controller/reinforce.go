package controller

import (
	"fmt"
	"math"

	"github.com/espalier-nas/espalier/internal/stream"
	"github.com/espalier-nas/espalier/supernet/space"
)

// leastSpread is the smallest standard deviation that advantages are divided by:
// below it, rewards differ by less than an evaluation can tell apart.
const leastSpread = 1e-4

// Reinforce trains a policy by REINFORCE (Williams 1992): each observed
// architecture's log-probability is raised in proportion to its advantage, the
// reward less a moving baseline, in units of the advantages' running standard
// deviation. The entropy bonus is the full entropy of every decision made, and
// the penalty on skips acts on the probability that they are sampled with.
//
// Log-probabilities are recomputed under the current parameters, so proposals
// need not be observed: a supernet may train on some of them and score others.
// Observing what the policy proposed since the last update, repeats included,
// is on-policy; repaired trials are the exception, they show it the way into
// the feasible region.
type Reinforce struct {
	space    *space.Space
	o        PolicyOptions
	seed     uint64
	policy   policy
	opt      adam
	calls    uint64 // of Propose: the position in the random stream
	updates  int
	spent    int // evaluated trials that were observed
	baseline float64
	variance float64 // running mean of squared advantages
	grads    []float64
	health   []Health
}

// NewReinforce returns the strategy "rl", the LSTM controller of ENAS, "ppo", the
// same trained by PPO, or "tunas", independent decisions.
func NewReinforce(name string, s *space.Space, seed uint64, o PolicyOptions) (*Reinforce, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	if o.grows() && o.Trials == 0 {
		return nil, fmt.Errorf("policy.growth is %v, want 1 where the number of evaluations is not known", o.Growth)
	}
	r := &Reinforce{space: s, o: o, seed: seed}
	shape, prior := shaping{temperature: o.Temperature, tanh: o.TanhConstant}, newSkipPrior(s, o.SkipRate)
	switch name {
	case "rl", "ppo":
		p, err := newLSTM(s, stream.New(seed, "policy parameters"), o.Hidden, o.BiasGain, shape, prior)
		if err != nil {
			return nil, err
		}
		r.policy = p
	case "tunas":
		r.policy = newTunas(s, shape, prior)
	default:
		return nil, unknown(name, "ppo", "rl", "tunas")
	}
	n := len(r.policy.params())
	r.grads = make([]float64, n)
	r.opt = adam{beta1: o.Beta1, beta2: o.Beta2, epsilon: o.Epsilon, m: make([]float64, n), v: make([]float64, n)}
	return r, nil
}

// Propose implements Strategy: n samples of the policy.
func (r *Reinforce) Propose(n int) []space.Arch {
	rng := stream.New(r.seed, "policy sample", r.calls)
	r.calls++
	archs := make([]space.Arch, n)
	for i := range archs {
		archs[i] = r.policy.sample(rng)
	}
	return archs
}

// Observe implements Strategy: one update on all trials, of Epochs steps. It accepts any number
// of them, and the same architecture many times. It panics if a reward is not
// finite, which would destroy the policy, or if an architecture is not one of
// the space.
func (r *Reinforce) Observe(trials []Trial) {
	if len(trials) == 0 {
		return
	}
	adv, mean := r.advantages(trials)
	found := make([]terms, len(trials))
	r.opt.rate = r.rate()
	if r.updates < r.o.Warmup {
		for i, t := range trials {
			found[i] = r.policy.gradient(t.Arch, weights{}, nil)
		}
	} else {
		for epoch := range r.o.Epochs {
			r.climb(trials, adv, found, epoch)
		}
	}
	r.updates++
	for _, t := range trials {
		if t.Outcome == Evaluated {
			r.spent++
		}
	}
	r.health = append(r.health, r.measure(trials, found, adv, mean))
}

// rate returns the learning rate of the next update. It follows the evaluations, not the
// updates: a round of repeats is an update too, and how many come is not known.
func (r *Reinforce) rate() float64 {
	if !r.o.grows() {
		return r.o.Rate
	}
	return r.o.Rate * math.Pow(r.o.Growth, min(1, float64(r.spent)/float64(r.o.Trials)))
}

// advantages moves the baseline towards the mean reward, as ENAS does before it
// forms advantages, and then the variance.
func (r *Reinforce) advantages(trials []Trial) (adv []float64, mean float64) {
	for _, t := range trials {
		if math.IsNaN(t.Reward) || math.IsInf(t.Reward, 0) {
			panic("controller: a reward is not finite")
		}
		mean += t.Reward / float64(len(trials))
	}
	if r.updates == 0 {
		r.baseline = mean
	}
	r.baseline += (1 - r.o.Decay) * (mean - r.baseline)
	adv = make([]float64, len(trials))
	square := 0.0
	for i, t := range trials {
		adv[i] = t.Reward - r.baseline
		square += adv[i] * adv[i] / float64(len(trials))
	}
	if r.updates == 0 {
		r.variance = square
	}
	r.variance += (1 - r.o.Decay) * (square - r.variance)
	return adv, mean
}
