package space_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/espalier-nas/espalier/supernet/space"
	"github.com/espalier-nas/espalier/supernet/space/chain"
	"github.com/espalier-nas/espalier/supernet/space/internal/chains"
)

func TestTextRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := chains.Draw(t, 6).Space()
		a := s.Random(chains.DrawRand(t))
		text := s.Format(a)
		b, err := s.Parse(text)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if a != b {
			t.Fatalf("%q reads back as %q", text, s.Format(b))
		}
	})
}

func TestTextIsUnambiguous(t *testing.T) {
	for _, s := range []*space.Space{
		paritySpace(t, 6),
		chains.New(t, chain.Config{Stem: 4, Layers: 3, Ops: []string{"conv1x1", "identity"}, Widths: []int{4, 8}, Skips: true, Activations: []string{"relu", "none"}}).Space(),
	} {
		seen := map[string]bool{}
		for a := range s.Enumerate {
			text := s.Format(a)
			if seen[text] {
				t.Fatalf("%q stands for two architectures", text)
			}
			seen[text] = true
			if b, err := s.Parse(text); err != nil || a != b {
				t.Fatalf("%q: %v", text, err)
			}
		}
	}
}

func TestTextForm(t *testing.T) {
	c := chain.Config{
		Stem: 8, Layers: 4, Ops: []string{"conv3x3", "sep5x5", "maxpool3x3", "identity"}, Widths: []int{16, 32}, Skips: true,
		Activations: []string{"relu", "hardswish"}, Forbid: []string{"pool pool"},
	}
	s := chains.New(t, c).Space()
	for _, text := range []string{
		"conv3x3:32:relu sep5x5:16:hardswish+0 identity maxpool3x3:32:relu+0,2",
		"identity identity identity identity",
		"conv3x3:16:relu identity+0:x identity identity",
	} {
		a, err := s.Parse(text)
		if strings.Contains(text, ":x") {
			if err == nil {
				t.Errorf("%q accepted", text)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q: %v", text, err)
		} else if got := s.Format(a); got != text {
			t.Errorf("%q reads back as %q", text, got)
		}
	}
	if got := paritySpace(t, 4); got.Format(space.NewArch([]uint8{1, 0, 0, 0})) != "b a - -" {
		t.Errorf("decisions that are not made: %q", got.Format(space.NewArch([]uint8{1, 0, 0, 0})))
	}
}

func TestParseErrorsNameTheFault(t *testing.T) {
	s := chains.New(t, chain.Config{
		Stem: 8, Layers: 3, Ops: []string{"conv3x3", "maxpool3x3", "identity"}, Widths: []int{16, 32}, Skips: true, Forbid: []string{"pool pool"},
	}).Space()
	cases := []struct{ text, want string }{
		{"", "0 words; want 3"},
		{"conv3x3:16 conv3x3:16", "2 words; want 3"},
		{"conv9x9:16 conv3x3:16 conv3x3:16", `layer1/op is "conv9x9"; want one of [conv3x3 maxpool3x3 identity]`},
		{"conv3x3:17 conv3x3:16 conv3x3:16", `layer1/width is "17"; want one of [16 32]`},
		{"conv3x3 conv3x3:16 conv3x3:16", "layer1/width is missing"},
		{"conv3x3:16:16 conv3x3:16 conv3x3:16", `"16" follows the last decision`},
		{"identity:16 conv3x3:16 conv3x3:16", `"16" follows the last decision`},
		{"conv3x3:16+0 conv3x3:16 conv3x3:16", "no skip from 0"},
		{"conv3x3:16 conv3x3:16+1 conv3x3:16", "no skip from 1"},
		{"conv3x3:16 conv3x3:16 conv3x3:16+0,0", "given twice"},
		{"conv3x3:16 conv3x3:16 conv3x3:16+", `skip source ""`},
		{"conv3x3:16 conv3x3:16 conv3x3:16+00", `skip source "00"`},
		{"conv3x3:16 conv3x3:16 conv3x3:16+0,9", "no skip from 9"},
		{"identity conv3x3:16 conv3x3:16+1", "no skip from 1"},
		{"maxpool3x3:16 maxpool3x3:16 conv3x3:16", `layer2/op: "maxpool3x3" is not allowed here; want one of [conv3x3 identity]`},
	}
	for _, c := range cases {
		_, err := s.Parse(c.text)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: got %v; want %q", c.text, err, c.want)
		}
	}
	if _, err := s.Parse(strings.Repeat("x", 10_000)); err == nil || len(err.Error()) > 400 {
		t.Error("an endless word fills the message")
	}
}

func FuzzParse(f *testing.F) {
	s := chains.New(f, chain.Config{
		Stem: 8, Layers: 3, Ops: []string{"conv3x3", "maxpool3x3", "identity"}, Widths: []int{16, 32}, Skips: true,
		Activations: []string{"relu", "gelu"}, Forbid: []string{"pool pool"},
	}).Space()
	f.Add("conv3x3:16:relu identity+0 maxpool3x3:32:gelu+0")
	f.Add("- + ::: +0,1")
	f.Fuzz(func(t *testing.T, text string) {
		a, err := s.Parse(text)
		if err != nil {
			return
		}
		if err := s.Valid(a); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if b, err := s.Parse(s.Format(a)); err != nil || a != b {
			t.Fatalf("%q: %v", s.Format(a), err)
		}
	})
}

func TestFeatures(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := chains.Draw(t, 5).Space()
		r := chains.DrawRand(t)
		a, b := s.Random(r), s.Random(r)
		x, y := s.Features(a), s.Features(b)
		names := s.FeatureNames()
		if len(x) != len(names) {
			t.Fatalf("%d features, %d names", len(x), len(names))
		}
		genes, at := a.Genes(), 0
		equal := true
		for i, d := range s.Decisions() {
			for c, choice := range d.Choices {
				want := 0.0
				if s.Active(genes, i) && int(genes[i]) == c {
					want = 1
				}
				if x[at] != want || names[at] != d.Name+"="+choice {
					t.Fatalf("feature %s is %g; want %g", names[at], x[at], want)
				}
				equal = equal && x[at] == y[at]
				at++
			}
		}
		if equal != (a == b) {
			t.Fatalf("features equal: %t, architectures equal: %t", equal, a == b)
		}
	})
}
