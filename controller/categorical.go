package controller

import (
	"math"
	"math/rand/v2"
)

// categorical is the distribution over the choices of one decision: softmax of
// logits over the allowed choices, 0 for the others.
type categorical struct {
	p       []float64
	options int     // allowed choices
	entropy float64 // nats
}

// newCategorical returns the masked softmax; allowed lists choices.
func newCategorical(logits []float64, allowed []uint8) categorical {
	d := categorical{p: make([]float64, len(logits)), options: len(allowed)}
	top := math.Inf(-1)
	for _, c := range allowed {
		top = max(top, logits[c])
	}
	sum := 0.0
	for _, c := range allowed {
		d.p[c] = math.Exp(logits[c] - top)
		sum += d.p[c]
	}
	for _, c := range allowed {
		d.p[c] /= sum
		if d.p[c] > 0 {
			d.entropy -= d.p[c] * math.Log(d.p[c])
		}
	}
	return d
}

// draw returns a choice with its probability. It never returns a choice of
// probability 0.
func (d categorical) draw(rng *rand.Rand) int {
	u, last := rng.Float64(), 0
	for c, p := range d.p {
		if p == 0 {
			continue
		}
		if u < p {
			return c
		}
		u -= p
		last = c
	}
	return last // rounding left u at or above the last share
}

// divergence returns KL(p || target), summed over the choices that p allows.
func (d categorical) divergence(target []float64) float64 {
	kl := 0.0
	for c, p := range d.p {
		if p > 0 {
			kl += p * math.Log(p/target[c])
		}
	}
	return kl
}

// addLogProb adds scale * d ln p[choice] / d logits to dz.
func (d categorical) addLogProb(dz []float64, choice int, scale float64) {
	for c, p := range d.p {
		dz[c] -= scale * p
	}
	dz[choice] += scale
}

// addEntropy adds scale * d entropy / d logits to dz: with H the entropy, the
// derivative for choice c is -p_c (ln p_c + H).
func (d categorical) addEntropy(dz []float64, scale float64) {
	for c, p := range d.p {
		if p > 0 {
			dz[c] -= scale * p * (math.Log(p) + d.entropy)
		}
	}
}

// addDivergence adds scale * d KL(p || target) / d logits to dz: the derivative
// for choice c is p_c (ln(p_c/target_c) - KL).
func (d categorical) addDivergence(dz, target []float64, scale float64) {
	kl := d.divergence(target)
	for c, p := range d.p {
		if p > 0 {
			dz[c] += scale * p * (math.Log(p/target[c]) - kl)
		}
	}
}
