package predictor

import (
	"cmp"
	"math"
	"math/bits"
	"slices"

	"github.com/espalier-nas/espalier/supernet/space"
)

// class is a kind of layer whose table times tend to be wrong in the same way
// inside a network: what it computes, and how large its output is (which tells
// the cache that it comes to rest in).
type class struct {
	Op      space.Op `json:"op"`
	Grouped bool     `json:"grouped"` // convolution of several groups
	Size    int      `json:"size"`    // half the bits of the number of output elements: steps of a factor 4
}

func classOf(l space.Layer) class {
	return class{l.Op, l.G > 1, bits.Len(uint(l.OutH()*l.OutW()*l.OutC)) / 2}
}

// aggregates are numbers of a whole plan for a latency correction.
type aggregates struct {
	plan    func(space.Arch) space.Plan
	table   Table
	inputs  Inputs
	classes []class // sorted
}

// findClasses returns the classes of the layers of these architectures, sorted.
func findClasses(plan func(space.Arch) space.Plan, archs []space.Arch) []class {
	seen := make(map[class]bool)
	for _, a := range archs {
		for _, s := range plan(a) {
			seen[classOf(s.Layer)] = true
		}
	}
	out := make([]class, 0, len(seen))
	for c := range seen {
		out = append(out, c)
	}
	slices.SortFunc(out, compareClasses)
	return out
}

func compareClasses(a, b class) int {
	grouped := func(c class) int {
		if c.Grouped {
			return 1
		}
		return 0
	}
	return cmp.Or(cmp.Compare(a.Op, b.Op), cmp.Compare(grouped(a), grouped(b)), cmp.Compare(a.Size, b.Size))
}

// of returns the aggregates of an architecture: logarithms of the sizes that
// are given, of steps and of peak activation bytes, the share of FLOPs in
// layers that the table lacks, and the share of the table's sum in each class.
// A model linear in the shares scales the table's times class by class.
func (g *aggregates) of(a space.Arch) []float64 {
	p := g.plan(a)
	out := append(g.inputs.logSizes(a), math.Log(float64(len(p))), math.Log(float64(p.PeakActivations())), 0)
	first := len(out)
	out = append(out, make([]float64, len(g.classes))...)
	var sum, lacking float64
	for _, s := range p {
		t, ok := g.table(s.Layer)
		if !ok {
			lacking += float64(s.Layer.FLOPs())
			continue
		}
		sum += t
		if k, found := slices.BinarySearchFunc(g.classes, classOf(s.Layer), compareClasses); found {
			out[first+k] += t
		}
	}
	out[first-1] = lacking / max(float64(p.FLOPs()), 1)
	if sum > 0 {
		for k := range g.classes {
			out[first+k] /= sum
		}
	}
	return out
}
