package data

// Batch is a number of normalised pictures and their labels. A loader reuses its memory.
type Batch struct {
	N, H, W, C int
	X          []float32 // [N][H][W][C]
	Labels     []int32   // [N]
	Index      []int32   // [N]: the pictures' places in the set
	Err        error     // of a streamed set: a picture could not be read, and X is not whole

	scratch []uint8 // for a picture that is read from its file
}

// resize makes b hold n pictures of the shape of s. It allocates only when b has never been that big.
func (b *Batch) resize(s *Set, n int) {
	b.N, b.H, b.W, b.C, b.Err = n, s.H, s.W, s.C, nil
	if size := n * s.H * s.W * s.C; cap(b.X) < size {
		b.X = make([]float32, size)
	} else {
		b.X = b.X[:size]
	}
	if cap(b.Labels) < n {
		b.Labels, b.Index = make([]int32, n), make([]int32, n)
	} else {
		b.Labels, b.Index = b.Labels[:n], b.Index[:n]
	}
}
