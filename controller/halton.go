package controller

import (
	"math/rand/v2"

	"github.com/espalier-nas/espalier/internal/stream"
	"github.com/espalier-nas/espalier/supernet/space"
)

// halton walks the space along a Halton sequence with a random permutation of each
// digit (Owen 2017): every decision is a dimension with a prime base of its own,
// and its number picks among the choices allowed after the earlier decisions. Any
// run of proposals spreads over each decision more evenly than random ones do. What
// was proposed before is left out.
type halton struct {
	space    *space.Space
	drawer   *space.Drawer
	at       uint64
	digits   [][][]uint64 // [decision][digit, lowest first]: the permutation of it
	bases    []uint64
	proposed map[space.Arch]bool
}

// haltonBits is how fine the numbers of a dimension are at least.
const haltonBits = 32

func openHalton(_ string, s *space.Space, o *StrategyOptions) (Strategy, error) {
	h := &halton{space: s, drawer: s.Drawer(), bases: primes(len(s.Decisions())), proposed: make(map[space.Arch]bool)}
	for d, base := range h.bases {
		rng := stream.New(o.Seed, "halton", uint64(d))
		var levels [][]uint64
		for span := uint64(1); span < 1<<haltonBits; span *= base {
			levels = append(levels, permutation(rng, base))
		}
		h.digits = append(h.digits, levels)
	}
	return h, nil
}

func permutation(rng *rand.Rand, n uint64) []uint64 {
	p := make([]uint64, n)
	for i, v := range rng.Perm(int(n)) {
		p[i] = uint64(v)
	}
	return p
}

// primes returns the first n.
func primes(n int) []uint64 {
	var found []uint64
candidates:
	for v := uint64(2); len(found) < n; v++ {
		for _, p := range found {
			if v%p == 0 {
				continue candidates
			}
		}
		found = append(found, v)
	}
	return found
}

// number returns dimension d of point n, from 0 to below 1.
func (h *halton) number(n uint64, d int) float64 {
	base, share, v := float64(h.bases[d]), 1.0, 0.0
	for _, digit := range h.digits[d] {
		share /= base
		v += share * float64(digit[n%h.bases[d]])
		n /= h.bases[d]
	}
	return v
}

// Propose implements Strategy.
func (h *halton) Propose(n int) []space.Arch {
	archs := make([]space.Arch, n)
	for i := range archs {
		archs[i] = fresh(h.proposed, func(float64) space.Arch {
			h.at++
			return h.point(h.at - 1)
		})
	}
	return archs
}

// point returns the architecture of point n of the sequence.
func (h *halton) point(n uint64) space.Arch {
	genes := make([]uint8, len(h.bases))
	for d := range genes {
		if allowed := h.drawer.Options(genes[:d]); len(allowed) > 0 {
			at := int(h.number(n, d) * float64(len(allowed)))
			genes[d] = allowed[min(at, len(allowed)-1)]
		}
	}
	return space.NewArch(genes)
}

// Observe implements Strategy; the sequence learns nothing.
func (h *halton) Observe(trials []Trial) {
	for _, t := range trials {
		h.proposed[t.Arch] = true
	}
}
