package space_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/espalier-nas/espalier/internal/allocs"
	"github.com/espalier-nas/espalier/supernet/space"
	"github.com/espalier-nas/espalier/supernet/space/chain"
	"github.com/espalier-nas/espalier/supernet/space/internal/chains"
)

// A drawer that is used again and again draws what the space draws, and leaves
// the generator where the space leaves it.
func TestDrawerDrawsAsItsSpace(t *testing.T) {
	for name, s := range drawnSpaces(t) {
		d := s.Drawer()
		r, twin := rand.New(rand.NewPCG(1, 2)), rand.New(rand.NewPCG(1, 2))
		a, b := s.Random(r), s.Random(r)
		if d.Random(twin) != a || d.Random(twin) != b {
			t.Fatalf("%s: random architectures differ", name)
		}
		for i := range 300 {
			rate := float64(i%3) / 2 // at 0 exactly one decision changes
			c, m := s.Cross(r, a, b), s.Mutate(r, a, rate)
			if got := d.Cross(twin, a, b); got != c {
				t.Fatalf("%s: cross gives %s; want %s", name, s.Format(got), s.Format(c))
			}
			if got := d.Mutate(twin, a, rate); got != m {
				t.Fatalf("%s: mutation gives %s; want %s", name, s.Format(got), s.Format(m))
			}
			prefix := m.Genes()[:i%m.Len()]
			if got, want := d.Options(prefix), s.Options(nil, prefix); !slices.Equal(got, want) {
				t.Fatalf("%s: options after %v are %v; want %v", name, prefix, got, want)
			}
			a, b = c, m
		}
		if r.Uint64() != twin.Uint64() {
			t.Errorf("%s: the generators part", name)
		}
	}
}

// drawnSpaces returns spaces with and without rules that look ahead.
func drawnSpaces(t *testing.T) map[string]*space.Space {
	plain, err := space.NewSpace([]space.Decision{{Name: "a", Kind: space.KindOp, Choices: []string{"x", "y", "z"}}, {Name: "b", Kind: space.KindOp, Choices: []string{"x", "y"}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]*space.Space{
		"plain": plain,
		"chain": chains.New(t, chain.Config{
			Stem: 8, Layers: 4, Ops: []string{"conv3x3", "sep3x3", "maxpool3x3", "identity"}, Widths: []int{8, 16}, Skips: true,
			Forbid: []string{"pool pool"}, AtMost: map[string]int{"identity": 2},
		}).Space(),
	}
}

func TestDrawerAllocatesNothingForWhatItKnows(t *testing.T) {
	for name, s := range drawnSpaces(t) {
		d, pcg := s.Drawer(), rand.NewPCG(0, 0)
		r := rand.New(pcg)
		draw := func() {
			pcg.Seed(3, 4)
			a, b := d.Random(r), d.Random(r)
			d.Mutate(r, d.Cross(r, a, b), 0)
		}
		draw()
		if n := allocs.PerRun(20, draw); n != 0 {
			t.Errorf("%s: %v allocations; want none", name, n)
		}
	}
}

// What a drawer remembers is bounded and changes nothing.
func TestDrawerForgets(t *testing.T) {
	var ds []space.Decision
	for _, name := range []string{"a", "b", "c"} {
		d := space.Decision{Name: name, Kind: space.KindOp}
		for c := range 20 {
			d.Choices = append(d.Choices, string(rune('a'+c)))
		}
		ds = append(ds, d)
	}
	s, err := space.NewSpace(ds, nil)
	if err != nil {
		t.Fatal(err)
	}
	d, r, twin := s.Drawer(), rand.New(rand.NewPCG(5, 6)), rand.New(rand.NewPCG(5, 6))
	for range 3 * space.MaxMet {
		if a := s.Random(twin); d.Random(r) != a {
			t.Fatal("random architectures differ")
		}
	}
	if n := d.Met(); n > space.MaxMet {
		t.Errorf("%d architectures are kept; want at most %d", n, space.MaxMet)
	}
}
