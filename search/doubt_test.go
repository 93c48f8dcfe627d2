package search

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/espalier-nas/espalier/bench"
	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/search/latency"
	"github.com/espalier-nas/espalier/search/report"
	"github.com/espalier-nas/espalier/search/rundir"
	"github.com/espalier-nas/espalier/supernet/space"
)

// blurred is a device at hand whose networks take more or less than a model can know, always the same,
// and that counts how often it was asked for each.
type blurred struct {
	calculated
	by    float64
	times map[string]int
	left  *int // timings of whole networks before it is interrupted, once; below 0: it is not
}

// Time implements bench.Device.
func (b blurred) Time(ctx context.Context, p space.Plan, e bench.Effort) (bench.Sample, error) {
	s, err := b.calculated.Time(ctx, p, e)
	if len(p) > 1 {
		if *b.left--; *b.left == -1 {
			return bench.Sample{}, context.Canceled
		}
		b.times[fmt.Sprint(p)]++
		s.Median *= 1 + b.by*rand.New(rand.NewPCG(uint64(p.FLOPs()), uint64(p.Params()))).NormFloat64()
	}
	return s, err
}

// doubting is a run before it chooses candidates of a device at hand, with contenders that its latency
// model has not learnt from, as predicted, the fastest first.
type doubting struct {
	*world
	r          *Run
	l          *latency.Model
	device     blurred
	file       string // of the latencies
	contenders []candidate
}

func newDoubting(t *testing.T, by float64) *doubting {
	t.Helper()
	w := newWorld(t, asPredicted)
	r, _, _ := w.handing()
	r.state.DoubtfulOnly, r.state.ReachPredicted = true, true
	never := -1
	d := &doubting{world: w, r: r, device: blurred{by: by, times: map[string]int{}, left: &never}}
	d.file = filepath.Join(t.TempDir(), "latency.json")
	d.l = latency.New(w.family, d.device, r.exec, w.cfg.Device.Batch, d.file)
	p := latency.Probing{Samples: w.cfg.Device.Samples, Seed: 1, Holdout: w.cfg.Predictor.Holdout}
	if err := d.l.Measure(t.Context(), p, func(float64, float64, string, string) {}); err != nil {
		t.Fatal(err)
	}
	for a := range w.family.Space().Enumerate {
		if d.l.Learnt(a) {
			continue
		}
		c, err := d.l.Cost(a)
		if err != nil {
			t.Fatal(err)
		}
		d.contenders = append(d.contenders, candidate{Trial: controller.Trial{Arch: a, Cost: c}})
	}
	slices.SortFunc(d.contenders, func(a, b candidate) int { return sign(a.Cost.Latency < b.Cost.Latency) })
	for i := range d.contenders {
		d.contenders[i].worth = float64(i) // the slowest of a slot
	}
	clear(d.device.times)
	return d
}

// choose returns so many candidates, all measured, and how many networks were timed for that.
func (d *doubting) choose(arm string, n int) (chosen []candidate, timed int) {
	d.t.Helper()
	before := maps.Clone(d.device.times)
	chosen, err := d.r.candidates(d.t.Context(), arm, slices.Clone(d.contenders), n, d.l)
	if err != nil {
		d.t.Fatal(err)
	}
	for _, c := range chosen {
		if c.measured == nil {
			d.t.Errorf("%s is a candidate and was not measured", d.family.Space().Format(c.Arch))
		}
	}
	return chosen, len(d.device.times) - len(before)
}

