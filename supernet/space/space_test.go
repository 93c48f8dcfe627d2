package space_test

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/espalier-nas/espalier/supernet/space"
	"github.com/espalier-nas/espalier/supernet/space/chain"
	"github.com/espalier-nas/espalier/supernet/space/internal/chains"
)

func TestNewSpaceRefusesBadDecisions(t *testing.T) {
	ok := space.Decision{Name: "a", Kind: space.KindOp, Choices: []string{"x", "y"}}
	skip := func(name string, choices ...string) space.Decision {
		return space.Decision{Name: name, Kind: space.KindSkip, From: -1, Choices: choices}
	}
	cases := []struct {
		name string
		ds   []space.Decision
		want string
	}{
		{"none", nil, "at least one"},
		{"no name", []space.Decision{{Choices: []string{"x"}}}, "decision name"},
		{"space in name", []space.Decision{{Name: "a b", Choices: []string{"x"}}}, "decision name"},
		{"no choice", []space.Decision{{Name: "a"}}, "want 1 to 255"},
		{"empty choice", []space.Decision{{Name: "a", Choices: []string{""}}}, "choice \"\""},
		{"reserved choice", []space.Decision{{Name: "a", Choices: []string{"x+y"}}}, "x+y"},
		{"placeholder", []space.Decision{{Name: "a", Choices: []string{"-"}}}, "not \"-\""},
		{"choice twice", []space.Decision{{Name: "a", Choices: []string{"x", "x"}}}, "offers \"x\" twice"},
		{"name twice", []space.Decision{ok, ok}, "both named \"a\""},
		{"skip choices", []space.Decision{skip("s", "yes", "no")}, "want [no yes]"},
		{"skip twice", []space.Decision{skip("s", "no", "yes"), skip("r", "no", "yes")}, "same skip"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s, err := space.NewSpace(c.ds, nil)
			if s != nil || err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v, %v; want an error with %q", s, err, c.want)
			}
		})
	}
}

type forgetful struct{}

func (forgetful) Allowed([]uint8, int, int) bool { return true }

func TestNewSpaceRefusesToTellEverythingApart(t *testing.T) {
	var ds []space.Decision
	for _, name := range strings.Split("abcdefghijklmnopqrstuvwxyz", "") {
		ds = append(ds, space.Decision{Name: name, Choices: []string{"x", "y"}})
	}
	if _, err := space.NewSpace(ds, forgetful{}); err == nil || !strings.Contains(err.Error(), "Stater") || errors.Is(err, space.ErrNone) {
		t.Fatalf("got %v; want an error that asks for a Stater, not one of a space without architectures", err)
	}
	s, err := space.NewSpace(ds, nil)
	if err != nil || s.Size() != 1<<26 {
		t.Fatalf("without rules: %v, %v", s.Size(), err)
	}
}

// TestPrefixesNeverDeadEnd walks families at random: after any allowed choices
// the next decision has one.
func TestPrefixesNeverDeadEnd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ch := chains.Draw(t, 5)
		s := ch.Space()
		r := chains.DrawRand(t)
		var prefix []uint8
		for i, d := range s.Decisions() {
			opts := s.Options(nil, prefix)
			if s.Active(prefix, i) != (len(opts) > 0) {
				t.Fatalf("%s after %v: made %t, options %v", d.Name, prefix, s.Active(prefix, i), opts)
			}
			for c := range d.Choices {
				offered := false
				for _, o := range opts {
					offered = offered || int(o) == c
				}
				if s.Active(prefix, i) && s.Allowed(prefix, i, c) != offered {
					t.Fatalf("%s: Allowed and Options disagree on choice %d", d.Name, c)
				}
			}
			gene := uint8(0)
			if len(opts) > 0 {
				gene = opts[r.IntN(len(opts))]
			}
			prefix = append(prefix, gene)
		}
		if err := s.Valid(space.NewArch(prefix)); err != nil {
			t.Fatal(err)
		}
	})
}

func TestLookAheadAvoidsDeadEnds(t *testing.T) {
	c := chain.Config{
		Stem: 8, Layers: 3, Ops: []string{"conv3x3", "maxpool3x3"}, Widths: []int{8},
		Forbid:    []string{"pool pool", "conv pool pool", "conv conv"},
		Overrides: []chain.Override{{Layer: 3, Ops: []string{"maxpool3x3"}}},
	}
	s := chains.New(t, c).Space()
	// Layer 3 must pool, so layer 2 must be a convolution and layer 1 a pool.
	var all []string
	for a := range s.Enumerate {
		all = append(all, s.Format(a))
	}
	if len(all) != 1 || all[0] != "maxpool3x3:8 conv3x3:8 maxpool3x3:8" {
		t.Fatalf("got %q", all)
	}
	if s.Allowed(nil, 0, 0) {
		t.Error("layer 1 may start with a convolution, which no network continues")
	}
	c.Overrides = append(c.Overrides, chain.Override{Layer: 1, Ops: []string{"conv3x3"}})
	if _, err := chain.New(c, chains.Pictures); !errors.Is(err, space.ErrNone) || !strings.Contains(err.Error(), "forbid and at_most leave no network") || !strings.Contains(err.Error(), "layer") {
		t.Errorf("got %v; want an error that names the layer without a choice, and the rules", err)
	}
}

