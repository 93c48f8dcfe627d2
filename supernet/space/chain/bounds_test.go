package chain_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/espalier-nas/espalier/supernet/space/internal/chains"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/espalier-nas/espalier/supernet/space"
	"github.com/espalier-nas/espalier/supernet/space/chain"
)

// TestMinIsTheCheapest compares with every network of small spaces.
func TestMinIsTheCheapest(t *testing.T) {
	checked := 0
	rapid.Check(t, func(t *rapid.T) {
		ch := chains.Draw(t, 4)
		s := ch.Space()
		if s.Size() > 2000 {
			t.Skip("too large")
		}
		checked++
		var best space.Arch
		var flops int64
		for a := range s.Enumerate {
			if f := ch.Plan(a).FLOPs(); best.Len() == 0 || f < flops {
				best, flops = a, f
			}
		}
		if got := ch.Extremes().Smallest; got != best {
			t.Fatalf("Min is %s with %d FLOPs; cheapest is %s with %d", s.Format(got), ch.Plan(got).FLOPs(), s.Format(best), flops)
		}
	})
	if checked < 20 {
		t.Errorf("only %d spaces were small enough to check", checked)
	}
}

// Where both read a shared weight, the narrow network reads a part of what the largest reads.
func TestNarrowIsInsideLargest(t *testing.T) {
	ch := chains.New(t, chain.Config{
		Stem: 4, Layers: 2, Ops: []string{"conv1x5", "conv3x3", "conv5x1", "conv1x3", "conv3x3d2"}, Widths: []int{4, 8}, ElasticKernel: true,
		Overrides: []chain.Override{{Layer: 2, Ops: []string{"sep1x5", "sep7x1", "sep3x1"}}},
	})
	for _, w := range ch.Weights() {
		if want := (space.Sides{H: 5, W: 5}); w.Name == "layer1/conv" && w.K != want {
			t.Errorf("%+v; want %v, the least that contains all kernels", w, want)
		}
	}
	read := make(map[string]space.Layer)
	for _, s := range ch.Plan(ch.Extremes().Largest) {
		read[s.Weight] = s.Layer
	}
	for _, s := range ch.Plan(ch.Extremes().Narrow) {
		l, within := read[s.Weight], s.Layer
		if s.Weight != "" && (!within.K.Within(l.K) || within.OutC > l.OutC || within.InC > l.InC) {
			t.Errorf("%v is outside %v", within, l)
		}
	}
	if got, want := ch.Space().Format(ch.Extremes().Narrow), "conv1x3:4 sep3x1:4"; got != want {
		t.Errorf("the narrow network is %s; want %s", got, want)
	}
}

func TestMaxIsAnArchitecture(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ch := chains.Draw(t, 6)
		if err := ch.Space().Valid(ch.Extremes().Largest); err != nil {
			t.Fatal(err)
		}
	})
}

func TestBoundsOfPresets(t *testing.T) {
	cases := map[string][3]string{
		"basic": {
			"maxpool3x3:16 maxpool3x3:16 maxpool3x3:16 maxpool3x3:16 maxpool3x3:16 maxpool3x3:16",
			"conv3x3:16 conv3x3:16 conv3x3:16 conv3x3:16 conv3x3:16 conv3x3:16",
			"conv5x5:64 conv5x5:64+0 conv5x5:64+0,1 conv5x5:64+0,1,2 conv5x5:64+0,1,2,3 conv5x5:64+0,1,2,3,4",
		},
		"chain": {
			"identity identity identity identity identity identity",
			"conv3x3:16 conv3x3:16 conv3x3:16 conv3x3:24 conv3x3:24 conv3x3:24",
			"conv3x3:48 conv3x3:48+0 conv3x3:48+0,1 conv5x5:64+0,1,2 conv5x5:64+0,1,2,3 conv5x5:64+0,1,2,3,4",
		},
	}
	for name, want := range cases {
		ch := chains.Preset(t, name)
		if got := ch.Space().Format(ch.Extremes().Smallest); got != want[0] {
			t.Errorf("%s: Min is %s", name, got)
		}
		if got := ch.Space().Format(ch.Extremes().Narrow); got != want[1] {
			t.Errorf("%s: Narrow is %s", name, got)
		}
		if got := ch.Space().Format(ch.Extremes().Largest); got != want[2] {
			t.Errorf("%s: Max is %s", name, got)
		}
		r := chains.Rand(2)
		lo, hi := ch.Plan(ch.Extremes().Smallest).FLOPs(), ch.Plan(ch.Extremes().Largest).FLOPs()
		for range 500 {
			a := ch.Space().Random(r)
			if f := ch.Plan(a).FLOPs(); f < lo || f > hi {
				t.Errorf("%s: %s has %d FLOPs, outside %d to %d", name, ch.Space().Format(a), f, lo, hi)
			}
		}
	}
}

