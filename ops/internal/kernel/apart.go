package kernel

// apartChannels is the number of channels from which the pixels of a pointwise
// weight gradient are copied apart first: a tile walks down the pixels, and at
// distances of many cache lines, a power of two above all, they fall into few
// sets of the first-level cache.
const apartChannels = 256

// apartTask copies pixels to distances of an odd number of cache lines. A chunk
// is some pixels of both maps.
type apartTask struct {
	pixels  int
	x, dy   []float32 // [pixels][channels]
	to, dto []float32 // the same, apart
	xC, dyC int
}

// apartPixels is how many pixels a chunk copies.
const apartPixels = 16

// apartFloats returns the distance of pixels of n channels.
func apartFloats(n int) int { return planeFloats(n) }

// setApart lets the pass read copies of its pixels.
func (t *gradTask) setApart(p *Pool, x, dy []float32) {
	a := &t.apart
	a.pixels, a.xC, a.dyC = t.imgs, t.c.InC, t.c.OutC
	a.x, a.dy = x[t.img*a.xC:], dy[t.img*a.dyC:]
	a.to, a.dto = aligned(a.to, t.imgs*apartFloats(a.xC)), aligned(a.dto, t.imgs*apartFloats(a.dyC))
	p.Run(parts(t.imgs, apartPixels), a)
	t.x, t.dy, t.from, t.xC, t.dyC = a.to, a.dto, 0, apartFloats(a.xC), apartFloats(a.dyC)
}

// Do implements Task.
func (a *apartTask) Do(i, _ int) {
	for p := i * apartPixels; p < min(a.pixels, (i+1)*apartPixels); p++ {
		copy(a.to[p*apartFloats(a.xC):], a.x[p*a.xC:(p+1)*a.xC])
		copy(a.dto[p*apartFloats(a.dyC):], a.dy[p*a.dyC:(p+1)*a.dyC])
	}
}
