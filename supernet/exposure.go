package supernet

import (
	"math/rand/v2"

	"github.com/espalier-nas/espalier/internal/stream"
	"github.com/espalier-nas/espalier/supernet/space"
)

// Exposure returns how many subnets of a training used each choice of each
// decision, by drawing them again: the sampler must be a function of step and
// random numbers. Of contests all that compete are counted, as weights decide them. A
// choice that is used seldom is evaluated by how little it has learnt, not by what it is worth.
func Exposure(s *space.Space, sampler Sampler, o TrainOptions) [][]int {
	decisions := s.Decisions()
	counts := make([][]int, len(decisions))
	for i, d := range decisions {
		counts[i] = make([]int, len(d.Choices))
	}
	var pcg rand.PCG
	r := rand.New(&pcg)
	var samples []Sample
	for step := range o.Steps {
		stream.Seed(&pcg, o.Seed, "lessons", uint64(step))
		samples = sampler.Sample(step, r, samples[:0])
		for _, l := range samples {
			genes := l.Arch.Genes()
			for i := range counts {
				if s.Active(genes, i) {
					counts[i][genes[i]]++
				}
			}
		}
	}
	return counts
}
