package kernel

import "math"

// SGDStep is one update by gradient descent with momentum, as PyTorch defines it.
type SGDStep struct {
	Rate, Momentum, Decay float32
	Nesterov              bool
}

// SGD updates weights w and velocities v by gradients g, which it clears:
// g += Decay*w; v = Momentum*v + g; w -= Rate*(Nesterov ? g + Momentum*v : v).
func (v *Vec) SGD(h *SGDStep, w, g, vel []float32) { v.sgd(h, w, g[:len(w)], vel[:len(w)]) }

func goSgd(h *SGDStep, w, g, v []float32) {
	for i, x := range w {
		d := g[i] + h.Decay*x
		s := h.Momentum*v[i] + d
		v[i], g[i] = s, 0
		if h.Nesterov {
			s = d + h.Momentum*s
		}
		w[i] = x - h.Rate*s
	}
}

// AdamStep is one update by Adam. Rate is already divided by the first
// moment's bias correction, Root is the reciprocal of the square root of the
// second one's.
type AdamStep struct {
	Rate, Beta1, Beta2, Eps, Root float32
	Decay                         float32 // added to the gradient, Decay*w
	Shrink                        float32 // factor on w before the update; 1: none
}

// Adam updates weights w and moments m, s by gradients g, which it clears:
// g += Decay*w; m += (1-Beta1)*(g-m); s = Beta2*s + (1-Beta2)*g²;
// w = Shrink*w - Rate*m/(sqrt(s)*Root + Eps).
func (v *Vec) Adam(h *AdamStep, w, g, m, s []float32) {
	v.adam(h, w, g[:len(w)], m[:len(w)], s[:len(w)])
}

func goAdam(h *AdamStep, w, g, m, s []float32) {
	for i, x := range w {
		d := g[i] + h.Decay*x
		m[i] += (1 - h.Beta1) * (d - m[i])
		s[i] = h.Beta2*s[i] + (1-h.Beta2)*d*d
		g[i] = 0
		w[i] = x*h.Shrink - h.Rate*m[i]/(float32(math.Sqrt(float64(s[i])))*h.Root+h.Eps)
	}
}
