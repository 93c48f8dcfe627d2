package kernel

import "math"

// slope returns act'(z). At the corners of piecewise activations it is that of
// the flat side, except hard-swish at -3 and 3, as in PyTorch.
func slope(act Act, z float32) float32 {
	switch act {
	case ReLU:
		return unit(z > 0)
	case ReLU6:
		return unit(z > 0 && z < 6)
	case HardSwish:
		switch {
		case z < -3:
			return 0
		case z <= 3:
			return z*(1./3) + 0.5
		default:
			return 1
		}
	case HardSigmoid:
		return unit(z > -3 && z < 3) * (1. / 6)
	case Sigmoid:
		s := sigmoid(float64(z))
		return float32(s * (1 - s))
	case Tanh:
		t := math.Tanh(float64(z))
		return float32(1 - t*t)
	case SiLU:
		s := sigmoid(float64(z))
		return float32(s * (1 + float64(z)*(1-s)))
	case GELU:
		d := float64(z)
		return float32(phi(d) + d*math.Exp(-d*d/2)/math.Sqrt(2*math.Pi))
	default:
		return 1
	}
}

func unit(b bool) float32 {
	if b {
		return 1
	}
	return 0
}

func sigmoid(z float64) float64 { return 1 / (1 + math.Exp(-z)) }

// phi is the standard normal distribution function.
func phi(z float64) float64 { return 0.5 * (1 + math.Erf(z/math.Sqrt2)) }

func goActivate(act Act, x, y []float32) {
	y = y[:len(x)]
	switch act {
	case NoAct:
		copy(y, x)
	case ReLU:
		for i, v := range x {
			y[i] = max(v, 0)
		}
	default:
		for i, v := range x {
			y[i] = act.At(v)
		}
	}
}

func goActivateBack(act Act, x, dy, dx []float32) {
	dy, dx = dy[:len(x)], dx[:len(x)]
	switch act {
	case NoAct:
		copy(dx, dy)
	default:
		for i, v := range x {
			dx[i] = dy[i] * slope(act, v)
		}
	}
}
