package ops

import (
	"slices"

	"github.com/espalier-nas/espalier/ops/internal/kernel"
)

// pieces is a batch of maps cut for sums over its pixels: some images, or some rows
// of one. It depends on sizes only, never on the number of workers. A piece is no
// larger than what a convolution puts out at a time, so that its sums can be taken
// as soon as that is there.
type pieces struct {
	total int
	image int // floats
	part  int // floats of a piece of an image, all of it, or of some images
	pixel int // floats
}

const (
	leastPiece = 1 << 10 // floats of images of which some make a piece
	mostPiece  = 3 << 13
	pieceRows  = 4 // some rows are a multiple of so many: a row of Winograd's tiles
)

// cutMaps cuts x.
func cutMaps(x *Tensor) pieces {
	row := x.W * x.C
	p := pieces{total: x.Len(), image: x.H * row, pixel: x.C}
	switch n := parts(p.image, mostPiece); {
	case n > 1:
		p.part = min(x.H, parts(parts(x.H, n), pieceRows)*pieceRows) * row
	default:
		p.part = max(1, leastPiece/p.image) * p.image
	}
	return p
}

// cutRows cuts x into its rows, for what needs no sums.
func cutRows(x *Tensor) pieces {
	row := x.W * x.C
	return pieces{total: x.Len(), image: x.H * row, part: row, pixel: x.C}
}

// per returns the number of pieces of an image; one for pieces of several.
func (p *pieces) per() int { return max(1, parts(p.image, p.part)) }

// stretch returns the floats that start over in pieces: an image, or images.
func (p *pieces) stretch() int { return max(p.image, p.part) }

func (p *pieces) count() int { return parts(p.total, p.stretch()) * p.per() }

// bounds returns where piece i starts and ends.
func (p *pieces) bounds(i int) (lo, hi int) {
	start := i / p.per() * p.stretch()
	lo = start + i%p.per()*p.part
	return lo, min(lo+p.part, start+p.stretch(), p.total)
}

// within returns the first piece that starts at lo or later and the first one from
// there on that ends behind hi.
func (p *pieces) within(lo, hi int) (first, end int) {
	first = p.upTo(lo)
	if s, _ := p.bounds(first); s < lo {
		first++
	}
	if hi >= p.total {
		return first, p.count()
	}
	return first, p.upTo(hi)
}

// upTo returns the number of pieces that end at float at or before.
func (p *pieces) upTo(at int) int {
	s := p.stretch()
	return at/s*p.per() + at%s/p.part
}

// of returns piece i of data.
func (p *pieces) of(data []float32, i int) []float32 {
	lo, hi := p.bounds(i)
	return data[lo:hi]
}

// pieceSums are what is computed of each piece: some sums, or what is done to it.
type pieceSums struct {
	pieces  pieces
	period  int
	vectors int       // of a period each, of one piece
	partial []float32 // [pieces][vectors][period]
	done    []bool
}

// begin makes room for so many vectors a piece, which hold anything.
func (s *pieceSums) begin(e *Exec, vectors int) {
	n := s.pieces.count()
	s.vectors = vectors
	s.partial = e.mem.floats(n * vectors * s.period)
	s.done = slices.Grow(s.done[:0], n)[:n]
	clear(s.done)
}

// at returns the vectors of piece i.
func (s *pieceSums) at(i int) []float32 {
	n := s.vectors * s.period
	return s.partial[i*n:][:n]
}

// take reports whether piece i is still to be done, and notes that it is now.
func (s *pieceSums) take(i int) bool {
	open := !s.done[i]
	s.done[i] = true
	return open
}

// runWithin does the pieces that lie between floats lo and hi.
func (s *pieceSums) runWithin(t kernel.Task, lo, hi, worker int) {
	for i, end := s.pieces.within(lo, hi); i < end; i++ {
		t.Do(i, worker)
	}
}

// run does what is left to do.
func (s *pieceSums) run(e *Exec, t kernel.Task) {
	if slices.Contains(s.done, false) {
		e.run(len(s.done), t)
	}
}

// total adds the vectors of all pieces, half of them to the other half and so on, and
// returns the sums.
func (s *pieceSums) total(v *kernel.Vec) []float32 {
	size := s.vectors * s.period
	for n := len(s.done); n > 1; {
		half := (n + 1) / 2
		low, high := s.partial[:(n-half)*size], s.partial[half*size:n*size]
		v.Add(low, high, low)
		n = half
	}
	return s.partial[:size]
}

// grain tells a convolution what a piece is.
func (s *pieceSums) grain() kernel.Grain {
	return kernel.Grain{Pixels: s.pieces.part / s.pieces.pixel, Image: s.pieces.image / s.pieces.pixel}
}
