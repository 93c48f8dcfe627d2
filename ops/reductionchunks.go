package ops

import (
	"slices"

	"github.com/espalier-nas/espalier/ops/internal/kernel"
)

// reductionChunks is a batch of maps cut for sums over its pixels: a chunk is some images,
// or some rows of one. It depends on sizes only, never on the number of workers. A chunk is
// no larger than what a convolution puts out at a time, so that its sums can be taken
// as soon as that is there.
type reductionChunks struct {
	total int
	image int // floats
	part  int // floats of a chunk of an image, all of it, or of some images
	pixel int // floats
}

const (
	minReductionChunk = 1 << 10 // floats of images of which some make a chunk
	maxReductionChunk = 3 << 13
	chunkRows         = 4 // some rows are a multiple of so many: a row of Winograd's tiles
)

// reductionChunksOf cuts x.
func reductionChunksOf(x *Tensor) reductionChunks {
	row := x.W * x.C
	p := reductionChunks{total: x.Len(), image: x.H * row, pixel: x.C}
	switch n := parts(p.image, maxReductionChunk); {
	case n > 1:
		p.part = min(x.H, parts(parts(x.H, n), chunkRows)*chunkRows) * row
	default:
		p.part = max(1, minReductionChunk/p.image) * p.image
	}
	return p
}

// rowChunks cuts x into its rows, for what needs no sums.
func rowChunks(x *Tensor) reductionChunks {
	row := x.W * x.C
	return reductionChunks{total: x.Len(), image: x.H * row, part: row, pixel: x.C}
}

// per returns the number of chunks of an image; one for chunks of several.
func (p *reductionChunks) per() int { return max(1, parts(p.image, p.part)) }

// cycle returns the floats after which the cuts repeat: an image, or the images of a chunk.
func (p *reductionChunks) cycle() int { return max(p.image, p.part) }

func (p *reductionChunks) count() int { return parts(p.total, p.cycle()) * p.per() }

// bounds returns where chunk i starts and ends.
func (p *reductionChunks) bounds(i int) (lo, hi int) {
	start := i / p.per() * p.cycle()
	lo = start + i%p.per()*p.part
	return lo, min(lo+p.part, start+p.cycle(), p.total)
}

// within returns the first chunk that starts at lo or later and the first one from
// there on that ends behind hi.
func (p *reductionChunks) within(lo, hi int) (first, end int) {
	first = p.upTo(lo)
	if s, _ := p.bounds(first); s < lo {
		first++
	}
	if hi >= p.total {
		return first, p.count()
	}
	return first, p.upTo(hi)
}

// upTo returns the number of chunks that end at float at or before.
func (p *reductionChunks) upTo(at int) int {
	s := p.cycle()
	return at/s*p.per() + at%s/p.part
}

// of returns chunk i of data.
func (p *reductionChunks) of(data []float32, i int) []float32 {
	lo, hi := p.bounds(i)
	return data[lo:hi]
}

// chunkSums are what is computed of each chunk: some sums, or what is done to it.
type chunkSums struct {
	chunks  reductionChunks
	period  int
	vectors int       // of a period each, of one chunk
	partial []float32 // [chunks][vectors][period]
	done    []bool
}

// begin makes room for so many vectors a chunk, which hold anything.
func (s *chunkSums) begin(e *Exec, vectors int) {
	n := s.chunks.count()
	s.vectors = vectors
	s.partial = e.mem.floats(n * vectors * s.period)
	s.done = slices.Grow(s.done[:0], n)[:n]
	clear(s.done)
}

// at returns the vectors of chunk i.
func (s *chunkSums) at(i int) []float32 {
	n := s.vectors * s.period
	return s.partial[i*n:][:n]
}

// take reports whether chunk i is still to be done, and notes that it is now.
func (s *chunkSums) take(i int) bool {
	open := !s.done[i]
	s.done[i] = true
	return open
}

// runWithin does the chunks that lie between floats lo and hi.
func (s *chunkSums) runWithin(t kernel.Task, lo, hi, worker int) {
	for i, end := s.chunks.within(lo, hi); i < end; i++ {
		t.Do(i, worker)
	}
}

// run does what is left to do.
func (s *chunkSums) run(e *Exec, t kernel.Task) {
	if slices.Contains(s.done, false) {
		e.run(len(s.done), t)
	}
}

// total adds the vectors of all chunks, half of them to the other half and so on, and
// returns the sums.
func (s *chunkSums) total(v *kernel.Vec) []float32 {
	size := s.vectors * s.period
	for n := len(s.done); n > 1; {
		half := (n + 1) / 2
		low, high := s.partial[:(n-half)*size], s.partial[half*size:n*size]
		v.Add(low, high, low)
		n = half
	}
	return s.partial[:size]
}

// grain returns a chunk as the grain of a convolution's epilogue.
func (s *chunkSums) grain() kernel.Grain {
	return kernel.Grain{Pixels: s.chunks.part / s.chunks.pixel, Image: s.chunks.image / s.chunks.pixel}
}
