package latency

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/espalier-nas/espalier/bench"
	"github.com/espalier-nas/espalier/internal/stream"
	"github.com/espalier-nas/espalier/predictor"
	"github.com/espalier-nas/espalier/supernet/space"
	"github.com/espalier-nas/espalier/supernet/space/chain"
	"github.com/espalier-nas/espalier/supernet/space/families"
)

// sundial is a device with a clock of its own: measuring moves it.
type sundial struct {
	clock time.Time
	pace  float64 // seconds per operation
	calls int
	times map[space.Layer]int // measurements of a layer alone
	stop  int                 // calls before one fails; 0: none does
	slow  []span              // while others load it, it takes twice as long
}

// span is a time from the beginning on.
type span struct{ from, to time.Duration }

func newSundial(pace float64) *sundial {
	return &sundial{clock: time.Unix(0, 0), pace: pace, times: make(map[space.Layer]int)}
}

func (s *sundial) Name() string        { return "sundial" }
func (s *sundial) now() time.Time      { return s.clock }
func (s *sundial) took() time.Duration { return s.clock.Sub(time.Unix(0, 0)) }

func (s *sundial) Time(_ context.Context, p space.Plan, e bench.Effort) (bench.Sample, error) {
	s.calls++
	if s.stop > 0 && s.calls > s.stop {
		return bench.Sample{}, context.Canceled
	}
	if len(p) == 1 {
		s.times[p[0].Layer]++
	}
	pass := 1e-6*float64(len(p)) + s.pace*float64(p.FLOPs())
	for _, slow := range s.slow {
		if s.took() >= slow.from && s.took() < slow.to {
			pass *= 2
		}
	}
	s.clock = s.clock.Add(300*time.Microsecond + e.Lasts(pass))
	return bench.Sample{Median: pass, Best: pass, Low: pass, High: pass, Rounds: e.Rounds}, nil
}

// on returns latencies of the default space on a device, from the file if there
// is one.
func on(t testing.TB, d *sundial, path string) *Model {
	t.Helper()
	f, err := families.Open("chain", space.Input{H: 28, W: 28, C: 1, Classes: 10})
	if err != nil {
		t.Fatal(err)
	}
	l := New(f, d, nil, 1, path)
	l.table, l.now = bench.NewTable(d), d.now
	if err := l.read(path); err != nil && d.calls > 0 {
		t.Fatal(err)
	}
	return l
}

// unheard is progress that nobody hears.
func unheard(float64, float64, string, string) {}

func probing(span time.Duration) Probing {
	return Probing{Samples: 48, Seed: 1, Holdout: 0.4, Span: span}
}

func learn(t *testing.T, l *Model, p Probing) {
	t.Helper()
	if err := l.Measure(context.Background(), p, unheard); err != nil {
		t.Fatal(err)
	}
}

// A space of too few networks is refused before any is measured, whatever the time.
func TestTooFewNetworksToLearnFrom(t *testing.T) {
	c := chain.Config{Stem: 8, Layers: 1, Ops: []string{"conv3x3"}, Widths: []int{2, 4, 6, 8, 10, 12, 14, 16, 18}}
	f, err := chain.New(c, space.Input{H: 8, W: 8, C: 1, Classes: 10})
	if err != nil {
		t.Fatal(err)
	}
	for _, span := range []time.Duration{0, time.Second} {
		d, path := newSundial(fast), filepath.Join(t.TempDir(), "latency.json")
		l := New(f, d, nil, 1, path)
		err := l.Measure(context.Background(), probing(span), unheard)
		if err == nil || !strings.Contains(err.Error(), "the space has 9 architectures; want at least 10") || d.calls > 0 {
			t.Errorf("%v after %d measurements; want 9 architectures to be too few, at once", err, d.calls)
		}
	}
}

const fast, slow = 2e-11, 1e-9 // seconds per operation

