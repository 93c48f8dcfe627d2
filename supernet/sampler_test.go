package supernet

import (
	"testing"

	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/supernet/space"
	"github.com/espalier-nas/espalier/supernet/space/chain"
)

// Strict fairness: within a step every op of every layer is used exactly once.
func TestFairUsesEveryOpOnce(t *testing.T) {
	c := smallChain(t)
	s := sampler(t, "fair", c)
	for step := range 50 {
		samples := s.Sample(step, newRand(uint64(step)), nil)
		if len(samples) != 7 {
			t.Fatalf("%d subnets; want one per op", len(samples))
		}
		for i, d := range c.Space().Decisions() {
			if d.Kind != space.KindOp {
				continue
			}
			used := map[int]int{}
			for _, l := range samples {
				used[l.Arch.Gene(i)]++
			}
			if len(used) != len(d.Choices) {
				t.Errorf("step %d, %s: ops used %v; want each once", step, d.Name, used)
			}
		}
		for _, l := range samples {
			if err := c.Space().Valid(l.Arch); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// With rules that forbid combinations every subnet stays valid and ops are
// used as evenly as the rules permit.
func TestFairObeysRules(t *testing.T) {
	config := smallChain(t).Config()
	config.Forbid = []string{"pool pool", "identity identity"}
	c, err := chain.New(config, space.Input{H: 9, W: 9, C: 2, Classes: 3})
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for step := range 200 {
		for _, l := range sampler(t, "fair", c).Sample(step, newRand(uint64(step)), nil) {
			if err := c.Space().Valid(l.Arch); err != nil {
				t.Fatal(err)
			}
			for i, d := range c.Space().Decisions() {
				if d.Kind == space.KindOp {
					counts[d.Name+" "+d.Choices[l.Arch.Gene(i)]]++
				}
			}
		}
	}
	for op, n := range counts {
		if n < 190 || n > 210 {
			t.Errorf("%s used %d times in 200 steps; want once a step, nearly always", op, n)
		}
	}
}

func TestSandwichTeachesFromTheLargest(t *testing.T) {
	c := smallChain(t)
	s := sampler(t, "sandwich", c)
	if l := s.Sample(0, newRand(1), nil); len(l) != 1 || l[0] != (Sample{Arch: c.Extremes().Largest}) {
		t.Errorf("first samples %v; want the largest alone", l)
	}
	l := s.Sample(1, newRand(1), nil)
	if len(l) != 4 || l[0] != (Sample{Arch: c.Extremes().Largest}) || l[1] != (Sample{Arch: c.Extremes().Narrow, Distill: true}) || !l[2].Distill || !l[3].Distill {
		t.Errorf("samples %v; want largest on labels, then narrow and two random ones, soft", l)
	}
}

// Whatever fits is drawn alone, where it is not too rare.
func TestSamplersDrawWhatFits(t *testing.T) {
	c := smallChain(t)
	fits := func(a space.Arch) bool { return a.Gene(0) != 0 }
	for _, name := range []string{"uniform", "sandwich"} {
		s, err := NewSampler(name, c.Space(), SamplerOptions{Narrow: c.Extremes().Narrow, Max: c.Extremes().Largest, Random: 3, Between: 0.3, Fits: fits})
		if err != nil {
			t.Fatal(err)
		}
		for step := range 200 {
			for _, l := range s.Sample(step, newRand(uint64(step)), nil) {
				if !fits(l.Arch) && l.Arch != c.Extremes().Narrow && l.Arch != c.Extremes().Largest {
					t.Fatalf("%s, step %d: %s does not fit", name, step, c.Space().Format(l.Arch))
				}
			}
		}
	}
}

func TestUnknownSamplerNamesTheKnownOnes(t *testing.T) {
	if _, err := NewSampler("x", nil, SamplerOptions{}); err == nil || err.Error() != `sampler "x" is unknown; want one of [uniform fair sandwich shrinking bestup worstup]` {
		t.Errorf("got %v", err)
	}
}

// Plans name activations as operations do: the two lists have one order.
func TestActivationsHaveOneOrder(t *testing.T) {
	for a := space.NoAct; a <= space.GELU; a++ {
		if got := ops.ActName(ops.Act(a)); got != a.String() {
			t.Errorf("activation %d is %q in plans and %q in ops", a, a, got)
		}
	}
}

// In stages of blocks, where no decision has ops to choose from, every kernel, depth and
// expansion of a decision that is made is used equally often in a step, up to one.
func TestFairSpreadsWhereOpsAreNoChoice(t *testing.T) {
	f := elastic(t, false)
	s, err := NewSampler("fair", f.Space(), SamplerOptions{})
	if err != nil {
		t.Fatal(err)
	}
	at, ok := f.Space().Index("stage1/block1/kernel")
	if !ok {
		t.Fatal("no such decision")
	}
	for step := range 20 {
		samples := s.Sample(step, newRand(uint64(step)), nil)
		if len(samples) != 3 {
			t.Fatalf("%d subnets; want one per kernel", len(samples))
		}
		seen := map[int]bool{}
		for _, m := range samples {
			seen[m.Arch.Gene(at)] = true
		}
		if len(seen) != 3 {
			t.Errorf("step %d: kernels %v of the first block; want all three", step, seen)
		}
	}
}

// What is said of samplers' first steps is so: those that begin alone train one subnet, the
// largest, for as many steps as they are told, and several later; the others take no notice.
func TestBeginsAlone(t *testing.T) {
	c := smallChain(t)
	for _, name := range Samplers() {
		s := sampler(t, name, c) // one step alone
		first, later := s.Sample(0, newRand(1), nil), s.Sample(1, newRand(1), nil)
		alone := len(first) == 1 && len(later) > 1 && first[0].Arch == c.Extremes().Largest
		if alone != BeginsAlone(name) || !alone && len(first) != len(later) {
			t.Errorf("%s: begins alone %t; it trains %d and then %d subnets", name, BeginsAlone(name), len(first), len(later))
		}
	}
}

// Samplers take the random subnets that they say they take at least, and no fewer.
func TestLeastRandom(t *testing.T) {
	c := smallChain(t)
	o := SamplerOptions{Narrow: c.Extremes().Narrow, Max: c.Extremes().Largest, FLOPs: func(a space.Arch) int64 { return c.Plan(a).FLOPs() }}
	for _, name := range Samplers() {
		least := LeastRandom(name)
		for _, o.Random = range []int{least - 1, least} {
			s, err := NewSampler(name, c.Space(), o)
			if (err == nil) != (o.Random == least) {
				t.Fatalf("%s of %d random subnets: %v; want %d at least", name, o.Random, err, least)
			}
			if err == nil && len(s.Sample(5, newRand(1), nil)) == 0 {
				t.Errorf("%s of %d random subnets trains nothing", name, o.Random)
			}
		}
	}
}
