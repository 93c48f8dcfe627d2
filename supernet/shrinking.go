package supernet

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/espalier-nas/espalier/supernet/space"
)

// shrinkingOrder is what becomes elastic in each phase of progressive shrinking, as
// published: kernels first, then depths, then widths. Kinds that Once-for-All does not have
// join the first phase.
var shrinkingOrder = [][]space.Kind{
	{space.KindResolution, space.KindKernel, space.KindOp, space.KindAct, space.KindSkip, space.KindSource, space.KindSwitch},
	{space.KindDepth},
	{space.KindWidth, space.KindExpand},
}

// shrinking trains the largest subnet alone, then it and random ones on its output in which
// first only some decisions are free and in the end all are; the others are as in the
// largest (progressive shrinking, Once-for-All, Cai et al. 2020). The largest goes on
// learning beside them, so that its output, which they learn from, is that of the step.
type shrinking struct {
	drawer *space.Drawer
	o      SamplerOptions
	phase  []int // of each decision, from 0: from which phase on it is free
	phases int
	widths int // the phase in which widths become free; -1: there are none
	genes  []uint8
}

func newShrinking(name string, s *space.Space, o SamplerOptions) (Sampler, error) {
	if o.Alone < 0 || o.Steps < 0 || o.Steps > 0 && o.Alone > o.Steps {
		return nil, fmt.Errorf("sampler %s: %d of %d steps alone; want no more than there are", name, o.Alone, o.Steps)
	}
	ds := s.Decisions()
	p := &shrinking{drawer: s.Drawer(), o: o, phase: make([]int, len(ds)), genes: make([]uint8, 0, len(ds)), widths: -1}
	for _, kinds := range shrinkingOrder {
		found := false
		for i, d := range ds {
			if slices.Contains(kinds, d.Kind) {
				p.phase[i], found = p.phases, true
			}
		}
		if found {
			if slices.Contains(kinds, space.KindWidth) {
				p.widths = p.phases
			}
			p.phases++
		}
	}
	return p, nil
}

// at returns the phase of a step: -1 while the largest is alone; the phases share the other
// steps evenly.
func (p *shrinking) at(step int) int {
	switch left := p.o.Steps - p.o.Alone; {
	case step < p.o.Alone:
		return -1
	case p.o.Steps == 0 || left == 0:
		return p.phases - 1
	default:
		return min(p.phases-1, (step-p.o.Alone)*p.phases/left)
	}
}

// Sorts implements Sorter: when widths become free.
func (p *shrinking) Sorts(step int) bool {
	return p.o.Sort && p.widths >= 0 && step > 0 && p.at(step) == p.widths && p.at(step-1) < p.widths
}

// Sample appends the largest, and after its steps alone random subnets of the phase, soft.
func (p *shrinking) Sample(step int, r *rand.Rand, dst []Sample) []Sample {
	dst = append(dst, Sample{Arch: p.o.Max})
	phase := p.at(step)
	if phase < 0 {
		return dst
	}
	for range p.o.Random {
		dst = append(dst, Sample{Arch: fitting(p.o.Fits, func() space.Arch { return p.draw(r, phase) }), Distill: true})
	}
	return dst
}

// draw returns a random subnet of a phase. Where rules forbid a choice of the largest after
// what was drawn, the last that is allowed stands for it.
func (p *shrinking) draw(r *rand.Rand, phase int) space.Arch {
	p.genes = p.genes[:0]
	for i, free := range p.phase {
		options := p.drawer.Options(p.genes)
		gene := uint8(0)
		switch largest := uint8(p.o.Max.Gene(i)); {
		case len(options) == 0: // the decision is not made
		case free <= phase:
			gene = options[r.IntN(len(options))]
		case slices.Contains(options, largest):
			gene = largest
		default:
			gene = options[len(options)-1]
		}
		p.genes = append(p.genes, gene)
	}
	return p.drawer.Arch(p.genes)
}
