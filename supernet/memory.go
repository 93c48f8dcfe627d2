package supernet

import (
	"slices"

	"github.com/espalier-nas/espalier/supernet/space"
)

// TrainingBytes returns how much memory the maps of a training step of a network of plan p take: what layers and norms put
// out, which is kept for the way back, the gradients that are alive at once on that way, and the sums that norms take. Memory
// is given out as ops does it, so that buffers of sizes that do not fit each other count too. Weights, pictures and the
// scratch of kernels come on top.
func TrainingBytes(p space.Plan, o TrainOptions) int64 {
	if o.Auxiliary > 0 {
		if whole, err := p.WithAuxiliary(); err == nil { // else training refuses it
			p = whole
		}
	}
	fused := fuse(p)
	floats := gradients(p, fused)
	for i := range p {
		floats += kept(p, fused, i)
		if o.DropPath > 0 && p[i].Path > 0 {
			floats += outLen(p[i].Layer) + scaled(p[i].Layer)
		}
	}
	return 4 * int64(o.Batch) * int64(floats)
}

// EvaluationBytes returns how much memory the maps of a network take while it is calibrated and evaluated on so many images at a
// time by so many workers: those of all its layers, since each may begin what subnets do not share, for all images, and in
// slices for each worker.
func EvaluationBytes(p space.Plan, images, workers int) int64 {
	floats, widest := 0, 1
	for i := range p {
		s, maps := &p[i], 1
		if s.Layer.Op == space.Identity {
			maps = 0
		}
		if s.Layer.Op != space.Conv && finished(s) { // a convolution's is normalised and activated where it lies
			maps++
		}
		floats += maps*outLen(s.Layer) + normSums(s, 3)
		widest = max(widest, imageBytes(s.Layer))
	}
	slice := max(1, sliceBytes/widest)
	return 4 * int64(images+min(images, workers*slice)) * int64(floats)
}

// outLen returns the floats that a layer puts out for an image.
func outLen(l space.Layer) int { return l.OutH() * l.OutW() * l.OutC }

// finished reports whether a norm or an activation makes a map of its own of what a layer puts out.
func finished(s *space.Step) bool { return s.Norm != "" || s.Layer.Act != space.NoAct }

// pieceFloats is about how many floats of a map share their sums.
const pieceFloats = 3 << 13

// normSums returns the floats of so many sums for each channel of a norm, for an image.
func normSums(s *space.Step, sums int) int {
	if s.Norm == "" {
		return 0
	}
	return sums * period(s.Layer.OutC) * (1 + outLen(s.Layer)/pieceFloats)
}

// scaled returns the floats beside the map that Scale keeps for an image.
func scaled(l space.Layer) int { return 4 * period(l.OutC) }

// period returns the least multiple of c that is one of 16 too.
func period(c int) int {
	for n := c; ; n += c {
		if n%16 == 0 {
			return n
		}
	}
}

// kept returns the floats of an image that step i keeps for the way back.
func kept(p space.Plan, fused []fusion, i int) int {
	s, maps, beside := &p[i], 1, normSums(&p[i], 5)
	switch s.Layer.Op {
	case space.Identity:
		maps = 0
	case space.Scale:
		beside += scaled(s.Layer)
	case space.GlobalPool:
		beside += period(s.Layer.OutC)
	case space.Add:
		maps = sums(p, fused, i)
	}
	if fused[i].accumulates {
		return 0
	}
	if finished(s) {
		maps++
	}
	return maps*outLen(s.Layer) + beside
}

// sums returns the maps that sum i makes before its norm: one that convolutions are accumulated in, and one in which that and
// the others are added.
func sums(p space.Plan, fused []fusion, i int) (maps int) {
	terms := 0
	for _, j := range p[i].In {
		if j != space.Image && fused[j].accumulates {
			maps = 1
		} else {
			terms++
		}
	}
	if terms+maps > 1 {
		maps++
	}
	return maps
}

// gradients returns the floats of an image that hold gradients on the way back, which gives out buffers and takes them back
// as ops does: the one that fits best, unless it is more than twice too large.
func gradients(p space.Plan, fused []fusion) (total int) {
	var free []int
	take := func(n int) int {
		best := -1
		for k, size := range free {
			if size >= n && size/2 <= n && (best < 0 || size < free[best]) {
				best = k
			}
		}
		if best < 0 {
			total += n
			return n
		}
		size := free[best]
		free = slices.Delete(free, best, best+1)
		return size
	}
	holds, last := make([]int, len(p)), make([]int, len(p)) // buffer of each step; step after which it is given back
	for i := range p {
		last[i] = i
	}
	for i := len(p) - 1; i >= 0; i-- {
		if source(p, i) != i {
			continue
		}
		if holds[i] == 0 && !fused[i].accumulates {
			holds[i] = take(outLen(p[i].Layer))
		}
		for _, j := range p[i].In {
			switch j = source(p, j); {
			case j == space.Image:
			case fused[j].accumulates:
				last[i] = min(last[i], j)
			case holds[j] == 0:
				holds[j] = take(outLen(p[j].Layer))
			}
		}
		for k := i; k < len(p); k++ {
			if last[k] == i && holds[k] > 0 {
				free, holds[k] = append(free, holds[k]), 0
			}
		}
	}
	return total
}

// source returns the step whose map step j passes on: j unless it is an identity.
func source(p space.Plan, j int) int {
	for j != space.Image && p[j].Layer.Op == space.Identity && !finished(&p[j]) {
		j = p[j].In[0]
	}
	return j
}
