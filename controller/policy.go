package controller

import (
	"math"
	"math/rand/v2"

	"github.com/espalier-nas/espalier/supernet/space"
)

// policy is a distribution over the architectures of a space whose
// log-probability can be differentiated.
type policy interface {
	// sample draws an architecture.
	sample(rng *rand.Rand) space.Arch
	// gradient adds to g the gradient, by params, of w at architecture a and
	// returns its terms. g is as long as params; nil: the terms alone are wanted.
	gradient(a space.Arch, w weights, g []float64) terms
	// params returns the parameters; writing to them changes the policy.
	params() []float64
}

// weights make one number of an architecture's terms:
// logProb * ln P(a) + entropy * sum of entropies + skip * skipKL.
type weights struct{ logProb, entropy, skip float64 }

// terms are the figures of one architecture under a policy.
type terms struct {
	logProb float64
	skipKL  float64 // see skipPrior
	made    []decisionTerms
}

// decisionTerms belong to one decision that had more than one allowed choice.
type decisionTerms struct {
	decision int
	entropy  float64 // nats, of the distribution over its allowed choices
	limit    float64 // nats, of the uniform distribution over them
}

// skipPrior is the distribution that skip decisions are drawn towards, by
// KL(P || target): summed over the skips of a layer, averaged over the layers
// that have any. ENAS samples skips with sigmoid(2q) but penalises sigmoid(q),
// so that its prior pulls towards another rate than the one it names; here both
// are the sampling probability.
type skipPrior struct {
	target [2]float64 // probabilities of "no" and "yes"
	layers float64    // layers with at least one skip decision
}

func newSkipPrior(s *space.Space, rate float64) skipPrior {
	layers := make(map[int]bool)
	for _, d := range s.Decisions() {
		if d.Kind == space.KindSkip {
			layers[d.Layer] = true
		}
	}
	return skipPrior{target: [2]float64{1 - rate, rate}, layers: float64(max(1, len(layers)))}
}

// record adds one decision to t and returns the gradient of w by its logits.
// A decision with a single allowed choice is certain: it counts for nothing.
func (p skipPrior) record(t *terms, i int, kind space.Kind, d categorical, choice int, w weights) []float64 {
	dz := make([]float64, len(d.p))
	if d.p[choice] == 0 {
		panic("controller: an architecture makes a choice that its space forbids")
	}
	if d.options < 2 {
		return dz
	}
	t.logProb += math.Log(d.p[choice])
	t.made = append(t.made, decisionTerms{decision: i, entropy: d.entropy, limit: math.Log(float64(d.options))})
	d.addLogProb(dz, choice, w.logProb)
	d.addEntropy(dz, w.entropy)
	if kind == space.KindSkip {
		t.skipKL += d.divergence(p.target[:]) / p.layers
		d.addDivergence(dz, p.target[:], w.skip/p.layers)
	}
	return dz
}

// shaping bounds logits before the softmax, in the order of ENAS: division by
// the temperature, then constant * tanh.
type shaping struct{ temperature, tanh float64 }

// apply shapes z in place and returns the derivative of each entry by its old value.
func (s shaping) apply(z []float64) (slope []float64) {
	slope = make([]float64, len(z))
	for i := range z {
		z[i], slope[i] = s.one(z[i])
	}
	return slope
}

func (s shaping) one(z float64) (shaped, slope float64) {
	z /= s.temperature
	if s.tanh == 0 {
		return z, 1 / s.temperature
	}
	t := math.Tanh(z)
	return s.tanh * t, s.tanh * (1 - t*t) / s.temperature
}
