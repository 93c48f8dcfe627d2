package supernet

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/espalier-nas/espalier/supernet/space"
)

// Sample is one subnet's part in a training step.
type Sample struct {
	Arch    space.Arch
	Distill bool // learns from the softmax of the step's first sample instead of the labels
	// Contest is not 0 for samples that compete: of those that have the same one, side by
	// side, only that with the least loss on the batch trains or, where it is negative,
	// that with the most.
	Contest int
}

// Sampler chooses the subnets of a training step. All of a step's gradients
// are added and applied in one update. One trainer at a time may use a Sampler.
type Sampler interface {
	// Sample appends the samples of a step to dst. It must be a function of the
	// step and r, or of state that its owner saves.
	Sample(step int, r *rand.Rand, dst []Sample) []Sample
}

// Sorter is a sampler before some of whose steps the channels of bands are sorted by what
// they are worth, so that narrow subnets begin with the best ones (Once-for-All).
type Sorter interface {
	Sampler
	// Sorts reports whether a step begins with sorting.
	Sorts(step int) bool
}

// SamplerOptions are what samplers need: Fits all but the fair one, the others the
// sandwich, shrinking and attentive sampling.
type SamplerOptions struct {
	Narrow, Max space.Arch // the slices of the sandwich: a narrow subnet and the largest
	Random      int        // random subnets per step
	Between     float64    // share of them that is drawn between the slices
	Alone       int        // first steps, in which the largest learns alone
	Steps       int        // shrinking: of the whole training; 0: all of it is as at its end
	Sort        bool       // sort channels before widths become elastic, see Sorter
	// Stratify spreads the logarithms of the FLOPs of the other random subnets of the
	// sandwich evenly between those of the narrow slice and the largest, as far as a few
	// draws for each allow. Uniform draws train middle sizes most.
	Stratify bool
	FLOPs    func(space.Arch) int64 // of an architecture, for Stratify and attentive sampling
	// Fits reports whether an architecture is worth training, as one within limits
	// is. One that does not fit is drawn again, a few times; nil: all fit. The fair
	// sampler, whose subnets depend on each other, does not ask.
	Fits func(space.Arch) bool
}

// samplers are the kinds of sampler; a new one is one line.
var samplers = []struct {
	name  string
	open  func(name string, s *space.Space, o SamplerOptions) (Sampler, error)
	alone bool // begins with steps of the largest alone
	least int  // random subnets per step, at least
}{
	{"uniform", newUniform, false, 0},
	{"fair", newFair, false, 0},
	{"sandwich", newSandwich, true, 0},
	{"shrinking", newShrinking, true, 1},
	{"bestup", newAttentive, true, 1},
	{"worstup", newAttentive, true, 1},
}

// BeginsAlone reports whether the sampler called name trains the largest subnet alone in its
// first steps, SamplerOptions.Alone of them, which then take another time than the later ones.
func BeginsAlone(name string) bool {
	for _, k := range samplers {
		if k.name == name {
			return k.alone
		}
	}
	return false
}

// LeastRandom returns the least SamplerOptions.Random that the sampler called name takes.
func LeastRandom(name string) int {
	for _, k := range samplers {
		if k.name == name {
			return k.least
		}
	}
	return 0
}

// Samplers lists the names that NewSampler takes.
func Samplers() []string {
	var names []string
	for _, k := range samplers {
		names = append(names, k.name)
	}
	return names
}

// NewSampler returns the sampler called name.
func NewSampler(name string, s *space.Space, o SamplerOptions) (Sampler, error) {
	for _, k := range samplers {
		if k.name != name {
			continue
		}
		if o.Random < k.least {
			return nil, fmt.Errorf("sampler %s: %d random subnets a step; want %d or more", name, o.Random, k.least)
		}
		return k.open(name, s, o)
	}
	return nil, fmt.Errorf("sampler %q is unknown; want one of %v", name, Samplers())
}

// uniform trains one random subnet a step (SPOS, Guo et al. 2020).
type uniform struct {
	drawer *space.Drawer
	fits   func(space.Arch) bool
}

