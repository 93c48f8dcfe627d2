package supernet

import (
	"math"

	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/supernet/data"
	"github.com/espalier-nas/espalier/supernet/space"
)

const (
	// SmallSide is how long the sides of small pictures are, over those of whole ones; see
	// TrainOptions.Small.
	SmallSide = 0.75
	// smallCost is how long a training step on them takes, over one on whole pictures: 0.56 of the
	// operations, and what does not depend on the size.
	smallCost = 0.6
)

// For returns the options as weights are trained with: small pictures are for networks of one
// architecture that can read them.
func (o TrainOptions) For(n *Net) TrainOptions {
	if _, _, ok := n.smallSides(); !ok {
		o.Small = 0
	}
	return o
}

// smallSides returns the size of small pictures, the nearest to SmallSide of both sides at which the
// shapes within the network meet as they do on whole ones; false if there is none, if the network
// changes the size of its pictures itself, or of weights that architectures share.
func (n *Net) smallSides() (h, w int, ok bool) {
	f, ok := n.family.(*space.Fixed)
	if !ok {
		return 0, 0, false
	}
	plan := f.Plan(f.Arch())
	if plan.Resizes() {
		return 0, 0, false
	}
	whole := plan[0].Layer
	small := func(side, more int) int { return max(1, min(side, int(math.Round(SmallSide*float64(side)))+more)) }
	for _, more := range []int{0, -1, 1, -2, 2, -3, 3} {
		h, w = small(whole.H, more), small(whole.W, more)
		if _, err := plan.On(h, w); err == nil && h*w < whole.H*whole.W {
			return h, w, true
		}
	}
	return 0, 0, false
}

// MeanCost is how long a step of the whole training takes on average, over one on whole pictures.
func (o TrainOptions) MeanCost() float64 { return 1 - o.Small*(1-smallCost) }

// MeanCost is that of the options of the training.
func (t *Trainer) MeanCost() float64 { return t.o.MeanCost() }

// showsSmall says whether a planned step is on small pictures.
func (o TrainOptions) showsSmall(planned float64) bool { return planned < o.Small*float64(o.Steps) }

// SmallUntil returns how many of the steps in all, from the first one on, are on small pictures as
// far as is planned now. After them it is a number that is not above those done.
func (t *Trainer) SmallUntil() int {
	return int(math.Ceil(t.course.when(t.o.Small * float64(t.o.Steps))))
}

// Ahead returns how many steps like the last one take as long as what is left of the training.
func (t *Trainer) Ahead() float64 {
	left := CostOf(t.step, t.Steps(), t.SmallUntil())
	if t.small {
		left /= smallCost
	}
	return left
}

// CostOf returns how long steps from one to before another take, of which those before until are on
// small pictures, in steps on whole ones.
func CostOf(from, to, until int) float64 {
	small := min(max(until, from), to) - from
	return float64(to-from) - (1-smallCost)*float64(small)
}

// pictures returns a batch as the network is shown it.
func (t *Trainer) pictures(b *data.Batch) *ops.Tensor {
	x := t.exec.Input(b.N, b.H, b.W, b.C, b.X)
	if !t.small {
		return x
	}
	return ops.Resize(t.exec, x, t.smallH, t.smallW)
}
