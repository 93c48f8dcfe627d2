package supernet

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/supernet/data"
	"github.com/espalier-nas/espalier/supernet/space"
)

// A step of attentive sampling is the slices of the sandwich and contests of three of about
// the same FLOPs, and before it the largest alone.
func TestContestsAreOfOneSize(t *testing.T) {
	c := smallChain(t)
	ends := c.Extremes()
	for name, sign := range map[string]int{"bestup": 1, "worstup": -1} {
		s := sampler(t, name, c)
		if first := s.Sample(0, newRand(1), nil); !slices.Equal(first, []Sample{{Arch: ends.Largest}}) {
			t.Errorf("%s: first samples %v; want the largest alone", name, first)
		}
		size := func(l Sample) float64 { return math.Log(float64(c.Plan(l.Arch).FLOPs())) }
		within, all := spread{}, spread{}
		for step := 1; step < 200; step++ {
			l := s.Sample(step, newRand(uint64(step)), nil)
			if len(l) != 2+2*contestants || l[0] != (Sample{Arch: ends.Largest}) || l[1] != (Sample{Arch: ends.Narrow, Distill: true}) {
				t.Fatalf("%s: samples %v; want the slices and two contests", name, l)
			}
			for i, m := range l[2:] {
				if m.Contest != sign*(1+i/contestants) || !m.Distill {
					t.Fatalf("%s: sample %d is %+v", name, 2+i, m)
				}
			}
			first := l[2 : 2+contestants]
			mean := 0.0
			for _, m := range first {
				mean += size(m) / contestants
			}
			for _, m := range first {
				within.add(size(m) - mean)
			}
			all.add(mean)
		}
		if w, a := within.deviation(), all.deviation(); w > 0.8*a { // 1.7 times, were they drawn without regard to size
			t.Errorf("%s: sizes vary by %.3f within a contest and by %.3f between them; want less than 0.8 of it", name, w, a)
		}
	}
}

type spread struct{ n, sum, squares float64 }

func (s *spread) add(v float64) { s.n, s.sum, s.squares = s.n+1, s.sum+v, s.squares+v*v }

func (s *spread) deviation() float64 {
	mean := s.sum / s.n
	return math.Sqrt(s.squares/s.n - mean*mean)
}

// contest is a sampler of the largest subnet and one contest.
type contest struct {
	largest space.Arch
	archs   []space.Arch
	number  int
}

func (c contest) Sample(_ int, _ *rand.Rand, dst []Sample) []Sample {
	dst = append(dst, Sample{Arch: c.largest})
	for _, a := range c.archs {
		dst = append(dst, Sample{Arch: a, Distill: true, Contest: c.number})
	}
	return dst
}

// Only the winner of a contest trains: that with the least loss on the batch, or the most.
// The weights become those of a training that was told the winner.
func TestContestsTrainTheirWinner(t *testing.T) {
	c := smallChain(t)
	d, r := c.Space().Drawer(), newRand(3)
	archs := []space.Arch{d.Random(r), d.Random(r), d.Random(r), d.Random(r)}
	largest := c.Extremes().Largest
	o := trainOptions
	o.Steps = 1
	tr := trainer(t, exec(t, 1), c, Single{largest}, o)
	batches := data.NewPrefetcher(tr.loader, prefetchDepth, 0)
	defer batches.Close()
	b := batches.Next()
	losses := make([]float64, len(archs))
	for i, a := range archs { // by the trainer's own forward pass, which the golden vectors prove
		tr.exec.Begin(true)
		logits := tr.views.of(a).Forward(tr.exec, &tr.pass, tr.exec.Input(b.N, b.H, b.W, b.C, b.X), nil)
		losses[i] = ops.CrossEntropy(tr.exec, logits, b.Labels, float32(o.Smoothing))
	}
	for number, winner := range map[int]int{1: slices.Index(losses, slices.Min(losses)), -1: slices.Index(losses, slices.Max(losses))} {
		competed := trainer(t, exec(t, 1), c, contest{largest, archs, number}, o)
		told := trainer(t, exec(t, 1), c, contest{largest, archs[winner : winner+1], 0}, o)
		run(t, competed, 1)
		run(t, told, 1)
		if competed.net.Hash() != told.net.Hash() {
			t.Errorf("contest %d of losses %.4f: the weights are not those of a training of number %d", number, losses, winner)
		}
	}
}
