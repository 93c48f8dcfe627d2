package latency

import (
	"cmp"
	"slices"
	"time"

	"github.com/espalier-nas/espalier/internal/stream"
	"github.com/espalier-nas/espalier/supernet/space"
)

// layers returns nearly every layer of the space: those of the extremes, then
// the others, the most frequent in random architectures first. It stops looking
// at a time, if that is not zero.
func (l *Model) layers(seed uint64, until time.Time) []space.Layer {
	rng := stream.New(seed, "layers")
	var c layerCount
	c.add(l.family.Plan(l.family.Extremes().Smallest))
	c.add(l.family.Plan(l.family.Extremes().Largest))
	first := len(c.list)
	for quiet, draws := 0, 0; quiet < quietDraws && draws < maxDraws; draws++ {
		if draws%16 == 0 && !until.IsZero() && l.now().After(until) {
			break
		}
		quiet++
		if c.add(l.family.Plan(l.family.Space().Random(rng))) {
			quiet = 0
		}
	}
	slices.SortStableFunc(c.list[first:], func(a, b space.Layer) int { return cmp.Compare(c.times[b], c.times[a]) })
	return c.list
}

// layerCount counts how often layers occur.
type layerCount struct {
	times map[space.Layer]int
	list  []space.Layer // in the order of their first occurrence
}

// add counts the layers of a plan and reports whether one is new.
func (c *layerCount) add(p space.Plan) bool {
	if c.times == nil {
		c.times = make(map[space.Layer]int)
	}
	before := len(c.list)
	for _, s := range p {
		if c.times[s.Layer] == 0 {
			c.list = append(c.list, s.Layer)
		}
		c.times[s.Layer]++
	}
	return len(c.list) > before
}

// draw returns up to n different architectures: the extremes, random ones, and
// random ones crossed with an extreme, since a search also looks where random
// architectures are rare.
func (l *Model) draw(n int, seed uint64) []space.Arch {
	rng := stream.New(seed, "timed networks")
	ends := []space.Arch{l.family.Extremes().Smallest, l.family.Extremes().Largest}
	archs := slices.Clone(ends)
	seen := map[space.Arch]bool{ends[0]: true, ends[1]: true}
	for try := 0; len(archs) < n && try < 20*n; try++ {
		a := l.family.Space().Random(rng)
		for range try % 3 {
			a = l.family.Space().Cross(rng, a, ends[try/3%2])
		}
		if !seen[a] {
			seen[a] = true
			archs = append(archs, a)
		}
	}
	return archs
}
