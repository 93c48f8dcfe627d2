package ops

import (
	"math"

	"github.com/espalier-nas/espalier/ops/internal/kernel"
)

// Optimizer updates the parameters it was made for from their gradients, and
// only inside the windows used since the last step: weights, momentum and decay
// elsewhere keep their bits. Step ends by clearing the gradients.
type Optimizer interface {
	// Step does one update at learning rate lr.
	Step(lr float64)
	// State returns the optimiser's memory in a fixed order. The data is its
	// own: writing to it, as a checkpoint's reader does, sets it.
	State() []Buffer
}

// Buffer is one named piece of an optimiser's memory. Buffers of a parameter
// are called after it, as in "stem.weight/momentum", and have its layout.
type Buffer struct {
	Name string
	Data []float32
}

// SGDConfig describes gradient descent with momentum as PyTorch defines it.
// WeightDecay, an L2 penalty, applies to parameters whose Decay is set.
type SGDConfig struct {
	Momentum, WeightDecay float64
	Nesterov              bool
}

// SGD is gradient descent with momentum.
type SGD struct {
	config SGDConfig
	params []*Param
	v      [][]float32
	vec    *kernel.Vec
}

// NewSGD returns an optimiser of params with zero momentum.
func NewSGD(params []*Param, c SGDConfig) *SGD {
	return &SGD{config: c, params: params, v: memory(params), vec: optimizerLoops()}
}

// Step implements Optimizer.
func (o *SGD) Step(lr float64) {
	for i := range o.params {
		o.update(i, lr)
	}
}

// update does one step of parameter i.
func (o *SGD) update(i int, lr float64) {
	h := kernel.SGDStep{Rate: float32(lr), Momentum: float32(o.config.Momentum), Nesterov: o.config.Nesterov}
	p := o.params[i]
	if p.Decay {
		h.Decay = float32(o.config.WeightDecay)
	}
	for _, s := range p.Spans() {
		lo, hi := s.Off, s.Off+s.Len
		o.vec.SGD(&h, p.Data[lo:hi], p.Grad[lo:hi], o.v[i][lo:hi])
	}
	p.used = p.used[:0]
}

// State implements Optimizer.
func (o *SGD) State() []Buffer { return buffers(nil, o.params, o.v, "momentum") }

// AdamConfig describes Adam (Kingma and Ba 2015). Decoupled makes it AdamW
// (Loshchilov and Hutter 2019), whose decay shrinks weights directly instead
// of entering the gradient. Zero Beta2 and Eps mean 0.999 and 1e-8.
type AdamConfig struct {
	Beta1, Beta2, Eps, WeightDecay float64
	Decoupled                      bool
}

// Adam is Adam or AdamW. Bias correction counts, for each parameter, the steps
// in which any window of it was used: a weight inside rarely used windows has
// seen fewer gradients than its parameter's count says, so its first steps are
// smaller than a count of its own would make them.
type Adam struct {
	config AdamConfig
	params []*Param
	m, s   [][]float32
	steps  []float32 // whole numbers, exact up to 1<<24
	vec    *kernel.Vec
}

// NewAdam returns an optimiser of params with zero moments.
func NewAdam(params []*Param, c AdamConfig) *Adam {
	if c.Beta2 == 0 {
		c.Beta2 = 0.999
	}
	if c.Eps == 0 {
		c.Eps = 1e-8
	}
	return &Adam{config: c, params: params, m: memory(params), s: memory(params), steps: make([]float32, len(params)), vec: optimizerLoops()}
}

// Step implements Optimizer.
func (o *Adam) Step(lr float64) {
	c := o.config
	for i, p := range o.params {
		spans := p.Spans()
		if len(spans) == 0 {
			continue
		}
		o.steps[i]++
		t := float64(o.steps[i])
		h := kernel.AdamStep{
			Rate:  float32(lr / (1 - math.Pow(c.Beta1, t))),
			Beta1: float32(c.Beta1), Beta2: float32(c.Beta2), Eps: float32(c.Eps),
			Root: float32(1 / math.Sqrt(1-math.Pow(c.Beta2, t))), Shrink: 1,
		}
		switch {
		case !p.Decay:
		case c.Decoupled:
			h.Shrink = float32(1 - lr*c.WeightDecay)
		default:
			h.Decay = float32(c.WeightDecay)
		}
		for _, s := range spans {
			lo, hi := s.Off, s.Off+s.Len
			o.vec.Adam(&h, p.Data[lo:hi], p.Grad[lo:hi], o.m[i][lo:hi], o.s[i][lo:hi])
		}
		p.used = p.used[:0]
	}
}

// State implements Optimizer. The last buffer, "adam/steps", holds the number
// of steps of each parameter.
func (o *Adam) State() []Buffer {
	b := buffers(nil, o.params, o.m, "adam.m")
	b = buffers(b, o.params, o.s, "adam.v")
	return append(b, Buffer{"adam/steps", o.steps})
}

// optimizerLoops returns the fastest loops of the machine: those that
// optimisers use give the same bits in every instruction set.
func optimizerLoops() *kernel.Vec { return kernel.Available()[0].Vec() }

func memory(params []*Param) [][]float32 {
	m := make([][]float32, len(params))
	for i, p := range params {
		m[i] = make([]float32, len(p.Data))
	}
	return m
}

func buffers(b []Buffer, params []*Param, data [][]float32, name string) []Buffer {
	for i, p := range params {
		b = append(b, Buffer{p.Name + "/" + name, data[i]})
	}
	return b
}

// ClipGrad scales the gradients of params down to a global Euclidean norm of
// at most max and returns the norm that they had.
func ClipGrad(params []*Param, max float64) float64 {
	sum := 0.0
	for _, p := range params {
		for _, s := range p.Spans() {
			for _, g := range p.Grad[s.Off : s.Off+s.Len] {
				sum += float64(g) * float64(g)
			}
		}
	}
	norm := math.Sqrt(sum)
	if norm <= max {
		return norm
	}
	scale := float32(max / norm)
	for _, p := range params {
		for _, s := range p.Spans() {
			for i := range p.Grad[s.Off : s.Off+s.Len] {
				p.Grad[s.Off+i] *= scale
			}
		}
	}
	return norm
}
