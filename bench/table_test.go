package bench

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/espalier-nas/espalier/supernet/space"
	"github.com/espalier-nas/espalier/supernet/space/families"
)

// checker is a device that runs nothing, but wants plans that can be run.
type checker struct {
	t    *testing.T
	last []space.Layer
}

func (*checker) Name() string { return "checker" }

func (c *checker) Time(_ context.Context, p space.Plan, e Effort) (Sample, error) {
	if err := p.Validate(); err != nil {
		c.t.Error(err)
	}
	c.last = append(c.last, p[len(p)-1].Layer)
	return Sample{Median: 1, Best: 1, Low: 1, High: 1, Rounds: e.Rounds}, nil
}

// Every layer of every ready-made space can be timed by itself, and it is that layer that is
// timed.
func TestEveryLayerCanBeTimedAlone(t *testing.T) {
	ops := map[space.Op]bool{}
	for _, name := range families.Presets() {
		f, err := families.Open(name, space.Input{H: 28, W: 28, C: 1, Classes: 10})
		if err != nil {
			t.Fatal(err)
		}
		r := rand.New(rand.NewPCG(1, 1))
		archs := []space.Arch{f.Extremes().Largest, f.Extremes().Smallest}
		for range 200 {
			archs = append(archs, f.Space().Random(r))
		}
		var layers []space.Layer
		seen := map[space.Layer]bool{}
		for _, a := range archs {
			for _, s := range f.Plan(a) {
				if !seen[s.Layer] {
					seen[s.Layer] = true
					ops[s.Layer.Op] = true
					layers = append(layers, s.Layer)
				}
			}
		}
		c := &checker{t: t}
		if err := NewTable(c).Measure(t.Context(), layers); err != nil {
			t.Fatal(err)
		}
		timed := map[space.Layer]bool{}
		for _, l := range c.last {
			timed[l] = true
		}
		for _, l := range layers {
			if !timed[l] {
				t.Errorf("%s: %v was not timed", name, l)
			}
		}
	}
	for _, op := range space.Ops() {
		if !ops[op] {
			t.Errorf("no ready-made space has a layer of %v", op)
		}
	}
}
