package supernet

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/espalier-nas/espalier/supernet/space"
)

// Phase by phase decisions become free, kernels before depths before expansions; until then
// they are those of the largest subnet, which every step trains first, on the labels.
func TestShrinkingFreesKindByKind(t *testing.T) {
	f := elastic(t, true)
	largest := f.Extremes().Largest
	s, err := NewSampler("shrinking", f.Space(), SamplerOptions{Max: largest, Random: 3, Alone: 10, Steps: 40})
	if err != nil {
		t.Fatal(err)
	}
	free := map[space.Kind]int{space.KindKernel: 10, space.KindDepth: 20, space.KindExpand: 30}
	seen := map[space.Kind]bool{}
	r := rand.New(rand.NewPCG(1, 1))
	for step := range 60 { // a sampler may be asked beyond its end
		samples := s.Sample(step, r, nil)
		if samples[0] != (Sample{Arch: largest}) {
			t.Fatalf("step %d begins with %v", step, samples[0])
		}
		want := 4
		if step < 10 {
			want = 1
		}
		if len(samples) != want {
			t.Fatalf("step %d: %d subnets; want %d", step, len(samples), want)
		}
		for _, l := range samples[1:] {
			if err := f.Space().Valid(l.Arch); err != nil || !l.Distill {
				t.Fatalf("step %d: soft %t, %v", step, l.Distill, err)
			}
			for i, d := range f.Space().Decisions() {
				if !f.Space().Active(l.Arch.Genes(), i) {
					continue
				}
				if other := l.Arch.Gene(i) != largest.Gene(i); other && step < free[d.Kind] {
					t.Fatalf("step %d: %s is %s", step, d.Name, d.Choices[l.Arch.Gene(i)])
				} else if other {
					seen[d.Kind] = true
				}
			}
		}
	}
	if len(seen) != 3 {
		t.Errorf("kinds that were varied: %v; want all three", seen)
	}
}

// In a space with rules, subnets of every phase are architectures.
func TestShrinkingKeepsRules(t *testing.T) {
	c := smallChain(t)
	s, err := NewSampler("shrinking", c.Space(), SamplerOptions{Max: c.Extremes().Largest, Random: 4, Steps: 30})
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(2, 1))
	var met []space.Arch
	for step := range 30 {
		for _, l := range s.Sample(step, r, nil) {
			if err := c.Space().Valid(l.Arch); err != nil {
				t.Fatal(err)
			}
			if !slices.Contains(met, l.Arch) {
				met = append(met, l.Arch)
			}
		}
	}
	if len(met) < 100 {
		t.Errorf("%d different subnets in 30 steps of 5", len(met))
	}
}

func TestShrinkingRefuses(t *testing.T) {
	c := smallChain(t)
	for _, o := range []SamplerOptions{{Random: 0}, {Random: 1, Alone: 5, Steps: 4}, {Random: 1, Alone: -1}} {
		o.Max = c.Extremes().Largest
		if _, err := NewSampler("shrinking", c.Space(), o); err == nil || !strings.Contains(err.Error(), "shrinking") {
			t.Errorf("%+v: %v", o, err)
		}
	}
}
