package controller

import "math"

// adam is the optimiser of Kingma & Ba (2015), climbing.
type adam struct {
	rate, beta1, beta2, epsilon float64
	step                        int
	m, v                        []float64
}

// climb moves params along the gradient g.
func (a *adam) climb(params, g []float64) {
	a.step++
	c1 := 1 - math.Pow(a.beta1, float64(a.step))
	c2 := 1 - math.Pow(a.beta2, float64(a.step))
	for i, d := range g {
		a.m[i] = a.beta1*a.m[i] + (1-a.beta1)*d
		a.v[i] = a.beta2*a.v[i] + (1-a.beta2)*d*d
		params[i] += a.rate * (a.m[i] / c1) / (math.Sqrt(a.v[i]/c2) + a.epsilon)
	}
}
