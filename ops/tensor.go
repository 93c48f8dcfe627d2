package ops

// Tensor is a batch of activations, Data[((n*H+y)*W+x)*C+c]. Vectors, such as
// logits, have H = W = 1. It lives in its Exec until the next Begin or Release.
type Tensor struct {
	N, H, W, C int
	Data       []float32
	Grad       []float32 // same order as Data; nil outside training and for inputs

	written bool // Grad holds values; false: the first writer overwrites it
}

// Len returns the number of elements.
func (t *Tensor) Len() int { return t.N * t.H * t.W * t.C }

// Rows returns the number of pixels in the batch, N*H*W.
func (t *Tensor) Rows() int { return t.N * t.H * t.W }

// grad returns the gradient buffer and whether the caller must add to it
// (true) or overwrite it (false); afterwards it counts as written.
func (t *Tensor) grad() (g []float32, add bool) {
	add, t.written = t.written, true
	return t.Grad, add
}

// inherit gives x, to whose gradient nobody has written yet, the buffer that
// holds y's, for operations whose backward pass works in place. It reports
// whether it did; y's gradient is lost then.
func (x *Tensor) inherit(y *Tensor) bool {
	if x.written {
		return false
	}
	x.Grad, y.Grad = y.Grad, x.Grad
	x.written, y.written = true, false
	return true
}

// SetGrad copies g into the tensor's gradient, replacing what was there. It
// panics if the lengths differ or the tensor has no gradient.
func (t *Tensor) SetGrad(g []float32) {
	if len(g) != len(t.Grad) {
		panic("ops: SetGrad: length differs from the tensor's")
	}
	copy(t.Grad, g)
	t.written = true
}
