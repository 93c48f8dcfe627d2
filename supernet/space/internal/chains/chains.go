// Package chains makes random chains (space/chain) for the tests of spaces and of what reads
// them, with rapid. It may import space and chain.
package chains

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/espalier-nas/espalier/supernet/space"
	"github.com/espalier-nas/espalier/supernet/space/chain"
)

// Pictures are what the networks of New and Preset read.
var Pictures = space.Input{H: 28, W: 28, C: 1, Classes: 10}

// Rand returns a generator for a fixed seed.
func Rand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }

// New returns the chain that c declares for Pictures.
func New(t testing.TB, c chain.Config) *chain.Family {
	t.Helper()
	ch, err := chain.New(c, Pictures)
	if err != nil {
		t.Fatal(err)
	}
	return ch
}

// Preset returns the ready-made chain of that name for Pictures.
func Preset(t testing.TB, name string) *chain.Family {
	t.Helper()
	return New(t, Config(t, name))
}

// Config returns the declaration of a ready-made chain.
func Config(t testing.TB, name string) chain.Config {
	t.Helper()
	for _, p := range chain.Kind.Presets {
		if p.Name == name {
			return *p.Declare().(*chain.Config)
		}
	}
	t.Fatalf("no chain is called %s", name)
	return chain.Config{}
}

// DrawConfig draws any valid configuration of at most maxLayers layers. Its
// rules may still leave no network.
func DrawConfig(t *rapid.T, maxLayers int) chain.Config {
	words := append(chain.Ops(), "*", "conv", "sep", "pool")
	ops := rapid.SliceOfNDistinct(rapid.SampledFrom(chain.Ops()), 1, 4, rapid.ID)
	widths := rapid.Custom(func(t *rapid.T) []int {
		w := rapid.SliceOfNDistinct(rapid.IntRange(2, 40), 1, 3, rapid.ID).Draw(t, "widths")
		slices.Sort(w)
		return w
	})
	c := chain.Config{
		Name:          "drawn",
		Stem:          rapid.IntRange(2, 20).Draw(t, "stem"),
		StemKernel:    rapid.SampledFrom([]string{"", "3x3", "1x3", "3x1"}).Draw(t, "stem kernel"),
		Head:          rapid.IntRange(0, 20).Draw(t, "head"),
		Layers:        rapid.IntRange(1, maxLayers).Draw(t, "layers"),
		Ops:           ops.Draw(t, "ops"),
		Widths:        widths.Draw(t, "widths"),
		Skips:         rapid.Bool().Draw(t, "skips"),
		Activations:   rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"relu", "hardswish", "gelu"}), 0, 2, rapid.ID).Draw(t, "acts"),
		ElasticKernel: rapid.Bool().Draw(t, "elastic"),
	}
	c.Downsample = rapid.SliceOfNDistinct(rapid.IntRange(1, c.Layers), 0, min(c.Layers, 3), rapid.ID).Draw(t, "downsample")
	for range rapid.IntRange(0, 2).Draw(t, "rules") {
		rule := rapid.SliceOfN(rapid.SampledFrom(words), 2, 3).Draw(t, "rule")
		c.Forbid = append(c.Forbid, strings.Join(rule, " "))
	}
	if rapid.Bool().Draw(t, "limited") {
		c.AtMost = map[string]int{rapid.SampledFrom(words).Draw(t, "word"): rapid.IntRange(0, c.Layers).Draw(t, "most")}
	}
	if rapid.Bool().Draw(t, "override") {
		c.Overrides = []chain.Override{{Layer: rapid.IntRange(1, c.Layers).Draw(t, "which"), Ops: ops.Draw(t, "its ops"), Widths: widths.Draw(t, "its widths")}}
	}
	return c
}

// Draw draws a family with at least one network.
func Draw(t *rapid.T, maxLayers int) *chain.Family {
	in := space.Input{
		H:       rapid.IntRange(5, 33).Draw(t, "h"),
		W:       rapid.IntRange(1, 33).Draw(t, "w"),
		C:       rapid.IntRange(1, 3).Draw(t, "c"),
		Classes: rapid.IntRange(2, 12).Draw(t, "classes"),
	}
	c := DrawConfig(t, maxLayers)
	if err := c.Validate(); err != nil {
		t.Fatalf("drawn configuration is invalid: %v", err)
	}
	ch, err := chain.New(c, in)
	if err != nil {
		t.Skip("the rules leave nothing")
	}
	return ch
}

// DrawRand draws a generator.
func DrawRand(t *rapid.T) *rand.Rand { return Rand(rapid.Uint64().Draw(t, "seed")) }

// DrawPlan draws a network of a drawn chain.
func DrawPlan(t *rapid.T) space.Plan {
	ch := Draw(t, 6)
	return ch.Plan(ch.Space().Random(DrawRand(t)))
}

// Text returns a plan as text, one step a line.
func Text(p space.Plan) string {
	var text string
	for _, s := range p {
		text += fmt.Sprintln(s.Layer, s.Weight, s.Norm, s.In)
	}
	return text
}

// Tuples calls f with every tuple of genes, made or not, allowed or not. It
// gives up, and returns false, above 20,000.
func Tuples(s *space.Space, f func([]uint8)) bool {
	total := 1
	for _, d := range s.Decisions() {
		if total *= len(d.Choices); total > 20_000 {
			return false
		}
	}
	genes := make([]uint8, len(s.Decisions()))
	for range total {
		f(genes)
		for i := len(genes) - 1; i >= 0; i-- {
			if genes[i]++; int(genes[i]) < len(s.Decisions()[i].Choices) {
				break
			}
			genes[i] = 0
		}
	}
	return true
}
