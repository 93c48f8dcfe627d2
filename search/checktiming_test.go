package search

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/espalier-nas/espalier/bench"
	"github.com/espalier-nas/espalier/search/latency"
	"github.com/espalier-nas/espalier/supernet/space"
	"github.com/google/go-cmp/cmp"
)

// slowing takes twice as long from one timing to the next.
type slowing struct {
	calculated
	times *int
}

// Time implements bench.Device.
func (s slowing) Time(ctx context.Context, p space.Plan, e bench.Effort) (bench.Sample, error) {
	*s.times++
	x, err := s.calculated.Time(ctx, p, e)
	return sampleOf(x.Median * float64((*s.times+repeatedNetworks-1)/repeatedNetworks)), err
}

// Networks are timed again in turns, once in the life of the folder; what a machine takes once,
// twice and three times as long for has a coefficient of variation of a half.
func TestTimingsAreRepeated(t *testing.T) {
	w := newWorld(t, asPredicted)
	r := w.open("run")
	times := 0
	l := latency.New(w.family, slowing{times: &times}, r.exec, 1, "")
	for a := range w.family.Space().Enumerate {
		l.Note(a, bench.Sample{}, false)
	}
	got, err := r.timing(t.Context(), l)
	if err != nil {
		t.Fatal(err)
	}
	want := 1.0 / 2 // deviation over mean of 1, 2 and 3
	if times != repeatedNetworks*timingRepeats || math.Abs(got.Spread.Mean-want) > 1e-9 || got.Spread.N != repeatedNetworks || got.Workers != r.exec.Workers() {
		t.Errorf("%d timings, variation %+v, %d threads; want %d and %v", times, got.Spread, got.Workers, repeatedNetworks*timingRepeats, want)
	}
	var again state
	if err := again.load(r.dir); err != nil {
		t.Fatal(err)
	}
	r.state = again
	if kept, err := r.timing(t.Context(), l); err != nil || times != repeatedNetworks*timingRepeats || cmp.Diff(got, kept) != "" {
		t.Errorf("the next time %d timings, %+v, %v; want what was kept", times, kept, err)
	}
	r.state.Timing, times, r.cfg.Budget = nil, 0, time.Nanosecond
	if _, err := r.timing(t.Context(), l); err != nil || times != repeatedNetworks*leastRepeats {
		t.Errorf("without time %d timings, %v; want %d", times, err, repeatedNetworks*leastRepeats)
	}
}

// slower takes twice as long as what is known of it.
type slower struct{ calculated }

// Time implements bench.Device.
func (s slower) Time(ctx context.Context, p space.Plan, e bench.Effort) (bench.Sample, error) {
	x, err := s.calculated.Time(ctx, p, e)
	return sampleOf(2 * x.Median), err
}

// A machine that has become slower has a drift above 1, and a warning.
func TestDriftIsNowOverThen(t *testing.T) {
	w := newWorld(t, asPredicted)
	r := w.open("run")
	l := latency.New(w.family, slower{}, r.exec, 1, "")
	for a := range w.family.Space().Enumerate {
		s, err := calculated{}.Time(t.Context(), w.family.Plan(a), bench.DefaultEffort)
		if err != nil {
			t.Fatal(err)
		}
		l.Note(a, s, false)
	}
	if err := r.checkDrift(t.Context(), l); err != nil || math.Abs(r.state.Drift-2) > 1e-9 {
		t.Errorf("drift %v, %v; want 2", r.state.Drift, err)
	}
	if r.warnOfDrift(); len(r.warnings) != 1 {
		t.Errorf("warnings %q; want one", r.warnings)
	}
}
