package supernet

import (
	"fmt"
	"math/rand/v2"

	"github.com/espalier-nas/espalier/supernet/space"
)

// Lesson is one subnet's part in a training step.
type Lesson struct {
	Arch space.Arch
	Soft bool // learns from the softmax of the step's first lesson instead of the labels
}

// Sampler chooses the subnets of a training step. All of a step's gradients
// are added and applied in one update.
type Sampler interface {
	// Sample appends the lessons of a step to dst. It must be a function of the
	// step and r, or of state that its owner saves.
	Sample(step int, r *rand.Rand, dst []Lesson) []Lesson
}

// Ends are the smallest and the largest architecture of a space.
type Ends struct{ Min, Max space.Arch }

// Samplers lists the names that NewSampler takes.
func Samplers() []string { return []string{"uniform", "fair", "sandwich"} }

// NewSampler returns the sampler called name. random is the number of random
// subnets in a sandwich step.
func NewSampler(name string, s *space.Space, ends Ends, random int) (Sampler, error) {
	switch name {
	case "uniform":
		return uniform{s}, nil
	case "fair":
		return newFair(s), nil
	case "sandwich":
		if random < 0 {
			return nil, fmt.Errorf("sampler sandwich: %d random subnets; want 0 or more", random)
		}
		return sandwich{s, ends, random}, nil
	}
	return nil, fmt.Errorf("sampler %q is unknown; want one of %v", name, Samplers())
}

// uniform trains one random subnet a step (SPOS, Guo et al. 2020).
type uniform struct{ space *space.Space }

func (u uniform) Sample(_ int, r *rand.Rand, dst []Lesson) []Lesson {
	return append(dst, Lesson{Arch: u.space.Random(r)})
}

// sandwich trains the largest subnet on the labels, and the smallest and some
// random ones on the largest's output (BigNAS, Yu et al. 2020).
type sandwich struct {
	space  *space.Space
	ends   Ends
	random int
}

func (s sandwich) Sample(_ int, r *rand.Rand, dst []Lesson) []Lesson {
	dst = append(dst, Lesson{Arch: s.ends.Max}, Lesson{Arch: s.ends.Min, Soft: true})
	for range s.random {
		dst = append(dst, Lesson{Arch: s.space.Random(r), Soft: true})
	}
	return dst
}

// Single trains one architecture only: extracted networks, and networks
// trained alone for comparison.
type Single struct{ Arch space.Arch }

// Sample appends the one lesson.
func (s Single) Sample(_ int, _ *rand.Rand, dst []Lesson) []Lesson {
	return append(dst, Lesson{Arch: s.Arch})
}
