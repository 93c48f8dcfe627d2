package nets

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/espalier-nas/espalier/supernet/space"
)

func ofa32(t testing.TB, channels, size int) *OFA32 {
	t.Helper()
	f, err := NewOFA32(channels, size)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// macs returns the floating-point operations of a plan's convolutions and
// linear layers on one picture, which is how definitions of the networks count.
func macs(p space.Plan) (n int64) {
	for _, s := range p {
		if s.Layer.Op == space.Conv || s.Layer.Op == space.Linear {
			n += s.Layer.FLOPs()
		}
	}
	return n
}

func largest(f *OFA32) space.Arch  { return f.Extremes().Largest }
func smallest(f *OFA32) space.Arch { return f.Extremes().Smallest }

// The figures were computed by hand-written loops over the definition, in
// another language.
func TestOFA32Cost(t *testing.T) {
	for _, c := range []struct {
		channels, size int
		arch           func(*OFA32) space.Arch
		flops, params  int64
	}{
		{3, 32, largest, 90_920_832, 932_506},
		{1, 28, largest, 74_921_568, 932_218},
		{3, 32, smallest, 20_136_576, 273_162},
		{1, 28, smallest, 16_704_192, 272_874},
		{3, 32, (*OFA32).Drawn, 38_641_536, 419_906},
		{1, 28, (*OFA32).Drawn, 31_797_072, 419_618},
	} {
		f := ofa32(t, c.channels, c.size)
		a := c.arch(f)
		p := f.Plan(a)
		if macs(p) != c.flops || p.Params() != c.params {
			t.Errorf("%dx%d, %s: %d operations, %d parameters; want %d and %d", c.channels, c.size, f.Space().Format(a), macs(p), p.Params(), c.flops, c.params)
		}
	}
}

// Which steps a block has, in the smallest network: halving blocks and those
// that change the width have no sum.
func TestOFA32PlanOfTheSmallest(t *testing.T) {
	f := ofa32(t, 3, 32)
	var sums, last int
	p := f.Plan(f.Extremes().Smallest)
	for i, s := range p {
		switch {
		case s.Layer.Op == space.Add:
			sums++
			if s.In[0] != i-1 || s.Layer.Act != space.NoAct {
				t.Errorf("step %d: sum of %v with %v", i, s.In, s.Layer.Act)
			}
		case s.Layer.Depthwise():
			last = s.Layer.OutH()
		}
	}
	// stage 1 adds in its one block, stages 2 to 5 in their second
	if sums != 5 || last != 4 || len(p) != 1+9*3+5+3 {
		t.Errorf("%d sums, last map of %d pixels, %d steps; want 5, 4 and 36", sums, last, len(p))
	}
}

// A plan is valid, and what it reads lies within the shared tensors.
func TestOFA32PlansFit(t *testing.T) {
	f := ofa32(t, 1, 28)
	shared := map[string]space.Weight{}
	for _, w := range f.Weights() {
		shared[w.Name] = w
	}
	r := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		own, err := space.NewFixed(f.Plan(f.Space().Random(r)))
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range own.Weights() {
			s, ok := shared[w.Name]
			if !ok || w.Role != s.Role || w.OutC > s.OutC || w.InC > s.InC || !w.K.Within(s.K) {
				t.Fatalf("%+v is cut out of %+v", w, s)
			}
		}
	}
	for name, want := range map[string]space.Weight{
		"stage3/block1/expand":         {Role: space.Dense, OutC: 144, InC: 24, K: space.Square(1), G: 1},
		"stage3/block1/depthwise":      {Role: space.Depthwise, OutC: 144, K: space.Square(7)},
		"stage3/block1/depthwise/norm": {Role: space.Norm, OutC: 144},
		"stage3/block1/project":        {Role: space.Dense, OutC: 40, InC: 144, K: space.Square(1), G: 1},
		"head":                         {Role: space.Dense, OutC: 480, InC: 112, K: space.Square(1), G: 1},
	} {
		want.Name = name
		if diff := cmp.Diff(want, shared[name]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// Blocks that the depth leaves out cannot tell two architectures apart, and
// what is left tells plans apart.
func TestOFA32Canon(t *testing.T) {
	f := ofa32(t, 1, 28)
	s := f.Space()
	const size = 38_742_048_900_000 // (9 + 81) * (81 + 729)^4
	if !s.SizeExact().IsInt64() || s.SizeExact().Int64() != size {
		t.Errorf("%v architectures; want %d", s.SizeExact(), int64(size))
	}
	r := rand.New(rand.NewPCG(2, 2))
	for range 100 {
		a, b := s.Random(r), s.Random(r)
		mixed := b.Genes()
		for i, g := range a.Genes() {
			if s.Active(a.Genes(), i) {
				mixed[i] = g
			}
		}
		same, err := s.Canon(mixed)
		if err != nil || same != a {
			t.Fatalf("%s with other genes where nothing is decided: %s, %v", s.Format(a), s.Format(same), err)
		}
		if back, err := s.Parse(s.Format(a)); err != nil || back != a {
			t.Fatalf("%s came back as %s, %v", s.Format(a), s.Format(back), err)
		}
		if a != b && cmp.Equal(f.Plan(a), f.Plan(b)) {
			t.Fatalf("%s and %s have equal plans", s.Format(a), s.Format(b))
		}
	}
	for _, a := range []space.Arch{f.Extremes().Largest, f.Extremes().Smallest, f.Drawn()} {
		if err := s.Valid(a); err != nil {
			t.Error(err)
		}
	}
}

// Restricting a depth must not need the rules' help: the space counts again.
func TestOFA32Restrict(t *testing.T) {
	f := ofa32(t, 1, 28)
	s, err := f.Space().Restrict("stage1/depth", "1")
	if err != nil {
		t.Fatal(err)
	}
	if want := int64(38_742_048_900_000 / 90 * 9); s.SizeExact().Int64() != want {
		t.Errorf("%v architectures with one block in stage 1; want %d", s.SizeExact(), want)
	}
	if other := ofa32(t, 3, 32).Space(); other.ID() == f.Space().ID() {
		t.Error("families for different pictures have one ID")
	}
}

func TestOFA32Sandwiches(t *testing.T) {
	f := ofa32(t, 1, 28)
	seen := map[space.Arch]bool{}
	for _, step := range f.Sandwiches() {
		if len(step) != 4 || step[0] != f.Extremes().Largest || step[1] != f.Extremes().Smallest {
			t.Fatalf("step of %d, or without its slices", len(step))
		}
		for _, a := range step[2:] {
			seen[a] = true
		}
	}
	if len(seen) != 16 || slices.ContainsFunc(f.Sandwiches(), func(s []space.Arch) bool { return s[2] == s[3] }) {
		t.Errorf("%d different random subnets; want 16", len(seen))
	}
}

func TestNewOFA32Refuses(t *testing.T) {
	for _, c := range [][2]int{{0, 32}, {3, 0}, {3, -4}} {
		if _, err := NewOFA32(c[0], c[1]); err == nil {
			t.Errorf("%d channels of %d pixels were accepted", c[0], c[1])
		}
	}
}