// Uniform networks are architectures, the first is the narrow one, and each is wider than
// the one before it.
func TestUniformNetworks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ch := chains.Draw(t, 6)
		all := ch.Extremes().Uniform
		if len(all) == 0 || all[0] != ch.Extremes().Narrow {
			t.Fatalf("%d uniform networks; want the narrow one first", len(all))
		}
		for i, a := range all {
			if err := ch.Space().Valid(a); err != nil {
				t.Fatal(err)
			}
			if i > 0 && ch.Plan(a).FLOPs() <= ch.Plan(all[i-1]).FLOPs() {
				t.Fatalf("%s is no wider than %s", ch.Space().Format(a), ch.Space().Format(all[i-1]))
			}
		}
	})
	ch := chains.Preset(t, "chain")
	var got []string
	for _, a := range ch.Extremes().Uniform {
		got = append(got, ch.Space().Format(a))
	}
	if d := cmp.Diff([]string{
		"conv3x3:16 conv3x3:16 conv3x3:16 conv3x3:24 conv3x3:24 conv3x3:24",
		"conv3x3:24 conv3x3:24 conv3x3:24 conv3x3:24 conv3x3:24 conv3x3:24",
		"conv3x3:32 conv3x3:32 conv3x3:32 conv3x3:32 conv3x3:32 conv3x3:32",
		"conv3x3:48 conv3x3:48 conv3x3:48 conv3x3:48 conv3x3:48 conv3x3:48",
		"conv3x3:48 conv3x3:48 conv3x3:48 conv3x3:64 conv3x3:64 conv3x3:64",
	}, got); d != "" {
		t.Errorf("uniform networks (-want +got):\n%s", d)
	}
}

func TestDescribe(t *testing.T) {
	ch := chains.New(t, chain.Config{Stem: 4, Layers: 2, Ops: []string{"conv3x3", "identity"}, Widths: []int{4, 8}, Skips: true})
	text := space.Describe(ch)
	for _, want := range []string{
		ch.Space().ID(), "size       18 architectures", "layer2/op conv3x3|identity", "skips from 0",
		"smallest   identity identity", "largest    conv3x3:8 conv3x3:8+0",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
}

// TestSharedByGoroutines is for the race detector: spaces and families are
// read by many at once.
func TestSharedByGoroutines(t *testing.T) {
	ch := chains.New(t, chain.Config{
		Stem: 4, Layers: 4, Ops: []string{"conv3x3", "maxpool3x3"}, Widths: []int{4, 8}, Skips: true,
		Forbid: []string{"pool pool", "conv conv"}, Overrides: []chain.Override{{Layer: 4, Ops: []string{"conv3x3"}}},
	})
	var wait sync.WaitGroup
	for seed := range 4 {
		wait.Go(func() {
			r := chains.Rand(uint64(seed))
			for range 50 {
				a := ch.Space().Mutate(r, ch.Space().Random(r), 0.2)
				ch.Plan(a).FLOPs()
				if _, err := ch.Space().Parse(ch.Space().Format(a)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
}

func BenchmarkPlan(b *testing.B) {
	ch := chains.Preset(b, "chain")
	a := ch.Space().Random(chains.Rand(1))
	b.ReportAllocs()
	for b.Loop() {
		ch.Plan(a)
	}
}

func BenchmarkNewChain(b *testing.B) {
	c := chains.Config(b, "chain")
	for b.Loop() {
		if _, err := chain.New(c, chains.Pictures); err != nil {
			b.Fatal(err)
		}
	}
}
