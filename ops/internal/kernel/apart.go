package kernel

// apartChannels is the number of channels from which the pixels of a pointwise
// weight gradient are copied apart first: a tile walks down the pixels, and at
// distances of many cache lines, a power of two above all, they fall into few
// sets of the first-level cache.
const apartChannels = 256

// apart returns p copied to the worker's memory, with pixels an odd number of
// cache lines apart.
func (p gradPass) apart(k *gradWorker) gradPass {
	to := gradPass{k.x, k.dy, p.imgs, planeFloats(p.xC), planeFloats(p.dyC)}
	for i := range p.imgs {
		copy(to.x[i*to.xC:], p.x[i*p.xC:(i+1)*p.xC])
		copy(to.dy[i*to.dyC:], p.dy[i*p.dyC:(i+1)*p.dyC])
	}
	return to
}
