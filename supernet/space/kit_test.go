package space

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

var pictures = Input{H: 28, W: 28, C: 1, Classes: 10}

// rng returns a generator for a fixed seed.
func rng(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }

func newChain(t testing.TB, c ChainConfig) *Chain {
	t.Helper()
	ch, err := NewChain(c, pictures)
	if err != nil {
		t.Fatal(err)
	}
	return ch
}

func preset(t testing.TB, name string) *Chain {
	t.Helper()
	c, err := Preset(name)
	if err != nil {
		t.Fatal(err)
	}
	return newChain(t, c)
}

// drawConfig draws any valid configuration of at most maxLayers layers. Its
// rules may still leave no network.
func drawConfig(t *rapid.T, maxLayers int) ChainConfig {
	words := append(chainOpNames(), "*", "conv", "sep", "pool")
	ops := rapid.SliceOfNDistinct(rapid.SampledFrom(chainOpNames()), 1, 4, rapid.ID)
	widths := rapid.Custom(func(t *rapid.T) []int {
		w := rapid.SliceOfNDistinct(rapid.IntRange(2, 40), 1, 3, rapid.ID).Draw(t, "widths")
		slices.Sort(w)
		return w
	})
	c := ChainConfig{
		Name:          "drawn",
		Stem:          rapid.IntRange(2, 20).Draw(t, "stem"),
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
		c.Overrides = []LayerOverride{{Layer: rapid.IntRange(1, c.Layers).Draw(t, "which"), Ops: ops.Draw(t, "its ops"), Widths: widths.Draw(t, "its widths")}}
	}
	return c
}

// drawChain draws a family with at least one network.
func drawChain(t *rapid.T, maxLayers int) *Chain {
	in := Input{
		H:       rapid.IntRange(5, 33).Draw(t, "h"),
		W:       rapid.IntRange(1, 33).Draw(t, "w"),
		C:       rapid.IntRange(1, 3).Draw(t, "c"),
		Classes: rapid.IntRange(2, 12).Draw(t, "classes"),
	}
	c := drawConfig(t, maxLayers)
	if err := c.Validate(); err != nil {
		t.Fatalf("drawn configuration is invalid: %v", err)
	}
	ch, err := NewChain(c, in)
	if err != nil {
		t.Skip("the rules leave nothing")
	}
	return ch
}

func drawRand(t *rapid.T) *rand.Rand { return rng(rapid.Uint64().Draw(t, "seed")) }

// parity is a small space with coupled decisions: decision i>0 is made only if
// gene i-1 is not 0, and the last two genes may not both be 2. It has no Stater.
type parity struct{ n int }

func (parity) Active(prefix []uint8, i int) bool { return i == 0 || prefix[i-1] != 0 }

func (p parity) Allowed(prefix []uint8, i, c int) bool {
	return i < p.n-1 || c != 2 || prefix[i-1] != 2
}

func paritySpace(t testing.TB, n int) *Space {
	t.Helper()
	var ds []Decision
	for i := range n {
		ds = append(ds, Decision{Name: fmt.Sprintf("d%d", i), Kind: KindKernel, Layer: i, Choices: []string{"a", "b", "c"}})
	}
	s, err := NewSpace(ds, parity{n})
	if err != nil {
		t.Fatal(err)
	}
	return s
}
