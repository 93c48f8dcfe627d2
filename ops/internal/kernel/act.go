package kernel

import "math"

// Act is an activation function.
type Act uint8

// The activations. NoAct is the identity. GELU is the exact one, with erf.
const (
	NoAct Act = iota
	ReLU
	ReLU6
	HardSwish
	HardSigmoid
	Sigmoid
	Tanh
	SiLU
	GELU
)

// Epilogue is what happens to an output before it is stored: y = Act(y + Bias).
type Epilogue struct {
	Bias      []float32 // OutC values, or nil for none
	Act       Act
	Prepacked *Prepacked // for a weight that does not change; may be nil
}

// At returns a(x), in float32 for the piecewise linear ones and rounded from
// float64 for the others. NaN stays NaN.
func (a Act) At(x float32) float32 {
	switch a {
	case ReLU:
		return max(x, 0)
	case ReLU6:
		return min(max(x, 0), 6)
	case HardSwish:
		return x * hardSigmoid(x)
	case HardSigmoid:
		return hardSigmoid(x)
	case Sigmoid:
		return float32(1 / (1 + math.Exp(-float64(x))))
	case Tanh:
		return float32(math.Tanh(float64(x)))
	case SiLU:
		return float32(float64(x) / (1 + math.Exp(-float64(x))))
	case GELU:
		return float32(float64(x) * 0.5 * (1 + math.Erf(float64(x)/math.Sqrt2)))
	default:
		return x
	}
}

var (
	plusInf  = float32(math.Inf(1))
	minusInf = float32(math.Inf(-1))
)

func hardSigmoid(x float32) float32 { return min(max(x*(1.0/6)+0.5, 0), 1) }

// tiled reports whether the tiles compute a themselves.
func (a Act) tiled() bool { return a <= HardSigmoid }

// apply replaces each element of y by its activation.
func (a Act) apply(y []float32) {
	if a == NoAct {
		return
	}
	for i, v := range y {
		y[i] = a.At(v)
	}
}
