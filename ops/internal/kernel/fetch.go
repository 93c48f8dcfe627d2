package kernel

// largeBytes is the size of a layer's maps from which their units are fetched
// before they are used: they are not in the caches of a core.
const largeBytes = 7 << 20

// fetched is what fetch read, so that the compiler keeps the reads.
type fetched struct{ sum float32 }

// fetch reads one float of each cache line of s, from its start to its end. The
// processor fetches ahead of an even walk through memory, three times as fast as
// tiles make it fetch, which take a block of channels of one pixel after another.
func (f *fetched) fetch(s []float32) {
	sum := float32(0)
	for i := 0; i < len(s); i += lineFloats {
		sum += s[i]
	}
	f.sum = sum
}

// large reports whether the maps of r are.
func (r *correlation) large() bool { return 4*r.n*(r.h*r.w*r.inC+r.oh*r.ow*r.outC) > largeBytes }

// fetchUnit fetches the inputs and outputs of u, rows of which read rows
// [from, to) of the input.
func (r *correlation) fetchUnit(f *fetched, u part, from, to int, x, y []float32) {
	if u.imgs > 1 {
		from, to = 0, u.imgs*r.h
		f.fetch(y[u.img*r.oh*r.ow*r.outC:][:u.imgs*r.oh*r.ow*r.outC])
	} else {
		f.fetch(y[(u.img*r.oh+u.row)*r.ow*r.outC:][:u.rows*r.ow*r.outC])
	}
	f.fetch(x[(u.img*r.h+from)*r.w*r.inC:][:(to-from)*r.w*r.inC])
}

// inputRows returns the input rows that output rows of u read.
func (r *correlation) inputRows(u part) (from, to int) {
	y := u.row*r.step + r.dy0
	from = min(max(0, y), r.h)
	return from, max(from, min(r.h, y+r.windowRows(u.rows)))
}
