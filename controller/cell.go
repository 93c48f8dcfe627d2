package controller

import (
	"math"

	"gonum.org/v1/gonum/floats"
)

// cell is an LSTM cell without biases, as in ENAS. The weight of a cell with
// hidden size h has 4h rows of 2h numbers, the rows of gates i, f, o, g after
// one another, the columns those of the input and then of the previous output:
//
//	c' = sigmoid(f)*c + sigmoid(i)*tanh(g)
//	h' = sigmoid(o)*tanh(c')
type cell struct{ hidden int }

// cellStep is what one step must remember for its backward pass.
type cellStep struct {
	in    []float64 // input and previous output, 2h
	gates []float64 // i, f, o, g after their non-linearities, 4h
	prev  []float64 // previous state, h
	state []float64 // h
	tanh  []float64 // of state, h
	out   []float64 // h
}

// forward runs one step on input x, previous output h and state c, all of the
// hidden size. It writes to none of them, but keeps c.
func (l cell) forward(w, x, h, c []float64) cellStep {
	n := l.hidden
	buf := make([]float64, 9*n)
	s := cellStep{in: buf[:2*n], gates: buf[2*n : 6*n], state: buf[6*n : 7*n], tanh: buf[7*n : 8*n], out: buf[8*n:], prev: c}
	copy(s.in, x)
	copy(s.in[n:], h)
	matVec(s.gates, w, s.in)
	i, f, o, g := s.split(n)
	for k := range n {
		i[k], f[k], o[k], g[k] = sigmoid(i[k]), sigmoid(f[k]), sigmoid(o[k]), math.Tanh(g[k])
		s.state[k] = f[k]*c[k] + i[k]*g[k]
		s.tanh[k] = math.Tanh(s.state[k])
		s.out[k] = o[k] * s.tanh[k]
	}
	return s
}

// backward takes the gradients by the step's output and state, adds that by the
// weight to dw, and returns those by the input and the previous output (one
// slice of 2h), and, written into dc, by the previous state.
func (l cell) backward(s cellStep, w, dw, dh, dc []float64) (din []float64) {
	n := l.hidden
	dgates := make([]float64, 4*n)
	i, f, o, g := s.split(n)
	for k := range n {
		dstate := dc[k] + dh[k]*o[k]*(1-s.tanh[k]*s.tanh[k])
		dgates[k] = dstate * g[k] * i[k] * (1 - i[k])
		dgates[n+k] = dstate * s.prev[k] * f[k] * (1 - f[k])
		dgates[2*n+k] = dh[k] * s.tanh[k] * o[k] * (1 - o[k])
		dgates[3*n+k] = dstate * i[k] * (1 - g[k]*g[k])
		dc[k] = dstate * f[k]
	}
	din = make([]float64, 2*n)
	addOuter(dw, dgates, s.in)
	addTransposed(din, w, dgates)
	return din
}

func (s cellStep) split(n int) (i, f, o, g []float64) {
	return s.gates[:n], s.gates[n : 2*n], s.gates[2*n : 3*n], s.gates[3*n:]
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// matVec sets y to the row-major matrix m times x.
func matVec(y, m, x []float64) {
	n := len(x)
	for r := range y {
		y[r] = floats.Dot(m[r*n:(r+1)*n], x)
	}
}

// addTransposed adds the transpose of the row-major matrix m, times y, to x.
func addTransposed(x, m, y []float64) {
	n := len(x)
	for r, v := range y {
		floats.AddScaled(x, v, m[r*n:(r+1)*n])
	}
}

// addOuter adds the outer product of y and x to the row-major matrix m.
func addOuter(m, y, x []float64) {
	n := len(x)
	for r, v := range y {
		floats.AddScaled(m[r*n:(r+1)*n], v, x)
	}
}