func TestProbingKeepsItsSpan(t *testing.T) {
	whole := newSundial(fast)
	all := on(t, whole, filepath.Join(t.TempDir(), "latency.json"))
	learn(t, all, probing(0))
	if all.Probed != nil || all.Layers() < 300 || len(all.random) != 48 {
		t.Fatalf("unbounded: %d layers, %d networks, %+v", all.Layers(), len(all.random), all.Probed)
	}
	for _, c := range []struct {
		name      string
		pace      float64
		span      time.Duration
		estimated bool
		networks  int // at least
	}{
		{"ample", fast, 2 * whole.took(), false, 48},
		{"4s", fast, 4 * time.Second, false, 48},
		{"1.5s", fast, 1500 * time.Millisecond, false, 30},
		{"0.5s", fast, 500 * time.Millisecond, true, 12},
		{"slow machine", slow, 1500 * time.Millisecond, true, 12},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newSundial(c.pace)
			l := on(t, d, filepath.Join(t.TempDir(), "latency.json"))
			learn(t, l, probing(c.span))
			if d.took() > c.span {
				t.Errorf("took %v; want at most %v", d.took(), c.span)
			}
			if got := time.Duration(l.Probed.Spent * float64(time.Second)).Round(time.Microsecond); got != d.took().Round(time.Microsecond) || !l.Probed.Done {
				t.Errorf("noted %+v; want %v and that it is done", l.Probed, d.took())
			}
			if (l.table.Estimated() > 0) != c.estimated || l.Layers()+l.table.Estimated() != all.Layers() {
				t.Errorf("%d layers measured, %d estimated; want %d in all, some of them estimated: %t", l.Layers(), l.table.Estimated(), all.Layers(), c.estimated)
			}
			if len(l.random) < c.networks || l.Report.N == 0 {
				t.Errorf("%d networks, held out %v; want at least %d", len(l.random), l.Report, c.networks)
			}
		})
	}
}

// An impossible span still gives what a model needs.
func TestProbingMeasuresEnoughForAModel(t *testing.T) {
	l := on(t, newSundial(slow), filepath.Join(t.TempDir(), "latency.json"))
	learn(t, l, probing(time.Millisecond))
	if len(l.random) != LeastNetworks || l.Layers() == 0 {
		t.Errorf("%d networks and %d layers measured; want %d and some", len(l.random), l.Layers(), LeastNetworks)
	}
}

