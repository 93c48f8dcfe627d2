package controller

import (
	"github.com/espalier-nas/espalier/internal/stream"
	"github.com/espalier-nas/espalier/supernet/space"
)

// redraws is how often a strategy that remembers its proposals draws again
// before it gives way: lets a duplicate through, or mutates more strongly.
const redraws = 32

// randomStrategy draws every decision uniformly from its allowed choices,
// without repeating itself as long as redrawing helps.
type randomStrategy struct {
	space    *space.Space
	seed     uint64
	purpose  string
	calls    uint64
	proposed map[space.Arch]bool
}

func newRandom(s *space.Space, seed uint64, purpose string) *randomStrategy {
	return &randomStrategy{space: s, seed: seed, purpose: purpose, proposed: make(map[space.Arch]bool)}
}

// Propose implements Strategy.
func (s *randomStrategy) Propose(n int) []space.Arch {
	rng := stream.New(s.seed, s.purpose, s.calls)
	s.calls++
	archs := make([]space.Arch, n)
	for i := range archs {
		archs[i] = s.space.Random(rng)
		for range redraws {
			if !s.proposed[archs[i]] {
				break
			}
			archs[i] = s.space.Random(rng)
		}
		s.proposed[archs[i]] = true
	}
	return archs
}

// Observe implements Strategy; random search learns nothing.
func (s *randomStrategy) Observe([]Trial) {}

// NewRandomArm returns random search on a stream of its own: with the same seed
// it draws other architectures than the strategy "random", so that an arm beside
// a search is an independent sample.
func NewRandomArm(s *space.Space, seed uint64) Strategy { return newRandom(s, seed, "random arm") }
