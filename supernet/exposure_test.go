package supernet

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/espalier-nas/espalier/supernet/space"
)

// recorded notes what a sampler draws for a trainer.
type recorded struct {
	Sampler
	all []Sample
}

func (c *recorded) Sample(step int, r *rand.Rand, dst []Sample) []Sample {
	n := len(dst)
	dst = c.Sampler.Sample(step, r, dst)
	c.all = append(c.all, dst[n:]...)
	return dst
}

// Exposure counts exactly the choices of the subnets that a trainer trains.
func TestExposureCountsWhatIsTrained(t *testing.T) {
	c := smallChain(t)
	o := trainOptions
	o.Steps = 7
	seen := &recorded{Sampler: sampler(t, "sandwich", c)}
	tr := trainer(t, exec(t, 1), c, seen, o)
	run(t, tr, o.Steps)
	counts := Exposure(c.Space(), sampler(t, "sandwich", c), o)
	for i, d := range c.Space().Decisions() {
		want := make([]int, len(d.Choices))
		for _, l := range seen.all {
			if c.Space().Active(l.Arch.Genes(), i) {
				want[l.Arch.Gene(i)]++
			}
		}
		for k := range want {
			if counts[i][k] != want[k] {
				t.Errorf("%s %s: %d; want %d", d.Name, d.Choices[k], counts[i][k], want[k])
			}
		}
	}
}

// Stratified draws spread over sizes more evenly than uniform ones: the fullest
// of five strata holds a smaller share.
func TestStratifiedDrawsSpreadOverSizes(t *testing.T) {
	c := smallChain(t)
	flops := func(a space.Arch) int64 { return c.Plan(a).FLOPs() }
	o := SamplerOptions{Narrow: c.Extremes().Narrow, Max: c.Extremes().Largest, Random: 1}
	share := func(o SamplerOptions) float64 {
		s, err := NewSampler("sandwich", c.Space(), o)
		if err != nil {
			t.Fatal(err)
		}
		low, high := math.Log(float64(flops(c.Extremes().Narrow))), math.Log(float64(flops(c.Extremes().Largest)))
		var counts [5]float64
		const n = 2000
		for step := range n {
			a := s.Sample(step, newRand(uint64(step)), nil)[2].Arch
			at := (math.Log(float64(flops(a))) - low) / (high - low)
			counts[max(0, min(4, int(5*at)))]++
		}
		most := 0.0
		for _, k := range counts {
			most = max(most, k/n)
		}
		return most
	}
	uniform := share(o)
	o.Stratify, o.FLOPs = true, flops
	if even := share(o); even > uniform-0.05 {
		t.Errorf("the fullest stratum holds %.2f of the stratified draws, %.2f of uniform ones; want clearly less", even, uniform)
	}
}
