package latency

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/espalier-nas/espalier/bench"
	"github.com/espalier-nas/espalier/supernet/space"
)

// formula is a runtime that takes what a formula of a plan says.
type formula struct {
	of    func(space.Plan) bench.Reading
	calls int
}

// Name implements bench.Runtime.
func (f *formula) Name() string { return "formula" }

// Measure implements bench.Runtime.
func (f *formula) Measure(ctx context.Context, p space.Plan) (bench.Reading, error) {
	f.calls++
	return f.of(p), ctx.Err()
}

// elsewhere is a runtime on which a layer costs twice as much as own kernels take, and 50 µs.
func elsewhere(p space.Plan) bench.Reading {
	s := 20e-6
	for _, x := range p {
		s += 50e-6 + 2*(1e-6+fast*float64(x.Layer.FLOPs()))
	}
	return bench.Reading{Seconds: s, Joules: 3 * s}
}

// A runtime that is the own layers and a cost of each is predicted from few networks, per image,
// and the file keeps all bits.
func TestRuntimeIsPlaced(t *testing.T) {
	d := newSundial(fast)
	path := filepath.Join(t.TempDir(), "latency.json")
	l := on(t, d, path)
	learn(t, l, probing(0))
	f := &formula{of: elsewhere}
	file := filepath.Join(t.TempDir(), "probes.csv")
	p, err := OpenProbes(file, f, l)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Learn(t.Context(), 20, 1, unheard); err != nil {
		t.Fatal(err)
	}
	if p.Networks() != 20 || f.calls != 20 || p.Report.MAPE > 0.005 || p.Energy.MAPE > 0.005 {
		t.Errorf("%d networks, %d calls, left out %v, energy %v; want 20 and little error", p.Networks(), f.calls, p.Report, p.Energy)
	}
	var costs []float64
	worst := 0.0
	rng := l.draw(60, 9)
	for _, a := range rng {
		c, err := l.Cost(a)
		if err != nil {
			t.Fatal(err)
		}
		want := elsewhere(l.family.Plan(a))
		worst = max(worst, math.Abs(c.Latency/want.Seconds-1), math.Abs(c.Energy/want.Joules-1))
		costs = append(costs, c.Latency)
	}
	if worst > 0.01 {
		t.Errorf("a network is predicted %.1f %% off", 100*worst)
	}
	q, err := OpenProbes(file, f, l)
	if err != nil {
		t.Fatal(err)
	}
	if err := q.Learn(t.Context(), 20, 1, unheard); err != nil || f.calls != 20 {
		t.Fatalf("read back: %d calls, %v", f.calls, err)
	}
	for i, a := range rng {
		if c, _ := l.Cost(a); c.Latency != costs[i] {
			t.Fatalf("network %d is predicted %v s after reading back; want %v", i, c.Latency, costs[i])
		}
	}
}

// A file of another runtime, or one that is damaged, is an error that names it.
func TestProbesFileIsChecked(t *testing.T) {
	l := on(t, newSundial(fast), "")
	f := &formula{of: elsewhere}
	small := l.family.Space().Format(l.family.Extremes().Smallest)
	for text, want := range map[string]string{
		"# probe: other\nidx,arch,probe_ms\n":                                         `file of its own for "formula"`,
		"idx,arch,probe_ms\n":                                                         `file of its own for "formula"`,
		"# probe: formula\n":                                                          "no names of columns",
		"# probe: formula\n# call: soon\nidx,arch,probe_ms\n":                         `"soon"; want seconds`,
		"# probe: formula\nidx,arch\n":                                                "want arch and probe_ms",
		"# probe: formula\nidx,arch,probe_ms\n0,nonsense,1\n":                         "network 0",
		"# probe: formula\nidx,arch,probe_ms\n0," + small + ",0\n":                    "want a number above 0",
		"# probe: formula\nidx,arch,probe_ms,energy_mJ\n0," + small + ",1,x\n":        "energy_mJ",
		"# probe: formula\nidx,arch,probe_ms\n0," + small + ",1\n1," + small + ",1\n": "twice",
	} {
		path := filepath.Join(t.TempDir(), "probes.csv")
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenProbes(path, f, l); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "probes.csv") {
			t.Errorf("%q: %v; want %q", text, err, want)
		}
	}
}

// FuzzProbes feeds files of probes. What is accepted has finite figures above 0; what is not names the file.
func FuzzProbes(f *testing.F) {
	l := on(f, newSundial(fast), "")
	of := &formula{of: elsewhere}
	small := l.family.Space().Format(l.family.Extremes().Smallest)
	f.Add("# probe: formula\n# call: 0.5 s\nidx,arch,probe_ms\n0," + small + ",1\n")
	f.Add("# probe: formula\nidx,arch,probe_ms,energy_mJ\n0," + small + ",1,+Inf\n")
	f.Add("# probe: formula\n\"arch\",probe_ms,probe_ms\n" + small + ",1,x\n")
	path := filepath.Join(f.TempDir(), "probes.csv")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := OpenProbes(path, of, l)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.take([]byte(text)); err != nil {
			if !strings.Contains(err.Error(), "probes.csv") {
				t.Errorf("%v; want the file named", err)
			}
			return
		}
		for a, s := range p.said {
			if r := s.reading(); !(r.Seconds > 0) || math.IsInf(r.Seconds, 0) || r.Joules < 0 || math.IsInf(r.Joules, 0) || math.IsNaN(r.Joules) {
				t.Errorf("%s takes %v s and %v J", l.family.Space().Format(a), r.Seconds, r.Joules)
			}
		}
	})
}

// A runtime that tells the energy of some networks only is an error.
func TestEnergyOfAllOrOfNone(t *testing.T) {
	l := on(t, newSundial(fast), "")
	f := &formula{}
	f.of = func(p space.Plan) bench.Reading {
		r := elsewhere(p)
		if f.calls > 3 {
			r.Joules = 0
		}
		return r
	}
	p, err := OpenProbes(filepath.Join(t.TempDir(), "probes.csv"), f, l)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Learn(t.Context(), 12, 1, unheard); err == nil || !strings.Contains(err.Error(), "some networks only") || p.Networks() != 3 {
		t.Errorf("%d networks, %v", p.Networks(), err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.Learn(ended, 12, 1, unheard); !errors.Is(err, context.Canceled) || p.Networks() != 3 {
		t.Errorf("%d networks, %v; want the interruption", p.Networks(), err)
	}
}
