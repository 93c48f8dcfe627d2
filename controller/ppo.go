package controller

import "math"

// climb is one step of proximal policy optimisation (Schulman et al. 2017) on
// trials with the advantages adv. The first step, epoch 0, fills found with what
// they were under the parameters before it. The surrogate is the advantage times the ratio of new to old probability,
// and a trial whose ratio has moved beyond 1 - Clip or 1 + Clip in the direction of
// its advantage counts no more. Of the first step the ratios are 1: it is that of
// REINFORCE. Entropy and skips count in every step.
func (r *Reinforce) climb(trials []Trial, adv []float64, found []terms, epoch int) {
	scale := 1 / math.Max(math.Sqrt(r.variance), leastSpread)
	share := 1 / float64(len(trials))
	clear(r.grads)
	for i, t := range trials {
		w := weights{logProb: adv[i] * scale * share, entropy: r.o.Entropy * share, skip: -r.o.SkipWeight * share}
		if epoch > 0 {
			now := r.policy.gradient(t.Arch, weights{}, nil).logProb
			w.logProb *= surrogateSlope(math.Exp(now-found[i].logProb), adv[i], r.o.Clip)
		}
		now := r.policy.gradient(t.Arch, w, r.grads)
		if epoch == 0 {
			found[i] = now
		}
	}
	r.opt.climb(r.policy.params(), r.grads)
}

// surrogateSlope is the derivative of min(ratio * A, clipped ratio * A) by the log
// of the new probability, divided by the advantage A.
func surrogateSlope(ratio, advantage, clip float64) float64 {
	if advantage > 0 && ratio > 1+clip || advantage < 0 && ratio < 1-clip {
		return 0
	}
	return ratio
}
