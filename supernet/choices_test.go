package supernet

import (
	"reflect"
	"slices"
	"testing"

	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/supernet/space"
	"github.com/espalier-nas/espalier/supernet/space/families"
)

// What is chosen is computed, in every decision: in each ready-made space, a network
// that differs from a random one in one choice has another plan and says something else of
// the same pictures, or has the same plan and says the same, bit for bit. (In the published
// code of ENAS branches are bound late: whatever is chosen, the last one seems to be
// computed.)
func TestEveryChoiceIsComputed(t *testing.T) {
	e := exec(t, 1)
	for _, name := range families.Presets() {
		if name == "ofa-224" {
			continue // ofa has its decisions
		}
		preset, err := families.Preset(name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := preset.Open(space.Input{H: 32, W: 32, C: 1, Classes: 4})
		if err != nil {
			t.Fatal(err)
		}
		n := New(f, 5)
		r := newRand(8)
		for _, p := range n.params {
			if p.Layout == ops.VectorLayout { // no norm is 0 or 1, as some are at first
				for i := range p.Data {
					p.Data[i] += float32(0.3 * r.NormFloat64())
				}
			}
		}
		x := noise(2 * 32 * 32)
		logits := func(a space.Arch) []float32 {
			e.Begin(true)
			return slices.Clone(n.Subnet(a).Forward(e, new(Pass), e.Input(2, 32, 32, 1, x), nil).Data)
		}
		s := f.Space()
		a := s.Random(r)
		plan, said := f.Plan(a), logits(a)
		tried, differ := 0, 0
		for i, d := range s.Decisions() {
			if !s.Active(a.Genes(), i) {
				continue
			}
			others := r.Perm(len(d.Choices))
			for _, c := range others[:1] {
				genes := slices.Clone(a.Genes())
				genes[i] = uint8(c)
				b := space.NewArch(genes)
				if c == a.Gene(i) || s.Valid(b) != nil {
					continue
				}
				tried++
				samePlan, sameLogits := reflect.DeepEqual(plan, f.Plan(b)), slices.Equal(said, logits(b))
				if samePlan != sameLogits {
					t.Errorf("%s: %s with %s %s instead of %s: same plan %t, same logits %t", name, s.Format(a), d.Name, d.Choices[c], d.Choices[a.Gene(i)], samePlan, sameLogits)
				}
				if !sameLogits {
					differ++
				}
			}
		}
		if tried < 3 || differ < tried/2 {
			t.Errorf("%s: %d of %d neighbours of %s compute something else; want most", name, differ, tried, s.Format(a))
		}
	}
}
