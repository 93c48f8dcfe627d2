package supernet

import (
	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/supernet/space"
)

// Outside training a large batch goes through a network in slices of a few images, each
// by one worker alone: what a layer puts out is still in the second-level cache when the
// next one reads it. No image's result depends on its slice.
const (
	sliceBytes  = 3 << 19 // of input and output of the largest layer, for a slice
	leastSliced = 4       // images for each worker, at least
)

// imageBytes returns what the input and output of a layer take for an image.
func imageBytes(l space.Layer) int {
	return 4 * (l.InLen() + l.OutH()*l.OutW()*l.OutC)
}

// sliced reports whether a batch of n images should go through in slices, and of how
// many, where the largest layer takes so many bytes for an image.
func sliced(e *ops.Exec, n, bytes int) (images int, yes bool) {
	return max(1, sliceBytes/bytes), n >= leastSliced*e.Workers()
}

// slice returns images [lo, hi) of x.
func slice(e *ops.Exec, x *ops.Tensor, lo, hi int) *ops.Tensor {
	size := x.Len() / x.N
	return e.Input(hi-lo, x.H, x.W, x.C, x.Data[lo*size:hi*size])
}

// put copies part to x, from image lo on.
func put(x *ops.Tensor, lo int, part *ops.Tensor) { copy(x.Data[lo*(x.Len()/x.N):], part.Data) }

// output returns a tensor for the subnet's logits of n images.
func (s *Subnet) output(e *ops.Exec, n int) *ops.Tensor {
	l := s.plan[len(s.plan)-1].Layer
	return e.New(n, l.OutH(), l.OutW(), l.OutC)
}

// slicedForward is a network's pass over a batch in slices.
type slicedForward struct {
	w    *Network
	x, y *ops.Tensor
}

// Part implements ops.BatchPass.
func (f *slicedForward) Part(e *ops.Exec, worker, lo, hi int) {
	e.Begin(false)
	put(f.y, lo, f.w.view.serve(e, &f.w.passes[worker], slice(e, f.x, lo, hi), f.w.stats, f.w.last))
}

// slicedWalk is a walk through a trie over a batch in slices.
type slicedWalk struct {
	t      *trie
	passes []Pass // by worker
	x      *ops.Tensor
	logits []*ops.Tensor // by subnet
}

// Part implements ops.BatchPass.
func (f *slicedWalk) Part(e *ops.Exec, worker, lo, hi int) {
	e.Begin(false)
	f.t.walk(e, &f.passes[worker], slice(e, f.x, lo, hi), ops.NormRunning, func(i int, logits *ops.Tensor) {
		put(f.logits[i], lo, logits)
	})
}
