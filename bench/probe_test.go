package bench

import (
	"context"
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/espalier-nas/espalier/supernet/space"
)

// sundial is a device with a clock of its own: measuring moves it, by what the
// device's law says of a layer.
type sundial struct {
	clock time.Time
	law   func(space.Layer) float64 // seconds of a pass
	setup time.Duration             // of a measurement, beside its passes
	calls []space.Layer
	least int // fewest rounds asked for
}

func newSundial(law func(space.Layer) float64) *sundial {
	return &sundial{clock: time.Unix(0, 0), law: law, setup: 200 * time.Microsecond, least: math.MaxInt}
}

func (s *sundial) Name() string   { return "sundial" }
func (s *sundial) now() time.Time { return s.clock }

func (s *sundial) Time(_ context.Context, p space.Plan, e Effort) (Sample, error) {
	pass := 0.0
	for _, step := range p {
		pass += s.law(step.Layer)
		s.calls = append(s.calls, step.Layer)
	}
	s.least = min(s.least, e.Rounds)
	s.clock = s.clock.Add(s.setup + e.Lasts(pass))
	return Sample{Median: pass, Best: pass, Low: pass, High: pass, Rounds: e.Rounds}, nil
}

// roof is the law of a machine with an overhead, a rate for each kind of layer
// and a bandwidth.
func roof(l space.Layer) float64 {
	rate := 40e9
	if l.G > 1 || l.Op != space.Conv {
		rate = 8e9
	}
	touched := 4 * float64(l.H*l.W*l.InC+l.OutH()*l.OutW()*l.OutC)
	return 2e-6 + float64(l.FLOPs())/rate + touched/20e9
}

