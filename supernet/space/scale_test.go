package space_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/espalier-nas/espalier/supernet/space"
	"github.com/espalier-nas/espalier/supernet/space/families"
	"github.com/espalier-nas/espalier/supernet/space/internal/chains"
	"github.com/espalier-nas/espalier/supernet/space/nb201"
)

// A scaled network is valid, keeps everything but widths, and grows with the
// factor; factor 1 changes nothing.
func TestScaledPlansAreValid(t *testing.T) {
	c := chains.Preset(t, "chain")
	rapid.Check(t, func(t *rapid.T) {
		a := c.Space().Random(chains.Rand(rapid.Uint64().Draw(t, "seed")))
		p := c.Plan(a)
		if same := p.Scale(1); !slices.EqualFunc(p, same, func(a, b space.Step) bool { return a.Layer == b.Layer && a.Weight == b.Weight }) {
			t.Fatalf("factor 1 changed\n%v to\n%v", p, same)
		}
		factor := rapid.Float64Range(0.1, 4).Draw(t, "factor")
		q := p.Scale(factor)
		if err := q.Validate(); err != nil {
			t.Fatalf("factor %v: %v", factor, err)
		}
		for i := range p {
			x, y := p[i].Layer, q[i].Layer
			if x.Op != y.Op || x.K != y.K || x.S != y.S || x.H != y.H || x.FanIn != y.FanIn || x.Depthwise() != y.Depthwise() {
				t.Fatalf("step %d is %v; want %v with other widths", i, y, x)
			}
		}
		if factor >= 1 && q.FLOPs() < p.FLOPs() || factor <= 1 && q.FLOPs() > p.FLOPs() {
			t.Fatalf("factor %v takes %d FLOPs to %d", factor, p.FLOPs(), q.FLOPs())
		}
		last, was := q[len(q)-1].Layer, p[len(p)-1].Layer
		if last.OutC != was.OutC {
			t.Fatalf("%d outputs; want %d classes", last.OutC, was.OutC)
		}
	})
}

// Networks of every ready-made space, and such of very few channels, can be scaled: those of
// cells end in a sum of convolutions, of which each has the classes as outputs.
func TestNetworksOfEverySpaceCanBeScaled(t *testing.T) {
	var all []space.Family
	for _, name := range families.Presets() {
		f, err := families.Open(name, space.Input{H: 32, W: 32, C: 3, Classes: 7})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, f)
	}
	thin, err := nb201.New(nb201.Config{Name: "thin", Channels: 1, Cells: 1}, space.Input{H: 8, W: 8, C: 1, Classes: 3})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range append(all, thin) {
		r := chains.Rand(1)
		for range 10 {
			p := f.Plan(f.Space().Random(r))
			for _, factor := range []float64{0.1, 1, 2.7} {
				q := p.Scale(factor)
				if err := q.Validate(); err != nil {
					t.Fatalf("%s, factor %v: %v", f.Space().Decisions()[0].Name, factor, err)
				}
				if was, now := p[len(p)-1].Layer.OutC, q[len(q)-1].Layer.OutC; was != now {
					t.Errorf("factor %v makes %d outputs of %d", factor, now, was)
				}
				if factor <= 1 && q.FLOPs() > p.FLOPs() || factor == 1 && q.FLOPs() != p.FLOPs() {
					t.Errorf("%s, factor %v: %d operations become %d", f.Space().Decisions()[0].Name, factor, p.FLOPs(), q.FLOPs())
				}
			}
		}
	}
}

func TestPlainHalvesDownToSevenPixels(t *testing.T) {
	signal, err := space.Plain(space.Input{H: 1, W: 64, C: 2, Classes: 3}, 8)
	if err != nil || signal.Validate() != nil {
		t.Fatal(err, signal.Validate())
	}
	halved := 0
	for _, s := range signal {
		halved += max(0, s.Layer.S-1)
		if s.Layer.Op == space.Conv && s.Layer.K != (space.Sides{H: 1, W: 3}) {
			t.Errorf("%v in a plain network of signals", s.Layer)
		}
	}
	if halved != 3 {
		t.Errorf("signals of 64 samples are halved %d times; want 3", halved)
	}
	for _, in := range []space.Input{{H: 1, W: 2, C: 1, Classes: 2}, {H: 2, W: 1, C: 1, Classes: 2}, {H: 1, W: 1, C: 1, Classes: 2}, {H: 2, W: 2, C: 1, Classes: 2}} {
		if p, err := space.Plain(in, 8); err != nil || p.Validate() != nil {
			t.Errorf("%+v: %v, %v; want a plain network of pictures of any size", in, err, p.Validate())
		}
	}
	for side, want := range map[int]int{8: 0, 14: 1, 28: 2, 32: 2, 64: 3, 224: 5} {
		in := space.Input{H: side, W: side, C: 3, Classes: 10}
		p, err := space.Plain(in, 16)
		if err != nil {
			t.Fatal(err)
		}
		halved, convs := 0, 0
		for _, s := range p {
			if s.Layer.Op == space.Conv {
				convs++
				halved += s.Layer.S - 1
				if s.Layer.OutC != 16 || s.Layer.K != space.Square(3) {
					t.Errorf("%d pixels: %v in a plain network of width 16", side, s.Layer)
				}
			}
		}
		if halved != want || convs != 7 || p[len(p)-1].Layer.OutC != 10 {
			t.Errorf("%d pixels: %d convolutions, %d halvings; want 7 and %d", side, convs, halved, want)
		}
	}
}

// A plain network says where an auxiliary head reads, of any width: rivals get what finalists
// of cells get.
func TestPlainHasAnAuxiliaryPlace(t *testing.T) {
	p, err := space.Plain(space.Input{H: 28, W: 28, C: 1, Classes: 10}, 16)
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range []space.Plan{p, p.Scale(0.5), p.Scale(3)} {
		if _, err := q.WithAuxiliary(); err != nil {
			t.Error(err)
		}
		for _, s := range q {
			if s.Auxiliary != (s.Weight == "layer4/conv3x3") {
				t.Errorf("%v: marked is %t; want the fourth of six layers", s.Layer, s.Auxiliary)
			}
		}
	}
}
