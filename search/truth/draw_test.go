package truth

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/espalier-nas/espalier/supernet/space"
	"github.com/espalier-nas/espalier/supernet/space/chain"
	"github.com/espalier-nas/espalier/supernet/space/families"
)

func chainFamily(t *testing.T) space.Family {
	t.Helper()
	f, err := families.Open("chain", space.Input{H: 28, W: 28, C: 1, Classes: 10})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func draw(t *testing.T, f space.Family, n int, seed uint64) []Drawn {
	t.Helper()
	d, err := Draw(f, n, seed)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Every stratum gets as many architectures, spread over it, and the strata reach
// from near the cheapest network to near the dearest.
func TestStrataAreFilledEvenly(t *testing.T) {
	f := chainFamily(t)
	list := draw(t, f, 32, 1)
	low, high := math.Log(float64(f.Plan(f.Extremes().Smallest).FLOPs())), math.Log(float64(f.Plan(f.Extremes().Largest).FLOPs()))
	quarter := (high - low) / 4
	seen := map[space.Arch]bool{}
	var count [8]int
	for i, d := range list {
		if d.FLOPs != f.Plan(d.Arch).FLOPs() || d.Stratum != i%strata {
			t.Errorf("network %d has %d FLOPs, stratum %d; want %d and %d", i, d.FLOPs, d.Stratum, f.Plan(d.Arch).FLOPs(), i%strata)
		}
		seen[d.Arch] = true
		count[min(int(2*(d.log()-low)/quarter), 7)]++
	}
	for i, n := range count {
		if n < 3 || n > 5 {
			t.Errorf("%d networks in part %d of 8 of log FLOPs; want about 4", n, i)
		}
	}
	if len(seen) != len(list) {
		t.Errorf("%d different networks of %d", len(seen), len(list))
	}
}

func TestDrawsDependOnTheSeedAlone(t *testing.T) {
	f := chainFamily(t)
	same := func(a, b []Drawn) bool {
		return cmp.Equal(a, b, cmpopts.EquateComparable(space.Arch{}))
	}
	if !same(draw(t, f, 12, 1), draw(t, f, 32, 1)[:12]) {
		t.Error("fewer networks are not the first of more")
	}
	if same(draw(t, f, 12, 1), draw(t, f, 12, 2)) {
		t.Error("another seed draws the same networks")
	}
}

// A space of few networks runs out with an error, not for ever.
func TestDrawsEndWithTheSpace(t *testing.T) {
	f, err := chain.New(chain.Config{Name: "few", Stem: 8, Layers: 1, Ops: []string{"conv3x3", "identity"}, Widths: []int{8, 16}},
		space.Input{H: 8, W: 8, C: 1, Classes: 3})
	if err != nil {
		t.Fatal(err)
	}
	if got := draw(t, f, 3, 1); len(got) != 3 {
		t.Errorf("%d networks; want 3", len(got))
	}
	if _, err := Draw(f, 4, 1); err == nil {
		t.Error("four networks of a space of three; want an error")
	}
}
