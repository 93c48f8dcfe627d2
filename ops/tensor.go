package ops

// Tensor is a batch of activations, Data[((n*H+y)*W+x)*C+c]. Vectors, such as
// logits, have H = W = 1. It lives in its Exec until the next Begin or Release.
type Tensor struct {
	N, H, W, C int
	Data       []float32
	Grad       []float32 // same order as Data; nil until SetGrad, a loss or Backward writes it

	grads *bufferPool // where Grad comes from; nil outside training and for inputs
}

// Len returns the number of elements.
func (t *Tensor) Len() int { return t.N * t.H * t.W * t.C }

// Rows returns the number of pixels in the batch, N*H*W.
func (t *Tensor) Rows() int { return t.N * t.H * t.W }
