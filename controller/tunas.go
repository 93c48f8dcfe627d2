package controller

import (
	"math/rand/v2"

	"github.com/espalier-nas/espalier/supernet/space"
)

// tunas is the policy of TuNAS (Bender et al. 2020): one logit per choice,
// independent between decisions, zero at first. Only decisions that an
// architecture makes count towards its log-probability and entropy.
type tunas struct {
	space  *space.Space
	shape  shaping
	prior  skipPrior
	logits []float64 // all decisions after one another
	offset []int     // first logit of each decision
}

func newTunas(s *space.Space, shape shaping, prior skipPrior) *tunas {
	t := &tunas{space: s, shape: shape, prior: prior}
	n := 0
	for _, d := range s.Decisions() {
		t.offset = append(t.offset, n)
		n += len(d.Choices)
	}
	t.logits = make([]float64, n)
	return t
}

func (t *tunas) params() []float64 { return t.logits }

// distribution returns that of decision i after the genes before it, and the
// slope of its logits; made is false if the decision is not made.
func (t *tunas) distribution(prefix []uint8) (d categorical, slope []float64, made bool) {
	allowed := t.space.Options(nil, prefix)
	if len(allowed) == 0 {
		return d, nil, false
	}
	i := len(prefix)
	z := append([]float64(nil), t.logits[t.offset[i]:][:len(t.space.Decisions()[i].Choices)]...)
	slope = t.shape.apply(z)
	return newCategorical(z, allowed), slope, true
}

func (t *tunas) sample(rng *rand.Rand) space.Arch {
	genes := make([]uint8, len(t.offset))
	for i := range genes {
		if d, _, made := t.distribution(genes[:i]); made {
			genes[i] = uint8(d.draw(rng))
		}
	}
	return space.NewArch(genes)
}

func (t *tunas) gradient(a space.Arch, w weights, g []float64) terms {
	var sum terms
	genes := a.Genes()
	for i, decision := range t.space.Decisions() {
		d, slope, made := t.distribution(genes[:i])
		if !made {
			continue
		}
		dz := t.prior.record(&sum, i, decision.Kind, d, int(genes[i]), w)
		if g == nil {
			continue
		}
		for c, dz := range dz {
			g[t.offset[i]+c] += dz * slope[c]
		}
	}
	return sum
}