func TestRestrict(t *testing.T) {
	s := chains.Preset(t, "basic").Space()
	small, err := s.Restrict("layer2/op", "conv5x5", "maxpool3x3")
	if err != nil {
		t.Fatal(err)
	}
	r := chains.Rand(3)
	i, _ := s.Index("layer2/op")
	seen := map[int]bool{}
	for range 50 {
		a := small.Random(r)
		seen[a.Gene(i)] = true
		if err := s.Valid(a); err != nil {
			t.Fatal(err)
		}
	}
	if seen[0] || !seen[1] || !seen[2] {
		t.Errorf("layer 2 chose %v; want genes 1 and 2", seen)
	}
	if small.ID() == s.ID() {
		t.Error("a restricted space has the ID of the whole")
	}
	if _, err := small.Restrict("layer2/op", "conv3x3"); err == nil {
		t.Error("a choice that was removed came back")
	}
	if _, err := s.Restrict("layer9/op", "conv3x3"); err == nil {
		t.Error("unknown decision accepted")
	}
	if _, err := s.Restrict("layer1/op", "conv9x9"); err == nil {
		t.Error("unknown choice accepted")
	}
	if s.Size() <= small.Size() {
		t.Errorf("size %g restricted to %g", s.Size(), small.Size())
	}
}

func TestValidNamesTheDecision(t *testing.T) {
	s := chains.New(t, chain.Config{Stem: 8, Layers: 2, Ops: []string{"conv3x3", "maxpool3x3", "identity"}, Widths: []int{8, 16}, Forbid: []string{"pool pool"}}).Space()
	cases := []struct {
		genes []uint8
		want  string
	}{
		{[]uint8{0, 0, 0}, "3 genes; want 4"},
		{[]uint8{7, 0, 0, 0}, "layer1/op"},
		{[]uint8{0, 2, 0, 0}, "layer1/width"},
		{[]uint8{2, 1, 0, 0}, "layer1/width is not made"},
		{[]uint8{1, 0, 1, 0}, "layer2/op"},
	}
	for _, c := range cases {
		err := s.Valid(space.NewArch(c.genes))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: got %v; want %q", c.genes, err, c.want)
		}
	}
	if a, err := s.Canon([]uint8{2, 1, 0, 1}); err != nil || a != space.NewArch([]uint8{2, 0, 0, 1}) {
		t.Errorf("Canon: %v, %v", a, err)
	}
	if _, err := s.Canon([]uint8{1, 0, 1, 0}); err == nil {
		t.Error("Canon let a forbidden pair through")
	}
}

func TestIDTellsFamiliesApart(t *testing.T) {
	base := chain.Config{
		Name: "pinned", Stem: 16, Head: 64, Layers: 6, Ops: []string{"conv3x3", "sep5x5", "maxpool3x3", "identity"}, Widths: []int{16, 32},
		Skips: true, Activations: []string{"relu"}, Downsample: []int{2, 5}, Forbid: []string{"pool pool"},
	}
	const golden = "fad90e6b95c54b73"
	changes := map[string]func(*chain.Config){
		"same":       func(*chain.Config) {},
		"stem":       func(c *chain.Config) { c.Stem = 24 },
		"head":       func(c *chain.Config) { c.Head = 0 },
		"ops":        func(c *chain.Config) { c.Ops = c.Ops[1:] },
		"widths":     func(c *chain.Config) { c.Widths = c.Widths[1:] },
		"skips":      func(c *chain.Config) { c.Skips = false },
		"acts":       func(c *chain.Config) { c.Activations = []string{"gelu"} },
		"layers":     func(c *chain.Config) { c.Layers = 5 },
		"downsample": func(c *chain.Config) { c.Downsample = []int{2, 4} },
		"elastic":    func(c *chain.Config) { c.ElasticKernel = true },
		"forbid":     func(c *chain.Config) { c.Forbid = nil },
		"at most":    func(c *chain.Config) { c.AtMost = map[string]int{"identity": 6} },
		"overrides":  func(c *chain.Config) { c.Overrides = []chain.Override{{Layer: 1, Widths: []int{16}}} },
	}
	seen := map[string]string{}
	for name, change := range changes {
		c := base
		change(&c)
		id := chains.New(t, c).Space().ID()
		if other, ok := seen[id]; ok {
			t.Errorf("%s and %s share ID %s", name, other, id)
		}
		seen[id] = name
		if name == "same" && id != golden {
			t.Errorf("ID is %s; want %s: files written before become unreadable", id, golden)
		}
	}
	renamed := base
	renamed.Name, renamed.Downsample = "other", []int{5, 2}
	if id := chains.New(t, renamed).Space().ID(); seen[id] != "same" {
		t.Error("name or order of downsample changes the ID")
	}
	other, err := chain.New(base, space.Input{32, 32, 3, 10})
	if err != nil {
		t.Fatal(err)
	}
	if seen[other.Space().ID()] != "" {
		t.Error("the images do not enter the ID")
	}
}
