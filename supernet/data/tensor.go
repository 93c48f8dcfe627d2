package data

import "gorgonia.org/tensor"

// Tensor returns b.X as a float32 tensor of shape (N,H,W,C). It shares memory with b and so lives as long as the
// contents of b. It panics when X is not N*H*W*C long or b is empty.
func (b *Batch) Tensor() *tensor.Dense {
	if size := b.N * b.H * b.W * b.C; size < 1 || len(b.X) != size {
		panic("data: Batch.Tensor: X does not hold N*H*W*C values")
	}
	return tensor.New(tensor.WithShape(b.N, b.H, b.W, b.C), tensor.WithBacking(b.X))
}
