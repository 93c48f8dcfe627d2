package ops

// Zeros returns a tensor of zeros of the shape of x, which gets no gradient.
func Zeros(e *Exec, x *Tensor) *Tensor {
	y := e.New(x.N, x.H, x.W, x.C)
	clear(y.Data)
	y.grads = nil
	return y
}
