package kernel

import "sync/atomic"

// Kept is a weight laid out for one convolution, to be used again as long as
// neither changes. It is safe for concurrent use; the zero value is ready.
type Kept struct{ u atomic.Pointer[keptWeight] }

// keptWeight is a weight in another layout.
type keptWeight struct {
	keptFor
	u []float32
}

// keptFor is what the layout depends on: taps on a side, channels that an output meets,
// and output channels.
type keptFor struct{ k, in, out int }

// layout returns the weight as it is laid out for f, in n floats that fill writes if
// they are not there.
func (k *Kept) layout(f keptFor, n int, fill func(u []float32)) []float32 {
	have := k.u.Load()
	if have == nil || have.keptFor != f {
		have = &keptWeight{f, aligned(nil, n)}
		fill(have.u)
		k.u.Store(have)
	}
	return have.u
}
