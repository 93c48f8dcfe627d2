package ops

// bufferPool hands out buffers of a pass that come back before it ends: those of
// tensors' gradients, and in inference of the tensors themselves. A gradient
// lives from the first operation that writes it, going backwards, to the
// operation that made its tensor, so a few buffers, warm in the cache, serve a
// whole pass.
type bufferPool struct {
	mem  *arena
	free [][]float32
}

// get returns n floats with undefined contents: the free buffer that fits best,
// unless that is more than twice too large.
func (p *bufferPool) get(n int) []float32 {
	best := -1
	for i, f := range p.free {
		if cap(f) >= n && cap(f)/2 <= n && (best < 0 || cap(f) < cap(p.free[best])) {
			best = i
		}
	}
	if best < 0 {
		return p.mem.floats(n)
	}
	f := p.free[best][:n]
	last := len(p.free) - 1
	p.free[best] = p.free[last]
	p.free = p.free[:last]
	return f
}

func (p *bufferPool) put(f []float32) { p.free = append(p.free, f) }

// grad returns the gradient buffer and whether the caller must add to it
// (true) or overwrite it (false).
func (t *Tensor) grad() (g []float32, add bool) {
	if t.Grad != nil {
		return t.Grad, true
	}
	t.Grad = t.grads.get(t.Len())
	return t.Grad, false
}

// tracked reports whether the tensor's gradient is wanted.
func (t *Tensor) tracked() bool { return t.grads != nil }

// drop forgets the gradient: the operation that made the tensor has used it.
func (t *Tensor) drop() {
	if t.Grad != nil {
		t.grads.put(t.Grad)
		t.Grad = nil
	}
}

// inherit gives x, if its gradient is not written yet, the buffer of y's,
// for operations whose backward pass works in place. It reports whether it did;
// y has no gradient any more then.
func (t *Tensor) inherit(y *Tensor) bool {
	if t.Grad != nil {
		return false
	}
	t.Grad, y.Grad = y.Grad, nil
	return true
}

// SetGrad sets the tensor's gradient to a copy of g. It panics if the lengths
// differ or the tensor gets no gradient.
func (t *Tensor) SetGrad(g []float32) {
	if len(g) != t.Len() || !t.tracked() {
		panic("ops: SetGrad: length differs from the tensor's, or it gets no gradient")
	}
	own, _ := t.grad()
	copy(own, g)
}