// Networks are measured whose prediction is doubtful, and those that become candidates; the others are not, and the
// report tells how many of each there were.
func TestOnlyDoubtfulContendersAreMeasured(t *testing.T) {
	const n = 4
	d := newDoubting(t, 0.002)
	all := d.r.timedOf(n)
	if len(d.contenders) < 2*all {
		t.Fatalf("%d contenders; want more than twice %d", len(d.contenders), all)
	}
	chosen, timed := d.choose(armFinal, n)
	if len(chosen) != n || timed != n {
		t.Errorf("%d candidates, %d networks timed; want %d of each, as nothing is doubtful", len(chosen), timed, n)
	}
	if got, want := *d.r.contendersReport(), (report.Contenders{Taken: n, Relied: all - n}); got != want {
		t.Errorf("the report tells %+v; want %+v", got, want)
	}
	_, timed = d.choose(armRandomFinal, n)
	if got := *d.r.contendersReport(); timed != 0 || got.Taken != n {
		t.Errorf("chosen among the same once more, %d networks are timed and %+v told; want none twice", timed, got)
	}
	if d.r.warnOfLimits(); len(d.r.timed) != n || len(d.r.warnings) > 0 {
		t.Errorf("%d networks count as timed, warnings %q; want the measured ones only, and none", len(d.r.timed), d.r.warnings)
	}

	blurs := newDoubting(t, 0.2)
	chosen, timed = blurs.choose(armFinal, n)
	if len(chosen) != n || timed != all {
		t.Errorf("%d candidates, %d networks timed; want %d and all %d, which are doubtful", len(chosen), timed, n, all)
	}
	if got, want := *blurs.r.contendersReport(), (report.Contenders{Doubted: all}); got != want {
		t.Errorf("the report tells %+v; want %+v", got, want)
	}

	old := newDoubting(t, 0.002)
	old.r.state.DoubtfulOnly = false
	if _, timed := old.choose(armFinal, n); timed != all || old.r.contendersReport() != nil {
		t.Errorf("as an earlier version began %d networks are timed, %+v told; want all %d, and nothing told", timed, old.r.contendersReport(), all)
	}
}

// Networks near a limit are measured before any is chosen, and what becomes a candidate by its prediction and breaks
// the limit as measured makes room for the next one, which is measured then.
func TestContendersNearTheLimitAreMeasured(t *testing.T) {
	const n = 4
	d := newDoubting(t, 0.002)
	limit := d.contenders[20].Cost.Latency
	d.r.cfg.Limits.Latency = time.Duration(1e9*limit) + 1
	d.contenders = slices.DeleteFunc(d.contenders, func(c candidate) bool { return c.Cost.Latency > d.r.cfg.Limits.Latency.Seconds() })
	chosen, _ := d.choose(armFinal, n)
	near := 0
	for _, c := range d.contenders {
		is, err := d.l.Doubtful(c.Arch, controller.Limits{Latency: limit})
		if err != nil {
			t.Fatal(err)
		}
		if is {
			near++
		}
	}
	if got := d.r.contendersReport(); near == 0 || got.Doubted == 0 || got.Doubted > near || got.Relied == 0 || len(chosen) != n {
		t.Errorf("%d candidates, %+v told, %d near the limit; want some doubted, no more than these", len(chosen), got, near)
	}

	// A model that is surely wrong: what it takes for half as slow as it is.
	d = newDoubting(t, 0.002)
	d.r.cfg.Limits.Latency = time.Duration(1e9 * d.contenders[8].Cost.Latency * 1.2)
	for i := range d.contenders {
		d.contenders[i].Cost.Latency /= 4
	}
	chosen, timed := d.choose(armFinal, n)
	for _, c := range chosen {
		if c.measured.Median > d.r.cfg.Limits.Latency.Seconds() {
			t.Errorf("a candidate takes %v s; want at most %v", c.measured.Median, d.r.cfg.Limits.Latency)
		}
	}
	if timed <= n || len(chosen) == 0 {
		t.Errorf("%d candidates after %d timings; want more timings than candidates, as the first ones break the limit", len(chosen), timed)
	}
	if d.r.warnOfLimits(); len(d.r.warnings) != 1 || !strings.Contains(d.r.warnings[0], fmt.Sprintf("of %d networks", timed)) {
		t.Errorf("warnings %q; want those beyond the limit of %d timed", d.r.warnings, timed)
	}
}

