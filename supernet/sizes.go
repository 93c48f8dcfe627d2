package supernet

import (
	"math"
	"math/rand/v2"

	"github.com/espalier-nas/espalier/supernet/space"
)

const (
	// sizeDraws architectures are drawn for one of a wanted size.
	sizeDraws = 6
	// knownSizes bounds the architectures whose size is remembered.
	knownSizes = 4096
)

// sizes draws architectures evenly over the logarithm of their operations.
type sizes struct {
	flops     func(space.Arch) int64
	low, high float64 // logarithms
	known     map[space.Arch]float64
}

func newSizes(o SamplerOptions) sizes {
	s := sizes{flops: o.FLOPs, known: make(map[space.Arch]float64)}
	s.low, s.high = s.of(o.Narrow), s.of(o.Max)
	if s.low > s.high {
		s.low, s.high = s.high, s.low
	}
	return s
}

// of returns the logarithm of an architecture's operations.
func (s *sizes) of(a space.Arch) float64 {
	v, ok := s.known[a]
	if !ok {
		if len(s.known) == knownSizes {
			clear(s.known)
		}
		v = math.Log(float64(s.flops(a)))
		s.known[a] = v
	}
	return v
}

// random returns the logarithm of a random size.
func (s *sizes) random(r *rand.Rand) float64 { return s.low + (s.high-s.low)*r.Float64() }

// draw returns, of a few random architectures, the one nearest to a random size.
func (s *sizes) draw(d *space.Drawer, r *rand.Rand) space.Arch { return s.near(s.random(r), d, r) }

// near returns, of a few random architectures, the one nearest to the wanted size, a
// logarithm.
func (s *sizes) near(want float64, d *space.Drawer, r *rand.Rand) space.Arch {
	best, off := space.Arch{}, math.Inf(1)
	for range sizeDraws {
		a := d.Random(r)
		if o := math.Abs(s.of(a) - want); o < off {
			best, off = a, o
		}
	}
	return best
}