// inPieces learns in processes of so many measurements each and returns how many of them were interrupted.
func inPieces(t *testing.T, d *sundial, path string, span time.Duration, piece int) (stops int) {
	t.Helper()
	for d.stop = piece; ; d.stop += piece {
		err := on(t, d, path).Measure(t.Context(), probing(span), unheard)
		if err == nil {
			return stops
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		d.calls = d.stop
		stops++
	}
}

func TestProbingGoesOnAfterInterruptions(t *testing.T) {
	const span, piece = 600 * time.Millisecond, 60
	path := filepath.Join(t.TempDir(), "latency.json")
	d := newSundial(fast)
	if stops := inPieces(t, d, path, span, piece); stops < 2 || d.took() > span {
		t.Errorf("%d measurements in %v; want several runs in at most %v", d.calls, d.took(), span)
	}
	for layer, n := range d.times {
		if n > 1 {
			t.Errorf("%v was measured %d times", layer, n)
		}
	}
	d.stop = 0
	sameLatencies(t, d, path)
}

// However often a probing is interrupted, and whether its time is bounded or not, every layer and network is
// visited as often as it would have been.
func TestInterruptedProbingsVisitAllAsOften(t *testing.T) {
	for _, bound := range []time.Duration{0, time.Hour} {
		d, path := newSundial(fast), filepath.Join(t.TempDir(), "latency.json")
		stops := inPieces(t, d, path, bound, 500)
		l := on(t, d, path)
		if stops < 4 || len(d.times) != 370 || l.Layers() != 370 || len(l.random) != 48 {
			t.Errorf("span %v: %d stops, %d layers visited, %d and %d networks known; want 4 or more, 370 and 48", bound, stops, len(d.times), l.Layers(), len(l.random))
		}
		for layer, n := range d.times {
			if n != bench.Visits {
				t.Errorf("span %v: %v was visited %d times; want %d", bound, layer, n, bench.Visits)
			}
		}
		for _, a := range l.random {
			if n := l.timed[a].Rounds; n != bench.Visits*bench.VisitEffort.Rounds {
				t.Errorf("span %v: a network has %d rounds; want those of %d visits", bound, n, bench.Visits)
			}
		}
	}
}

// What else a machine does for a while makes some layers slow in a sweep, and networks in another; what
// is learnt is the same as on a quiet one, since some visit of each was undisturbed. Rounds in a row are not.
func TestDisturbancesAreForgotten(t *testing.T) {
	calm := on(t, newSundial(fast), filepath.Join(t.TempDir(), "latency.json"))
	learn(t, calm, probing(time.Hour))
	d := newSundial(fast)
	for at := time.Duration(0); at < time.Minute; at += 550 * time.Millisecond { // a sweep takes longer
		d.slow = append(d.slow, span{at, at + 220*time.Millisecond})
	}
	l := on(t, d, filepath.Join(t.TempDir(), "latency.json"))
	learn(t, l, probing(time.Hour))
	if l.Report.MAPE > 1.1*calm.Report.MAPE+0.001 {
		t.Errorf("predictions are off by %.3f where others disturbed, by %.3f else", l.Report.MAPE, calm.Report.MAPE)
	}
	rng := stream.New(7, "proposals")
	for range 200 {
		a := l.family.Space().Random(rng)
		got, err := l.Predict(a)
		if err != nil {
			t.Fatal(err)
		}
		want, err := calm.Predict(a)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(got/want-1) > 0.01 {
			t.Fatalf("%s: %v s where others disturbed, %v else", l.family.Space().Format(a), got, want)
		}
	}
}

// A machine that is disturbed for a moment when its speed is looked at again has not changed it; one that is
// slow all the time has.
func TestDriftForgetsDisturbances(t *testing.T) {
	d := newSundial(fast)
	l := on(t, d, filepath.Join(t.TempDir(), "latency.json"))
	learn(t, l, probing(time.Hour))
	for _, c := range []struct {
		lasts time.Duration
		drift float64
	}{{30 * time.Millisecond, 1}, {time.Minute, 2}} {
		d.slow = []span{{d.took(), d.took() + c.lasts}}
		if got, err := l.Drift(t.Context(), 8); err != nil || math.Abs(got-c.drift) > 1e-9 {
			t.Errorf("disturbed for %v: drift %v, %v; want %v", c.lasts, got, err, c.drift)
		}
	}
}

// sameLatencies checks that what was learnt is read back: nothing more is
// measured, however often it is asked for, and predictions keep their bits.
func sameLatencies(t *testing.T, d *sundial, path string) {
	t.Helper()
	calls := d.calls
	var costs [2][]float64
	for i, p := range []Probing{probing(time.Hour), probing(0)} {
		l := on(t, d, path)
		learn(t, l, p)
		rng := stream.New(5, "proposals")
		for range 1000 {
			c, err := l.Cost(l.family.Space().Random(rng))
			if err != nil {
				t.Fatal(err)
			}
			costs[i] = append(costs[i], c.Latency)
		}
	}
	if d := cmp.Diff(costs[0], costs[1]); d != "" {
		t.Errorf("predictions differ from those before:\n%s", d)
	}
	if d.calls != calls {
		t.Errorf("%d things were measured after the probing was done", d.calls-calls)
	}
	l := on(t, d, path)
	again := probing(0)
	again.Again = true
	learn(t, l, again)
	if l.Probed != nil || len(l.random) != 48 {
		t.Errorf("measuring again left %d networks and %+v; want 48 and no bound", len(l.random), l.Probed)
	}
}

// What was cut is known: all of an ample span, rounds of a short one, layers where the machine is slow.
func TestOutcomeOfAProbing(t *testing.T) {
	if _, bounded := on(t, newSundial(fast), "").Outcome(); bounded {
		t.Error("a probing whose time was not bounded has an outcome")
	}
	for _, c := range []struct {
		pace      float64
		span      time.Duration
		estimated bool
		rounds    [2]int // least and most
		networks  [2]int
	}{
		{fast, time.Hour, false, [2]int{15, 15}, [2]int{48, 48}},
		{fast, 1500 * time.Millisecond, false, [2]int{6, 6}, [2]int{48, 48}},
		{slow, 2 * time.Second, true, [2]int{3, 3}, [2]int{10, 19}},
	} {
		l := on(t, newSundial(c.pace), filepath.Join(t.TempDir(), "latency.json"))
		learn(t, l, probing(c.span))
		o, bounded := l.Outcome()
		within := func(v int, of [2]int) bool { return v >= of[0] && v <= of[1] }
		if !bounded || o.Span != c.span || o.Spent > c.span || o.Layers+o.Estimated != 370 || (o.Estimated > 0) != c.estimated ||
			!within(o.Rounds, c.rounds) || !within(o.Networks, c.networks) || o.Wanted != 48 {
			t.Errorf("span %v: %+v; want layers estimated: %t, rounds %v, networks %v", c.span, o, c.estimated, c.rounds, c.networks)
		}
		left := l.Estimated()
		rng := stream.New(6, "proposals")
		for range 5000 {
			if _, err := l.Cost(l.family.Space().Random(rng)); err != nil {
				t.Fatal(err)
			}
		}
		later := on(t, l.device.(*sundial), l.path)
		if o, _ := later.Outcome(); later.Estimated() == left || o.Estimated != left {
			t.Errorf("span %v: of %d layers that are estimated there was no time for %d; want that of %d", c.span, later.Estimated(), o.Estimated, left)
		}
	}
}

// Where latencies cannot be written nothing is measured.
func TestLatenciesAreWrittenFirst(t *testing.T) {
	d := newSundial(fast)
	l := on(t, d, filepath.Join(t.TempDir(), "no", "latency.json"))
	if err := l.Measure(t.Context(), probing(0), unheard); !errors.Is(err, os.ErrNotExist) || d.calls > 0 {
		t.Errorf("%v after %d timings; want that there is no such folder before any", err, d.calls)
	}
}

// Errors are told in seconds per image, whatever the images of a pass; what is a share stays, that of intervals too.
func TestErrorsArePerImage(t *testing.T) {
	var all [2]predictor.Report
	for i, batch := range []int{1, 4} {
		d := newSundial(fast)
		l := on(t, d, filepath.Join(t.TempDir(), "latency.json"))
		l.batch = batch
		learn(t, l, probing(time.Hour))
		all[i] = l.Report
	}
	if math.Abs(all[1].RMSE/all[0].RMSE-0.25) > 1e-9 {
		t.Errorf("root mean squares of %v with one image a pass, of %v with four that take as long; want a quarter", all[0].RMSE, all[1].RMSE)
	}
	all[1].RMSE = all[0].RMSE
	if d := cmp.Diff(all[0], all[1], cmpopts.EquateApprox(1e-9, 0)); d != "" || all[0].Cover90 == 1 {
		t.Errorf("%.3f of the truths are in intervals; shares with four images a pass differ by (-one +four):\n%s", all[0].Cover90, d)
	}
}

// How often what a search has chosen was timed is read back, and is not known of other networks.
func TestTimingsAreCounted(t *testing.T) {
	d, path := newSundial(fast), filepath.Join(t.TempDir(), "latency.json")
	l := on(t, d, path)
	learn(t, l, probing(600*time.Millisecond))
	learnt, rng := l.Sample()[0], stream.New(3, "found")
	once, thrice := l.Family().Space().Random(rng), l.Family().Space().Random(rng)
	for _, a := range []space.Arch{learnt, once, thrice} {
		if _, err := l.Time(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if _, err := l.TimeAgain(t.Context(), thrice); err != nil {
			t.Fatal(err)
		}
	}
	for _, m := range []*Model{l, on(t, d, path)} {
		if got := [3]int{m.Timings(learnt), m.Timings(once), m.Timings(thrice)}; got != [3]int{0, 1, 3} {
			t.Errorf("%v timings of one that was learnt from, one timed once and one timed again; want 0, 1, 3", got)
		}
	}
}
