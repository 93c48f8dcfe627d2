package space_test

import (
	"fmt"
	"math/big"
	"slices"
	"testing"

	"github.com/espalier-nas/espalier/supernet/space/internal/chains"

	"pgregory.net/rapid"

	"github.com/espalier-nas/espalier/supernet/space"
	"github.com/espalier-nas/espalier/supernet/space/chain"
)

// checkSize compares counting and enumeration with brute force over all tuples.
func checkSize(t rapid.TB, s *space.Space) bool {
	t.Helper()
	var want []space.Arch
	ok := chains.Tuples(s, func(genes []uint8) {
		a := space.NewArch(genes)
		if s.Valid(a) == nil {
			want = append(want, a)
		}
	})
	if !ok {
		return false
	}
	got := slices.Collect(s.Enumerate)
	if !slices.Equal(got, want) {
		t.Fatalf("enumerated %d, brute force finds %d", len(got), len(want))
	}
	if s.SizeExact().Cmp(big.NewInt(int64(len(want)))) != 0 || s.Size() != float64(len(want)) {
		t.Fatalf("counted %v; want %d", s.SizeExact(), len(want))
	}
	if !slices.IsSortedFunc(got, func(a, b space.Arch) int {
		if a.Less(b) {
			return -1
		}
		return 1
	}) {
		t.Fatalf("enumeration is not in order")
	}
	return true
}

func TestSizeOfRulesWithoutState(t *testing.T) {
	for n := 2; n <= 7; n++ {
		if !checkSize(t, paritySpace(t, n)) {
			t.Fatalf("n = %d is too large to check", n)
		}
	}
}

// TestSizeOfChains also restricts random decisions: outputs must then be told
// apart by what later skips still offer.
func TestSizeOfChains(t *testing.T) {
	checked := 0
	rapid.Check(t, func(t *rapid.T) {
		s := chains.Draw(t, 4).Space()
		for range rapid.IntRange(0, 2).Draw(t, "restrictions") {
			d := rapid.SampledFrom(s.Decisions()).Draw(t, "decision")
			if r, err := s.Restrict(d.Name, rapid.SampledFrom(d.Choices).Draw(t, "choice")); err == nil {
				s = r
			}
		}
		if checkSize(t, s) {
			checked++
		}
	})
	for seed := 0; checked < 20; seed++ { // short runs draw too few
		if seed == 400 {
			t.Fatalf("only %d spaces were small enough to check", checked)
		}
		if checkSize(t, rapid.Custom(func(t *rapid.T) *space.Space { return chains.Draw(t, 4).Space() }).Example(seed)) {
			checked++
		}
	}
}

// TestSizeOfDeepSkips restricts skips of a space of three identities, whose
// outputs come and go, in every way.
func TestSizeOfDeepSkips(t *testing.T) {
	c := chain.Config{Stem: 4, Layers: 5, Ops: []string{"conv1x1", "identity"}, Widths: []int{4}, Skips: true, Downsample: []int{2}}
	whole := chains.New(t, c).Space()
	if _, err := whole.Restrict("layer5/from9", "no"); err == nil {
		t.Fatal("unknown skip restricted")
	}
	for mask := range 8 {
		s := whole
		for k, name := range []string{"layer4/from1", "layer5/from3", "layer5/from1"} {
			if mask>>k&1 == 1 {
				var err error
				if s, err = s.Restrict(name, []string{"no", "yes", "yes"}[k]); err != nil {
					t.Fatal(err)
				}
			}
		}
		n := int64(0)
		for a := range s.Enumerate {
			if err := whole.Valid(a); err != nil {
				t.Fatal(err)
			}
			n++
		}
		if s.SizeExact().Cmp(big.NewInt(n)) != 0 {
			t.Errorf("mask %d: counted %v; enumerated %d", mask, s.SizeExact(), n)
		}
	}
}

// TestSizeOfDeepSkipsAndRules lets identities come and go before a dead end: the
// choices of one skip lead to states that counting met under none of its prefixes.
func TestSizeOfDeepSkipsAndRules(t *testing.T) {
	c := chain.Config{Stem: 2, Layers: 6, Ops: []string{"conv1x1", "identity"}, Widths: []int{2}, Skips: true, Forbid: []string{"conv1x1 *"}}
	ch := chains.New(t, c)
	s := ch.Space()
	n := int64(0)
	for range s.Enumerate {
		n++
	}
	if s.SizeExact().Cmp(big.NewInt(n)) != 0 {
		t.Errorf("counted %v; enumerated %d", s.SizeExact(), n)
	}
	for _, a := range []space.Arch{ch.Extremes().Largest, ch.Extremes().Smallest, ch.Extremes().Narrow} {
		if err := s.Valid(a); err != nil {
			t.Error(err)
		}
	}
	r := chains.Rand(1)
	for range 500 {
		if err := s.Valid(s.Mutate(r, s.Random(r), 0.5)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSizeByHand(t *testing.T) {
	c := chain.Config{Stem: 4, Layers: 3, Ops: []string{"conv3x3", "identity"}, Widths: []int{4, 8}, Skips: true}
	// Layer 1: conv with 2 widths, or an identity that passes. Layer 2: conv with
	// 2 widths and 2 skips, or identity with 2 skips; always from the stem.
	// Layer 3: skips from the stem and, unless it passes, layer 1.
	// After a conv in layer 1 layer 3 has (2+1)*4 ways, after an identity (2+1)*2.
	want := int64(2*6*12 + 1*6*6)
	if got := chains.New(t, c).Space().SizeExact(); got.Cmp(big.NewInt(want)) != 0 {
		t.Errorf("size %v; want %d", got, want)
	}
}

func TestEnumerateStops(t *testing.T) {
	n := 0
	for range chains.Preset(t, "chain").Space().Enumerate {
		if n++; n == 5 {
			break
		}
	}
	if n != 5 {
		t.Errorf("got %d", n)
	}
}

// TestDeepChainsAreCounted: counting must not take the number of networks as a measure.
func TestDeepChainsAreCounted(t *testing.T) {
	c := chains.Config(t, "chain")
	c.Layers = 16
	c.AtMost = map[string]int{"identity": 3}
	s := chains.New(t, c).Space()
	if s.Size() < 1e40 {
		t.Errorf("size %g", s.Size())
	}
}

func ExampleSpace_Enumerate() {
	ch, err := chain.New(chain.Config{Stem: 4, Layers: 1, Ops: []string{"conv3x3", "identity"}, Widths: []int{4, 8}}, space.Input{8, 8, 1, 2})
	if err != nil {
		fmt.Println(err)
		return
	}
	for a := range ch.Space().Enumerate {
		fmt.Println(ch.Space().Format(a))
	}
	// Output:
	// conv3x3:4
	// conv3x3:8
	// identity
}
