package kernel

import "unsafe"

// largeBytes is the size of a layer's maps from which a unit is fetched before it
// is used: they are not in the caches of a core. Depthwise weight gradients, which
// read both maps, gain a little earlier.
const (
	largeBytes     = 3 << 20
	largeGradBytes = 5 << 19
)

// ahead is what tiles fetch into the second-level cache while they compute: the
// maps of the next unit. The processor is fastest at an even walk through memory;
// tiles take a block of channels of one pixel after another, and would wait for
// every line.
type ahead [2]prefetchStream

// prefetchStream is memory, from at on, and the share of it to fetch at a time: cache
// lines for each tile of a row, one at least, or bytes for each pixel of a dense
// weight gradient. Tiles move at on, at the end beyond the memory, so it is a number:
// the garbage collector must not take it for a pointer.
type prefetchStream struct {
	at    uintptr
	share int
}

// start returns the address of m.
func start(m []float32) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(m))) }

// byLines returns m as the stream of which some tiles fetch a share each.
func byLines(m []float32, tiles int) prefetchStream {
	return prefetchStream{start(m), max(1, parts(len(m), lineFloats*tiles))}
}

// byBytes returns m as the stream of which a share is fetched with each of some pixels.
func byBytes(m []float32, pixels int) prefetchStream {
	return prefetchStream{start(m), parts(4*len(m), pixels)}
}

// unitMaps are the two maps of a unit: what a pass reads and what it writes, or reads
// too. The second may be empty.
type unitMaps [2][]float32

// fetcher notes for a worker which unit is on its way.
type fetcher struct {
	ready int // the unit fetched ahead, plus one
	fetched
}

// fetched is what was read, so that the compiler keeps the reads.
type fetched struct{ sum float32 }

// read reads one float of each cache line of s, from its start to its end.
func (f *fetched) read(s []float32) {
	sum := float32(0)
	for i := 0; i < len(s); i += lineFloats {
		sum += s[i]
	}
	f.sum = sum
}

// fetch returns the maps of unit next, to be fetched in so many shares, and reads
// those of unit now at once if nothing has fetched them. A next of now itself
// stands for none.
func (f *fetcher) fetch(now, next, shares int, share func([]float32, int) prefetchStream, of func(unit int) unitMaps) (a ahead) {
	if f.ready != now+1 {
		for _, m := range of(now) {
			f.read(m)
		}
	}
	f.ready = next + 1
	if next == now {
		return ahead{}
	}
	for i, m := range of(next) {
		a[i] = share(m, shares)
		if len(m) == 0 {
			a[i].at = a[0].at // what is there already costs nothing
		}
	}
	return a
}

// mapBytes returns what both maps of r take.
func (r *correlation) mapBytes() int { return 4 * r.n * (r.h*r.w*r.inC + r.oh*r.ow*r.outC) }

// fetchUnit has the maps of the unit after chunk i fetched, as fetch does, if they
// are large; splits chunks make a unit.
func (r *correlation) fetchUnit(f *fetcher, i, splits, tiles int, x, y []float32) ahead {
	if r.mapBytes() <= largeBytes {
		return ahead{}
	}
	now, next := i/splits, (i+1)/splits
	if next >= r.units() || r.unit(next).imgs == 0 {
		next = now
	}
	return f.fetch(now, next, tiles, byLines, func(i int) unitMaps { return r.maps(r.unit(i), x, y) })
}

// maps returns the rows of x and y that u reads and writes.
func (r *correlation) maps(u part, x, y []float32) unitMaps {
	from, to := r.inputRows(u)
	first := r.y0 + u.row*r.outStep
	last := min(r.oh, first+(u.rows-1)*r.outStep+1)
	in, out := r.w*r.inC, r.ow*r.outC
	return unitMaps{
		x[(u.img*r.h+from)*in : ((u.img+u.imgs-1)*r.h+to)*in],
		y[(u.img*r.oh+first)*out : ((u.img+u.imgs-1)*r.oh+last)*out],
	}
}

// inputRows returns the input rows that output rows of u read.
func (r *correlation) inputRows(u part) (from, to int) {
	y, end := u.row*r.step+r.dy0, 0
	if r.transposedTaps > 0 {
		y, end = (u.row-r.dy0-r.transposedTaps+2)/2, (u.row-r.dy0+u.rows-1)/2+1
	} else {
		end = y + r.windowRows(u.rows)
	}
	from = min(max(0, y), r.h)
	return from, max(from, min(r.h, end))
}