// manyLayers are those that networks of several kinds, widths and sizes have, in
// an order that tells nothing.
func manyLayers() []space.Layer {
	var out []space.Layer
	for _, h := range []int{64, 32, 16, 8} {
		for _, c := range []int{16, 24, 32, 48, 64} {
			for _, s := range []int{1, 2} {
				for _, k := range []int{3, 5} {
					out = append(out,
						space.Layer{Op: space.Conv, H: h, W: h, InC: c, OutC: c + 16, K: space.Square(k), S: s, G: 1, Act: space.ReLU},
						space.Layer{Op: space.Conv, H: h, W: h, InC: c, OutC: c, K: space.Square(k), S: s, G: c})
				}
				out = append(out, space.Layer{Op: space.MaxPool, H: h, W: h, InC: c, OutC: c, K: space.Square(3), S: s})
			}
		}
	}
	rand.New(rand.NewPCG(1, 1)).Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

func probe(t *testing.T, span time.Duration) (*Table, *sundial) {
	t.Helper()
	d := newSundial(roof)
	table, p := NewTable(d), NewPace(span, d.now)
	if err := table.Pilot(context.Background(), manyLayers(), p); err != nil {
		t.Fatal(err)
	}
	for visits := 1; visits <= Visits; visits++ {
		fit, err := table.Sweep(context.Background(), manyLayers(), visits, p, nil)
		if err != nil {
			t.Fatal(err)
		}
		if !fit {
			table.Estimate(manyLayers())
			break
		}
	}
	return table, d
}

// visiting is how long so many visits to all layers take.
func visiting(n int) time.Duration {
	d := newSundial(roof)
	for range n {
		for _, l := range manyLayers() {
			_, _ = d.Time(context.Background(), alone(l), VisitEffort)
		}
	}
	return d.clock.Sub(time.Unix(0, 0))
}

func TestPaceLearnsWhatMeasurementsCost(t *testing.T) {
	d := newSundial(roof)
	p := NewPace(time.Second, d.now)
	d.clock = d.clock.Add(100 * time.Millisecond)
	p.Reserve = 200 * time.Millisecond
	if got, want := p.Left(), 700*time.Millisecond; got != want {
		t.Errorf("%v are left; want %v", got, want)
	}
	for _, l := range manyLayers()[:5] {
		if _, err := p.Visit(func(e Effort) (Sample, error) { return d.Time(context.Background(), alone(l), e) }); err != nil {
			t.Fatal(err)
		}
	}
	// 2 ms do not fit a round: 1 pass for memory, 1 to warm up, 3 rounds.
	if got, want := p.Lasts(2e-3, 2e-3), 2*(5*2*time.Millisecond+d.setup); (got - want).Abs() > time.Microsecond {
		t.Errorf("two measurements should last %v; want %v", got, want)
	}
}

func TestProbeKeepsItsSpan(t *testing.T) {
	all := len(manyLayers())
	most, least := visiting(Visits), visiting(1)
	for _, c := range []struct {
		name             string
		span             time.Duration
		measured, rounds int // -1: less than all; median rounds, -1: between the extremes
	}{
		{"ample", 2 * most, all, Visits * VisitEffort.Rounds},
		{"half", most / 2, all, -1},
		{"barely", least * 6 / 5, all, -1},
		{"too short", least / 3, -1, VisitEffort.Rounds},
	} {
		t.Run(c.name, func(t *testing.T) {
			table, d := probe(t, c.span)
			took := d.clock.Sub(time.Unix(0, 0))
			if took > c.span || c.rounds < Visits*VisitEffort.Rounds && took < c.span*8/10 {
				t.Errorf("took %v; want nearly %v but no more", took, c.span)
			}
			if table.Len()+table.Estimated() != all {
				t.Errorf("%d layers measured and %d estimated; want %d in all", table.Len(), table.Estimated(), all)
			}
			if c.measured == all != (table.Estimated() == 0) {
				t.Errorf("%d layers are estimated", table.Estimated())
			}
			r := table.Rounds()
			if c.rounds >= 0 && r != c.rounds || c.rounds < 0 && (r < VisitEffort.Rounds || r >= Visits*VisitEffort.Rounds) {
				t.Errorf("%d rounds; want %d", r, c.rounds)
			}
			if d.least != VisitEffort.Rounds {
				t.Errorf("%d rounds were asked for; want %d", d.least, VisitEffort.Rounds)
			}
		})
	}
}

// Layers that come first in the list are measured first; what is left out is
// the end of the list, marked, and not far from the law.
func TestLayersThatDoNotFitAreEstimated(t *testing.T) {
	table, d := probe(t, visiting(1)/2)
	list := manyLayers()
	rest := d.calls[pilotLayers:]
	last := slices.Index(list, rest[len(rest)-1])
	var errs []float64
	for i, l := range list {
		e := table.layers[l]
		if pilot := slices.Contains(d.calls[:pilotLayers], l); e.estimated != (i > last && !pilot) {
			t.Errorf("layer %d of %d, %v: estimated is %t; the last one measured is %d", i, len(list), l, e.estimated, last)
		}
		if e.estimated {
			errs = append(errs, math.Abs(math.Log(e.Median/roof(l))))
		}
	}
	if len(errs) == 0 {
		t.Fatal("nothing is estimated")
	}
	slices.Sort(errs)
	if mid, worst := errs[len(errs)/2], errs[len(errs)-1]; mid > 0.15 || worst > 0.6 {
		t.Errorf("estimates are off by %.2f in the middle and %.2f at worst, as logarithms; want at most 0.15 and 0.6", mid, worst)
	}
	if err := table.Measure(context.Background(), list); err != nil || table.Estimated() != 0 || table.Len() != len(list) {
		t.Errorf("after measuring all, %d layers are estimated and %d measured: %v", table.Estimated(), table.Len(), err)
	}
}

func TestEstimatesSurviveTheFile(t *testing.T) {
	table, d := probe(t, visiting(1)/2)
	b, err := json.Marshal(table)
	if err != nil {
		t.Fatal(err)
	}
	back := NewTable(d)
	if err := back.Restore(b); err != nil {
		t.Fatal(err)
	}
	if back.Len() != table.Len() || back.Estimated() != table.Estimated() || table.Estimated() == 0 {
		t.Errorf("%d measured and %d estimated; want %d and %d", back.Len(), back.Estimated(), table.Len(), table.Estimated())
	}
	var fresh []space.Layer
	for c := range 40 {
		fresh = append(fresh, space.Layer{Op: space.Conv, H: 12, W: 12, InC: c + 1, OutC: 40, K: space.Square(7), S: 1, G: 1})
	}
	if d := cmp.Diff(table.Guess(fresh), back.Guess(fresh)); d != "" {
		t.Errorf("a table from a file estimates otherwise:\n%s", d)
	}
}

// The estimate is the intercept of a weighted ridge regression, solved here by
// elimination.
func TestEstimateIsTheRegression(t *testing.T) {
	layers := make(map[space.Layer]entry)
	for i, l := range manyLayers() {
		if i%3 == 0 {
			layers[l] = entry{Sample: Sample{Median: roof(l)}}
		}
	}
	e := newEstimator(layers)
	for i, l := range manyLayers() {
		if got, want := e.seconds(l), regress(e, describe(l)); math.Abs(got/want-1) > 1e-9 {
			t.Fatalf("layer %d, %v: %v s; want %v", i, l, got, want)
		}
	}
}

func regress(e estimator, at kin) float64 {
	near := math.Inf(1)
	for _, k := range e {
		near = min(near, k.distance(at))
	}
	a := [3][4]float64{1: {1: slopeRidge, 3: slopeRidge * slopeWork}, 2: {2: slopeRidge, 3: slopeRidge * slopeBytes}}
	for _, k := range e {
		w, row := math.Exp(near-k.distance(at)), [4]float64{1, k.work - at.work, k.bytes - at.bytes, k.seconds}
		for i := range 3 {
			for j := range 4 {
				a[i][j] += w * row[i] * row[j]
			}
		}
	}
	for i := range 3 {
		for r := range 3 {
			if f := a[r][i] / a[i][i]; r != i {
				for j := range 4 {
					a[r][j] -= f * a[i][j]
				}
			}
		}
	}
	return math.Exp(a[0][3] / a[0][0])
}