func newUniform(_ string, s *space.Space, o SamplerOptions) (Sampler, error) {
	return uniform{s.Drawer(), o.Fits}, nil
}

// Sample appends one random architecture, learnt from the labels.
func (u uniform) Sample(_ int, r *rand.Rand, dst []Sample) []Sample {
	return append(dst, Sample{Arch: fitting(u.fits, func() space.Arch { return u.drawer.Random(r) })})
}

// fitDraws are made at most for one architecture that fits.
const fitDraws = 16

// fitting draws until an architecture fits, or the last time.
func fitting(fits func(space.Arch) bool, draw func() space.Arch) space.Arch {
	a := draw()
	for n := 1; n < fitDraws && fits != nil && !fits(a); n++ {
		a = draw()
	}
	return a
}

// sandwich trains the largest subnet on the labels, and a narrow and some random
// ones on the largest's output (BigNAS, Yu et al. 2020), after a first stage for
// the largest alone (Once-for-All, Cai et al. 2020): a teacher worth copying.
// Some of the random subnets are drawn between the slices.
type sandwich struct {
	drawer *space.Drawer
	o      SamplerOptions
	sizes  sizes
}

func newSandwich(name string, s *space.Space, o SamplerOptions) (Sampler, error) {
	if o.Alone < 0 || !(o.Between >= 0 && o.Between <= 1) {
		return nil, fmt.Errorf("sampler %s: %d steps alone, a share of %v between the slices; want 0 or more, and a share from 0 to 1", name, o.Alone, o.Between)
	}
	w := &sandwich{drawer: s.Drawer(), o: o}
	if o.Stratify {
		w.sizes = newSizes(o)
	}
	return w, nil
}

// Sample appends the largest, and after the first stage the others, soft.
func (s *sandwich) Sample(step int, r *rand.Rand, dst []Sample) []Sample {
	dst, all := s.o.slices(step, dst)
	if !all {
		return dst
	}
	for i := range s.o.Random {
		dst = append(dst, Sample{Arch: fitting(s.o.Fits, func() space.Arch { return s.draw(i, r) }), Distill: true})
	}
	return dst
}

// Sorts implements Sorter: when the largest no longer learns alone.
func (s *sandwich) Sorts(step int) bool { return s.o.sorts(step) }

// slices appends the slices of the sandwich, the largest and, soft, the narrow one; in the
// first steps the largest alone, and then nothing is to follow.
func (o *SamplerOptions) slices(step int, dst []Sample) (_ []Sample, all bool) {
	dst = append(dst, Sample{Arch: o.Max})
	if step < o.Alone {
		return dst, false
	}
	return append(dst, Sample{Arch: o.Narrow, Distill: true}), true
}

// sorts reports whether a step is the first after those of the largest alone.
func (o *SamplerOptions) sorts(step int) bool { return o.Sort && step > 0 && step == o.Alone }

// draw returns random subnet i of a step: the share between the slices first of
// every few.
func (s *sandwich) draw(i int, r *rand.Rand) space.Arch {
	due := func(n int) float64 { return math.Ceil(float64(n) * s.o.Between) }
	switch {
	case due(i+1) > due(i):
		return s.between(r)
	case s.o.Stratify:
		return s.sizes.draw(s.drawer, r)
	default:
		return s.drawer.Random(r)
	}
}

// strayRate is the share of decisions that a subnet between the slices takes
// from neither of them.
const strayRate = 0.2

// between returns a random mixture of the two slices with some other choices:
// the region that the slices share their weights with. In spaces of many
// operations uniform subnets hardly ever meet it.
func (s *sandwich) between(r *rand.Rand) space.Arch {
	return s.drawer.Mutate(r, s.drawer.Cross(r, s.o.Max, s.o.Narrow), strayRate)
}

// Single trains one architecture only: extracted networks, and networks
// trained alone for comparison.
type Single struct{ Arch space.Arch }

// Sample appends the one sample.
func (s Single) Sample(_ int, _ *rand.Rand, dst []Sample) []Sample {
	return append(dst, Sample{Arch: s.Arch})
}
