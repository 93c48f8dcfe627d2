package kernel

import "unsafe"

// winoTransform transforms tiles of pixels, of the input or of the output's gradient, to
// planes; it is one worker's memory.
type winoTransform struct {
	args            winoTile
	spots           []spot
	window, scratch []float32
}

// reserve makes the memory for units of r, before workers need it.
func (s *winoTransform) reserve(r *correlation) {
	s.scratch = aligned(s.scratch, winoPlanes*Block)
	s.args.scratch = at(s.scratch, 0)
	s.spots = grown(s.spots, r.unitImgs*r.unitRows*r.cols)
	if !r.inPlace {
		s.window = aligned(s.window, max(cap(s.window), r.windowFloats(r.inC)))
	}
}

// run transforms channels [from, to) of the tiles under u of the map x by f: tile i
// of them goes to places i*c16 and on of the 36 planes in dst, which lie plane floats
// apart. from is at the start of a block.
// Without r.inPlace the pixels are copied first, with zeros outside the map.
func (s *winoTransform) run(f tileFunc, r *correlation, u part, x, dst []float32, plane, c16, from, to int) {
	h, w := r.windowRows(u.rows), r.winW
	if r.inPlace {
		x, h, w = x[r.origin(u):], r.h, r.w
	} else {
		r.copyWindow(u, x, s.window)
		x = s.window
	}
	s.spots = s.spots[:0]
	for img := range u.imgs {
		for row := range u.rows {
			for col := range r.cols {
				s.spots = append(s.spots, spot{at: uint32(((img*h+row*r.step)*w + col*r.step) * r.inC)})
			}
		}
	}
	a := &s.args
	a.spots, a.n = &s.spots[0], len(s.spots)
	a.pix, a.row, a.plane, a.step = 4*r.inC, 4*w*r.inC, 4*plane, 4*c16
	for c := from; c < to; c += Block {
		a.lanes.set(min(Block, to-c))
		a.src, a.dst = at(x, c), at(dst, c)
		f((*byte)(unsafe.Pointer(a)))
	}
}
