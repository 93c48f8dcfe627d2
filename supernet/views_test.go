package supernet

import (
	"math/rand/v2"
	"testing"

	"github.com/espalier-nas/espalier/internal/allocs"
	"github.com/espalier-nas/espalier/supernet/data"
	"github.com/espalier-nas/espalier/supernet/space"
)

// cycled is a sampler that draws from a few random streams in turn, so that its
// architectures come back.
type cycled struct {
	Sampler
	pcg    *rand.PCG
	rand   *rand.Rand
	period int
}

func (c cycled) Sample(step int, _ *rand.Rand, dst []Sample) []Sample {
	c.pcg.Seed(uint64(step%c.period), 0)
	return c.Sampler.Sample(step, c.rand, dst)
}

// warmSteps are steps of each of the period after which convolutions have met all forms in
// which they are computed: the autotuner tries them from their 60th pass on.
const warmSteps = 32

// A step whose architectures the training has met allocates nothing: views,
// draws, passes, batches and the update.
func TestStepsAllocateNothing(t *testing.T) {
	c := smallChain(t)
	const period = 4
	for _, name := range []string{"single", "uniform", "fair", "sandwich", "bestup"} {
		var s Sampler = Single{c.Extremes().Largest}
		if name != "single" {
			pcg := rand.NewPCG(0, 0)
			s = cycled{sampler(t, name, c), pcg, rand.New(pcg), period}
		}
		o := trainOptions
		o.Clip, o.Average = 1, 0.1
		o.Augment = data.Augment{Crop: 1, Flip: true, Alternate: true, Erase: 0.5, EraseMost: 0.4}
		tr := trainer(t, exec(t, 2), c, s, o)
		distil(t, tr, Targets{oneHot(tr.loader.Set()), 0.5})
		batches := data.NewPrefetcher(tr.loader, prefetchDepth, 0)
		step := func() { tr.train(batches.Next()) }
		for range warmSteps * period { // until every convolution has been tried by one worker alone too
			step()
		}
		if n := allocs.PerRun(2*period, step); n != 0 {
			t.Errorf("%s: %v allocations per step; want none", name, n)
		}
		batches.Close()
	}
}

// An architecture that was never met costs its view, its plan and its genes.
func TestFreshArchitecturesAllocateLittle(t *testing.T) {
	c := smallChain(t)
	n, d, r := New(c, 1), c.Space().Drawer(), newRand(1)
	v := newViews(n)
	per := allocs.PerRun(200, func() { v.of(d.Random(r)) })
	t.Logf("%v allocations per fresh architecture", per)
	if per > 24 {
		t.Errorf("%v allocations per fresh architecture; want at most 24", per)
	}
}

// What views keep is bounded, and the one used last stays.
func TestViewsForgetTheOldest(t *testing.T) {
	c := smallChain(t)
	v, r := newViews(New(c, 1)), newRand(2)
	first := v.of(c.Extremes().Largest)
	met := map[space.Arch]bool{c.Extremes().Largest: true}
	var second space.Arch
	for len(met) < 2*maxViews {
		a := c.Space().Random(r)
		if len(met) == 1 {
			second = a
		}
		met[a] = true
		v.of(a)
		if v.of(c.Extremes().Largest) != first {
			t.Fatal("a subnet in use was made anew")
		}
	}
	if len(v.kept) != maxViews {
		t.Errorf("%d subnets are kept; want %d", len(v.kept), maxViews)
	}
	if v.kept[second] != nil {
		t.Error("the subnet that was not used for the longest time is still kept")
	}
}