// A search that is interrupted while it measures contenders chooses the same ones, for the same reasons, and
// measures nothing twice.
func TestInterruptedMeasuringOfContenders(t *testing.T) {
	const n = 4
	within := func(d *doubting) *doubting {
		d.r.cfg.Limits.Latency = time.Duration(1e9*d.contenders[24].Cost.Latency) + 1
		d.contenders = d.contenders[:25]
		return d
	}
	for by, mixed := range map[float64]bool{0.04: true, 0.2: false} { // with a limit
		whole := within(newDoubting(t, by))
		want, timings := whole.choose(armFinal, n)
		told := *whole.r.contendersReport()
		if mixed && (told.Doubted == 0 || told.Taken == 0 || told.Relied == 0) {
			t.Fatalf("%+v told; want some of each", told)
		}
		for stop := 0; stop < timings; stop += 3 {
			d := within(newDoubting(t, by))
			*d.device.left = stop
			if _, err := d.r.candidates(t.Context(), armFinal, slices.Clone(d.contenders), n, d.l); !errors.Is(err, context.Canceled) {
				t.Fatalf("after %d of %d timings: %v", stop, timings, err)
			}
			d.r.looked, d.r.timed, d.r.warnings = nil, nil, nil // another process
			got, _ := d.choose(armFinal, n)
			if len(d.device.times) != timings || *d.r.contendersReport() != told {
				t.Errorf("stopped after %d timings: %d networks timed, %+v told; want %d, %+v", stop, len(d.device.times), *d.r.contendersReport(), timings, told)
			}
			for i := range want {
				if got[i].Arch != want[i].Arch || *got[i].measured != *want[i].measured {
					t.Errorf("stopped after %d timings, candidate %d is %v; want %v", stop, i, got[i].Arch, want[i].Arch)
				}
			}
		}
	}
}

// From latency.json on another machine the same candidates are chosen for the same reasons, in two choices one after the
// other: what the file has of the second is not looked at in the first.
func TestContendersAreTheSameFromTheirFile(t *testing.T) {
	d := newDoubting(t, 0.04)
	d.r.cfg.Limits.Latency = time.Duration(1e9*d.contenders[39].Cost.Latency) + 1
	d.contenders = d.contenders[:40]
	pick := func() (all []candidate, told report.Contenders) {
		d.r.looked, d.r.timed = nil, nil
		first, _ := d.choose(armFinal, 4)
		second, _ := d.choose(armSecond, 6)
		return append(first, second...), *d.r.contendersReport()
	}
	want, told := pick()
	if told.Doubted == 0 || told.Taken <= 4 || told.Relied == 0 {
		t.Fatalf("%+v told; want some of each, and some taken by the second choice", told)
	}
	var err error
	p := latency.Probing{Samples: d.cfg.Device.Samples, Seed: 1, Holdout: d.cfg.Predictor.Holdout}
	if d.l, err = latency.OpenFile(d.family, d.file, filepath.Join(t.TempDir(), "copy.json"), d.cfg.Device.Batch, p); err != nil {
		t.Fatal(err)
	}
	if d.l.Measurable() {
		t.Fatal("the device is at hand")
	}
	got, again := pick()
	if again != told || len(got) != len(want) {
		t.Errorf("%d candidates, %+v told; want %d, %+v", len(got), again, len(want), told)
	}
	for i := range want {
		if got[i].Arch != want[i].Arch || *got[i].measured != *want[i].measured {
			t.Errorf("candidate %d is %s, %v; want %s, %v", i, d.family.Space().Format(got[i].Arch), got[i].measured.Median, d.family.Space().Format(want[i].Arch), want[i].measured.Median)
		}
	}

	// A file of the networks that the model learns from alone: what is doubtful stays so.
	var whole latency.File
	if err := rundir.ReadJSON(d.file, &whole); err != nil {
		t.Fatal(err)
	}
	whole.Networks = slices.DeleteFunc(whole.Networks, func(n latency.Network) bool { return n.Found })
	if err := rundir.WriteJSON(d.file, whole); err != nil {
		t.Fatal(err)
	}
	if d.l, err = latency.OpenFile(d.family, d.file, filepath.Join(t.TempDir(), "copy.json"), d.cfg.Device.Batch, p); err != nil {
		t.Fatal(err)
	}
	d.r.looked, d.r.timed = nil, nil
	if _, err := d.r.candidates(t.Context(), armRandomFinal, slices.Clone(d.contenders), 4, d.l); err != nil {
		t.Fatal(err)
	}
	if got := *d.r.contendersReport(); got.Absent == 0 || got.Relied == 0 || got.Absent+got.Relied != d.r.timedOf(4) || len(d.r.timed) > 0 {
		t.Errorf("%+v told, %d timed; want some of both that were not measured, and none timed", got, len(d.r.timed))
	}
}
