package controller

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/espalier-nas/espalier/supernet/space"
)

// costsOf returns costs of which none says what the others do: each is a sum of terms of the
// decisions, some that rise with the choice and some that fall.
func costsOf(s *space.Space) func(space.Arch) (Cost, error) {
	return func(a space.Arch) (Cost, error) {
		sum := func(k int) (n float64) {
			for i := range a.Len() {
				n += 10 + 10*math.Sin(float64(k*i+k))*float64(a.Gene(i))
			}
			return n + 100
		}
		return Cost{
			Latency: sum(1) * 1e-3, FLOPs: int64(sum(2)), Params: int64(sum(3)), Memory: int64(sum(4)), Size: int64(sum(5)),
			Elsewhere: []DeviceLatency{{"phone", sum(6) * 1e-3}},
		}, nil
	}
}

// TestFeasibleIsFound: in a small space limits are met exactly where some architecture
// meets them, whatever the pair of them.
func TestFeasibleIsFound(t *testing.T) {
	s := testSpace(t, 2)
	cost := costsOf(s)
	var all []Cost
	for a := range s.Enumerate {
		c, _ := cost(a)
		all = append(all, c)
	}
	met := map[bool]int{}
	for i := 0; i < len(all); i += 3 {
		b, c := all[i], all[(i*7+3)%len(all)]
		for _, l := range []Limits{
			{Latency: b.Latency, Memory: c.Memory}, {Size: b.Size, Elsewhere: c.Elsewhere}, {FLOPs: b.FLOPs, Params: c.Params, Memory: b.Memory, Size: c.Size},
		} {
			want := false
			for _, x := range all {
				want = want || l.Excess(x) == 0
			}
			met[want]++
			a, err := FindFeasible(t.Context(), Problem{Space: s, Cost: cost, Limits: l}, nil, 1)
			switch {
			case want && err != nil:
				t.Fatalf("%s: %v; want one that meets them", l, err)
			case !want && !errors.Is(err, ErrInfeasible):
				t.Fatalf("%s: error %v; none meets them", l, err)
			case want:
				if got, _ := cost(a); l.Excess(got) > 0 {
					t.Fatalf("%s: %s breaks them: %s", l, s.Format(a), l.Broken(got))
				}
			}
		}
	}
	if met[true] == 0 || met[false] == 0 {
		t.Errorf("limits that are met and that are not: %v; want both", met)
	}
}

// TestFeasibleCorner: in a large space a corner is found that random architectures
// hardly ever lie in.
func TestFeasibleCorner(t *testing.T) {
	s := testSpace(t, 7)
	cost := costsOf(s)
	rng := rand.New(rand.NewPCG(1, 2))
	weigh := func(c Cost) float64 { return c.Latency + 1e-3*float64(c.Memory+c.Size) + c.Elsewhere[0].Latency }
	a := s.Random(rng)
	corner, _ := cost(a)
	for range 3000 { // lower and lower: what it costs in the end can be met
		b := s.Mutate(rng, a, 0.1)
		if c, _ := cost(b); weigh(c) < weigh(corner) {
			a, corner = b, c
		}
	}
	more := func(n int64) int64 { return n + n/50 }
	l := Limits{Latency: 1.02 * corner.Latency, Memory: more(corner.Memory), Size: more(corner.Size), Elsewhere: []DeviceLatency{{"phone", 1.02 * corner.Elsewhere[0].Latency}}}
	for i := range uint64(2000) {
		if c, _ := cost(s.Random(rand.New(rand.NewPCG(i, 3)))); l.Excess(c) == 0 {
			t.Fatalf("random architecture %d meets the limits; want them harder", i)
		}
	}
	for seed := range uint64(5) {
		var err error
		if a, err = FindFeasible(t.Context(), Problem{Space: s, Cost: cost, Limits: l}, nil, seed); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
	}
	if c, _ := cost(a); l.Excess(c) > 0 {
		t.Errorf("%s breaks %s", s.Format(a), l.Broken(c))
	}
	if first, err := FindFeasible(t.Context(), Problem{Space: s, Cost: cost, Limits: l}, []space.Arch{a}, 2); err != nil || first != a {
		t.Errorf("%v, %v; want the first of those to begin with that is within the limits", first, err)
	}
}

// TestInfeasibleIsTold: the error says which limits cannot be met even alone, or that they
// cannot be met together; in large spaces too, in a bounded number of looks.
func TestInfeasibleIsTold(t *testing.T) {
	for _, layers := range []int{2, 4} {
		s := testSpace(t, layers)
		looks := 0
		p := Problem{Space: s, Cost: func(a space.Arch) (Cost, error) {
			looks++
			ones := 0
			for i := range a.Len() {
				ones += min(a.Gene(i), 1)
			}
			return Cost{FLOPs: int64(100 + ones), Memory: int64(500 - ones), Elsewhere: []DeviceLatency{{"phone", 1}}}, nil
		}}
		for _, c := range []struct {
			limits Limits
			want   []string
		}{
			{Limits{FLOPs: 101, Memory: 499}, nil},
			{Limits{FLOPs: 50}, []string{"100 FLOPs above 50", "the least that any has is 100 FLOPs (the same network)"}},
			{Limits{FLOPs: 101, Memory: 497}, []string{"each limit alone can be met, not all together", "bytes of memory"}},
			{Limits{FLOPs: 101, Elsewhere: []DeviceLatency{{"phone", 0.5}}}, []string{"latency 1000 ms on phone above 500 ms", "the least that any has is latency 1000 ms on phone"}},
		} {
			looks = 0
			_, err := FindFeasible(t.Context(), Problem{Space: p.Space, Cost: p.Cost, Limits: c.limits}, nil, 3)
			if looks > mostLooked {
				t.Errorf("%d layers, %s: %d looks; want at most %d", layers, c.limits, looks, mostLooked)
			}
			if (err == nil) != (c.want == nil) {
				t.Errorf("%d layers, %s: error %v", layers, c.limits, err)
			}
			for _, part := range c.want {
				if err != nil && !strings.Contains(err.Error(), part) {
					t.Errorf("%d layers: %v; want %q", layers, err, part)
				}
			}
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s := testSpace(t, 2)
	if _, err := FindFeasible(ctx, Problem{Space: s, Cost: costsOf(s), Limits: Limits{FLOPs: 1}}, nil, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
