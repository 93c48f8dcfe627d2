package ops

// LSTMSpec is the weights of an LSTM cell with In inputs and H units, the gates
// in the order input, forget, cell, output: Input is 4H x In, Hidden 4H x H.
type LSTMSpec struct {
	Input, Hidden         Window
	InputBias, HiddenBias *Param // 4H values each; nil for none
}

type lstmNode struct {
	gx, gh, c, h1, c1 *Tensor
	gates             []float32 // activated, N x 4H; while going back, its gradient
}

// LSTMCell returns the next hidden and cell states, N x 1 x 1 x H, of an LSTM
// (Hochreiter and Schmidhuber 1997, with forget gates):
//
//	i, f, g, o = sigmoid, sigmoid, tanh, sigmoid of Input*x + Hidden*h + biases
//	c1 = f*c + i*g, h1 = o*tanh(c1)
//
// It panics if the windows do not fit x, h and c.
func LSTMCell(e *Exec, x, h, c *Tensor, s LSTMSpec) (h1, c1 *Tensor) {
	units := h.C
	if c.C != units || h.N != x.N || c.N != x.N || s.Input.OutC != 4*units || s.Hidden.OutC != 4*units {
		panic("ops: LSTMCell: states or windows do not fit")
	}
	gx := Linear(e, x, s.Input, s.InputBias)
	gh := Linear(e, h, s.Hidden, s.HiddenBias)
	h1, c1 = e.New(x.N, 1, 1, units), e.New(x.N, 1, 1, units)
	n := next(e, &e.nodes.lstm)
	*n = lstmNode{gx: gx, gh: gh, c: c, h1: h1, c1: c1, gates: e.mem.floats(gx.Len())}
	for i := range n.c.Data {
		in, fg, g, o := n.at(i)
		n.gates[in] = sigmoid(gx.Data[in] + gh.Data[in])
		n.gates[fg] = sigmoid(gx.Data[fg] + gh.Data[fg])
		n.gates[g] = tanh(gx.Data[g] + gh.Data[g])
		n.gates[o] = sigmoid(gx.Data[o] + gh.Data[o])
		c1.Data[i] = n.gates[fg]*c.Data[i] + n.gates[in]*n.gates[g]
		h1.Data[i] = n.gates[o] * tanh(c1.Data[i])
	}
	e.record(n)
	return h1, c1
}

func sigmoid(v float32) float32 { return Sigmoid.At(v) }
func tanh(v float32) float32    { return Tanh.At(v) }

// at returns the places of the four gates of state i.
func (n *lstmNode) at(i int) (in, fg, g, o int) {
	units := n.c.C
	in = i/units*4*units + i%units
	return in, in + units, in + 2*units, in + 3*units
}

func (n *lstmNode) back(*Exec) {
	if n.h1.Grad == nil && n.c1.Grad == nil {
		return
	}
	var dc0 []float32
	var add bool
	if n.c.tracked() {
		if dc0, add = n.c.grad(); !add {
			clear(dc0)
		}
	}
	for i := range n.c.Data {
		if d := n.unitBack(i); dc0 != nil {
			dc0[i] += d
		}
	}
	for _, t := range [...]*Tensor{n.gx, n.gh} {
		t.SetGrad(n.gates)
	}
	n.h1.drop()
	n.c1.drop()
}

// unitBack turns the gates of state i into the gradients before their
// activations and returns the gradient of the old cell state.
func (n *lstmNode) unitBack(i int) float32 {
	in, fg, g, o := n.at(i)
	iv, fv, gv, ov := n.gates[in], n.gates[fg], n.gates[g], n.gates[o]
	t := tanh(n.c1.Data[i])
	var dc, dout float32
	if n.c1.Grad != nil {
		dc = n.c1.Grad[i]
	}
	if n.h1.Grad != nil {
		dout = n.h1.Grad[i] * t
		dc += n.h1.Grad[i] * ov * (1 - t*t)
	}
	n.gates[in] = dc * gv * iv * (1 - iv)
	n.gates[fg] = dc * n.c.Data[i] * fv * (1 - fv)
	n.gates[g] = dc * iv * (1 - gv*gv)
	n.gates[o] = dout * ov * (1 - ov)
	return dc * fv
}
