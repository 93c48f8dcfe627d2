package kernel

import "sync/atomic"

// Prepacked is a weight packed once, in the layout that one convolution reads, and used
// again as long as neither changes. It is safe for concurrent use; the zero value is ready.
type Prepacked struct{ u atomic.Pointer[packedWeight] }

// packedWeight is a weight in another layout.
type packedWeight struct {
	packKey
	u []float32
}

// packKey is what the layout depends on: taps on a side, channels that an output meets,
// and output channels.
type packKey struct{ k, in, out int }

// layout returns the weight in the layout of key, n floats, which pack writes if they are
// not there yet.
func (p *Prepacked) layout(key packKey, n int, pack func(u []float32)) []float32 {
	packed := p.u.Load()
	if packed == nil || packed.packKey != key {
		packed = &packedWeight{key, aligned(nil, n)}
		pack(packed.u)
		p.u.Store(packed)
	}
	return packed.u
}
