package kernel

import "math"

// SGDStep is one update by gradient descent with momentum, as PyTorch defines it.
type SGDStep struct {
	Rate, Momentum, Decay float32
	Nesterov              bool
}

// SGD updates weights w and velocities vel by gradients g, which it clears:
// g += Decay*w; vel = Momentum*vel + g; w -= Rate*(Nesterov ? g + Momentum*vel : vel).
// All instruction sets give the same bits.
func (v *Vec) SGD(h *SGDStep, w, g, vel []float32) {
	f := v.sgd
	if h.Nesterov {
		f = v.nesterov
	}
	f(h.Rate, h.Momentum, h.Decay, w, g[:len(w)], vel[:len(w)])
}

// The conversions in goSGD, goNesterov and goAdam forbid fused multiply-adds.

func goSGD(rate, momentum, decay float32, w, g, v []float32) {
	for i, x := range w {
		d := g[i] + float32(decay*x)
		s := float32(momentum*v[i]) + d
		v[i], g[i] = s, 0
		w[i] = x - float32(rate*s)
	}
}

func goNesterov(rate, momentum, decay float32, w, g, v []float32) {
	for i, x := range w {
		d := g[i] + float32(decay*x)
		s := float32(momentum*v[i]) + d
		v[i], g[i] = s, 0
		s = d + float32(momentum*s)
		w[i] = x - float32(rate*s)
	}
}

// AdamStep is one update by Adam. Rate is already divided by the first
// moment's bias correction, Root is the reciprocal of the square root of the
// second one's.
type AdamStep struct {
	Rate, Beta1, Beta2, Eps, Root float32
	Decay                         float32 // of w, added to the gradient
	Shrink                        float32 // factor on w before the update; 1: none
}

// Adam updates weights w and moments m, s by gradients g, which it clears:
// g += Decay*w; m += (1-Beta1)*(g-m); s = Beta2*s + (1-Beta2)*g²;
// w = Shrink*w - Rate*m/(sqrt(s)*Root + Eps). All instruction sets give the same
// bits.
func (v *Vec) Adam(h *AdamStep, w, g, m, s []float32) {
	n := len(w)
	v.adam(h.Rate, 1-h.Beta1, h.Beta2, 1-h.Beta2, h.Eps, h.Root, h.Decay, h.Shrink, w, g[:n], m[:n], s[:n])
}

func goAdam(rate, keep1, beta2, keep2, eps, root, decay, shrink float32, w, g, m, v []float32) {
	for i, x := range w {
		d := g[i] + float32(decay*x)
		m[i] += float32(keep1 * (d - m[i]))
		v[i] = float32(beta2*v[i]) + float32(float32(keep2*d)*d)
		g[i] = 0
		den := float32(float32(math.Sqrt(float64(v[i])))*root) + eps
		w[i] = float32(x*shrink) - float32(rate*m[i])/den
	}
}
