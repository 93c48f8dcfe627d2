package supernet

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/supernet/data"
	"github.com/espalier-nas/espalier/supernet/space"
)

// contestants are drawn for each random subnet of attentive sampling, as published.
const contestants = 3

// attentive is the sandwich whose random subnets are the winners of contests: of a few of
// about the same FLOPs that which has the least loss on the batch (BestUp), or the most
// (WorstUp), trains (AttentiveNAS, Wang et al., CVPR 2021). Training time goes to what may
// end on the front, or to what lags behind.
type attentive struct {
	drawer *space.Drawer
	o      SamplerOptions
	sizes  sizes
	sign   int // of the contests' numbers
}

func newAttentive(name string, s *space.Space, o SamplerOptions) (Sampler, error) {
	if o.Alone < 0 || o.FLOPs == nil {
		return nil, fmt.Errorf("sampler %s: %d steps alone, FLOPs known: %t; want 0 or more, and FLOPs", name, o.Alone, o.FLOPs != nil)
	}
	a := &attentive{drawer: s.Drawer(), o: o, sizes: newSizes(o), sign: 1}
	if name == "worstup" {
		a.sign = -1
	}
	return a, nil
}

// Sample appends the largest and, after its steps alone, the narrow one and the contests,
// soft.
func (a *attentive) Sample(step int, r *rand.Rand, dst []Sample) []Sample {
	dst, all := a.o.slices(step, dst)
	if !all {
		return dst
	}
	for i := range a.o.Random {
		want := a.sizes.random(r)
		for range contestants {
			arch := fitting(a.o.Fits, func() space.Arch { return a.sizes.near(want, a.drawer, r) })
			dst = append(dst, Sample{Arch: arch, Distill: true, Contest: a.sign * (i + 1)})
		}
	}
	return dst
}

// Sorts implements Sorter: when the largest no longer learns alone.
func (a *attentive) Sorts(step int) bool { return a.o.sorts(step) }

// settle leaves the winner of each contest among the samples.
func (t *Trainer) settle(b *data.Batch) {
	kept := t.samples[:0]
	least := 0.0 // of the contest at hand: its winner is the last of kept
	for _, s := range t.samples {
		if s.Contest == 0 {
			kept = append(kept, s)
			continue
		}
		loss := t.lossOf(b, s.Arch)
		if s.Contest < 0 {
			loss = -loss
		}
		switch n := len(kept); {
		case n == 0 || kept[n-1].Contest != s.Contest:
			kept, least = append(kept, s), loss
		case loss < least:
			kept[n-1], least = s, loss
		}
	}
	t.samples = kept
}

// lossOf returns the loss of an architecture on the labels of a batch, with the statistics
// of the batch; infinity where it is not a number.
func (t *Trainer) lossOf(b *data.Batch, a space.Arch) float64 {
	e := t.exec
	e.Begin(false)
	logits := t.views.of(a).forward(e, &t.pass, e.Input(b.N, b.H, b.W, b.C, b.X), nil, ops.NormBatch)
	loss := ops.CrossEntropy(e, logits, b.Labels, float32(t.o.Smoothing))
	if math.IsNaN(loss) {
		return math.Inf(1)
	}
	return loss
}
