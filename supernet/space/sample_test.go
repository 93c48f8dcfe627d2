package space_test

import (
	"math"
	"testing"

	"github.com/espalier-nas/espalier/supernet/space/internal/chains"

	"pgregory.net/rapid"

	"github.com/espalier-nas/espalier/supernet/space"
	"github.com/espalier-nas/espalier/supernet/space/chain"
)

// TestSamplersStayInside: whatever they draw is an architecture of the space.
func TestSamplersStayInside(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := chains.Draw(t, 6).Space()
		r := chains.DrawRand(t)
		a, b := s.Random(r), s.Random(r)
		made := map[string]space.Arch{
			"random": a,
			"mutate": s.Mutate(r, a, rapid.Float64Range(0, 1).Draw(t, "rate")),
			"cross":  s.Cross(r, a, b),
		}
		for name, x := range made {
			if err := s.Valid(x); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		if s.Size() > 1 && made["mutate"] == a {
			t.Fatalf("mutation changed nothing in a space of %g", s.Size())
		}
		if s.Cross(r, a, a) != a {
			t.Fatal("crossing an architecture with itself changed it")
		}
	})
}

func TestSamplersRepeat(t *testing.T) {
	s := chains.Preset(t, "chain").Space()
	draw := func(seed uint64) [3]space.Arch {
		r := chains.Rand(seed)
		a, b := s.Random(r), s.Random(r)
		return [3]space.Arch{a, s.Mutate(r, a, 0.1), s.Cross(r, a, b)}
	}
	first := draw(1)
	if again := draw(1); first != again {
		t.Error("one seed, two results")
	}
	if first == draw(2) {
		t.Error("two seeds, one result")
	}
}

func TestMutateSpaceOfOne(t *testing.T) {
	s := chains.New(t, chain.Config{Stem: 4, Layers: 2, Ops: []string{"conv3x3"}, Widths: []int{4}}).Space()
	a := s.Random(chains.Rand(1))
	if s.Mutate(chains.Rand(2), a, 1) != a || len(s.Neighbors(a)) != 0 {
		t.Error("the only architecture has another one beside it")
	}
}

// TestMutateRate: with every decision free, the share of changed genes is the rate.
func TestMutateRate(t *testing.T) {
	c := chains.Config(t, "basic")
	c.Skips = false
	s := chains.New(t, c).Space()
	r := chains.Rand(5)
	const n, rate = 2000, 0.3
	changed := 0
	for range n {
		a := s.Random(r)
		b := s.Mutate(r, a, rate)
		for i := range a.Len() {
			if a.Gene(i) != b.Gene(i) {
				changed++
			}
		}
	}
	genes := float64(len(s.Decisions()))
	// The forced change adds one gene where none of them changed.
	want := rate*genes + math.Pow(1-rate, genes)
	if got := float64(changed) / n; math.Abs(got-want) > 0.15 {
		t.Errorf("%.3f genes change; want %.3f", got, want)
	}
}

// TestRandomIsUniformPerDecision: a chi-square test of the choices of every
// decision, over the draws in which all of its choices are allowed.
func TestRandomIsUniformPerDecision(t *testing.T) {
	s := chains.Preset(t, "chain").Space()
	r := chains.Rand(11)
	seen := make([][]float64, len(s.Decisions()))
	for i, d := range s.Decisions() {
		seen[i] = make([]float64, len(d.Choices))
	}
	const n = 4000
	for range n {
		a := s.Random(r)
		genes := a.Genes()
		for i, d := range s.Decisions() {
			if len(s.Options(nil, genes[:i])) == len(d.Choices) {
				seen[i][genes[i]]++
			}
		}
	}
	for i, d := range s.Decisions() {
		total, chi := 0.0, 0.0
		for _, k := range seen[i] {
			total += k
		}
		want := total / float64(len(d.Choices))
		for _, k := range seen[i] {
			chi += (k - want) * (k - want) / want
		}
		// Mean df, standard deviation sqrt(2 df): six of those are far out.
		df := float64(len(d.Choices) - 1)
		if total < n/4 || chi > df+6*math.Sqrt(2*df)+6 {
			t.Errorf("%s: chosen %v times, chi-square %.1f at %g degrees of freedom", d.Name, seen[i], chi, df)
		}
	}
}

// TestCrossMixes: every gene that both parents make comes from one of them, and
// both give some.
func TestCrossMixes(t *testing.T) {
	s := chains.Preset(t, "basic").Space()
	r := chains.Rand(7)
	fromA, fromB := 0, 0
	for range 200 {
		a, b := s.Random(r), s.Random(r)
		c := s.Cross(r, a, b)
		for i := range c.Len() {
			switch c.Gene(i) {
			case a.Gene(i):
				fromA++
			case b.Gene(i):
				fromB++
			default:
				t.Fatalf("gene %d is of neither parent", i)
			}
		}
	}
	if fromB < fromA/10 {
		t.Errorf("%d genes of the first parent, %d only of the second", fromA, fromB)
	}
}

func TestNeighbors(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := chains.Draw(t, 4).Space()
		a := s.Random(chains.DrawRand(t))
		seen := map[space.Arch]bool{a: true}
		for _, b := range s.Neighbors(a) {
			if seen[b] {
				t.Fatalf("%s occurs twice, or is the architecture itself", s.Format(b))
			}
			seen[b] = true
			if err := s.Valid(b); err != nil {
				t.Fatal(err)
			}
		}
		if s.Size() > 1 && len(seen) == 1 {
			t.Fatal("no neighbour in a space of several")
		}
		// Every architecture with one other gene and the rest equal is among them.
		for i, d := range s.Decisions() {
			for c := range d.Choices {
				genes := a.Genes()
				genes[i] = uint8(c)
				if b := space.NewArch(genes); s.Valid(b) == nil && !seen[b] {
					t.Fatalf("%s is missing", s.Format(b))
				}
			}
		}
	})
}

func TestNeighborsConnectTheSpace(t *testing.T) {
	s := chains.New(t, chain.Config{
		Stem: 4, Layers: 3, Ops: []string{"conv3x3", "avgpool3x3", "identity"}, Widths: []int{4, 8}, Skips: true, Forbid: []string{"pool pool"},
	}).Space()
	var todo []space.Arch
	seen := map[space.Arch]bool{}
	for a := range s.Enumerate {
		todo = append(todo, a)
		seen[a] = true
		break
	}
	for len(todo) > 0 {
		a := todo[0]
		todo = todo[1:]
		for _, b := range s.Neighbors(a) {
			if !seen[b] {
				seen[b] = true
				todo = append(todo, b)
			}
		}
	}
	if float64(len(seen)) != s.Size() {
		t.Errorf("reached %d of %g architectures", len(seen), s.Size())
	}
}

func BenchmarkRandom(b *testing.B) {
	s := chains.Preset(b, "chain").Space()
	r := chains.Rand(1)
	b.ReportAllocs()
	for b.Loop() {
		s.Random(r)
	}
}
