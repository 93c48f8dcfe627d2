package search

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/espalier-nas/espalier/bench"
	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/search/latency"
	"github.com/espalier-nas/espalier/search/rundir"
	"github.com/espalier-nas/espalier/supernet/space"
)

func trial(id uint8, accuracy, latency float64) controller.Trial {
	return controller.Trial{Index: int(id), Arch: space.NewArch([]uint8{id}), Accuracy: accuracy, Cost: controller.Cost{Latency: latency}}
}

// risen is a finished network with inherited accuracy 0.
func risen(id uint8, accuracy, latency float64) *finished {
	return &finished{candidate: candidate{Trial: trial(id, 0, latency)}, rungs: []rundir.Rung{{Accuracy: 0.99}, {Accuracy: accuracy}}}
}

func indices(all []*finished) (out []int) {
	for _, f := range all {
		out = append(out, f.Index)
	}
	return out
}

// every returns the places of all contenders.
func every(all []candidate) (which []int) {
	for i := range all {
		which = append(which, i)
	}
	return which
}

// jolted takes other multiples of the calculated time from one timing of a network to the next.
type jolted struct {
	calculated
	times   map[string]int
	factors map[string][]float64 // of the timings in turn; 1 for others
	left    *int                 // timings before it is interrupted, once; below 0: it is not
}

// Time implements bench.Device.
func (j jolted) Time(ctx context.Context, p space.Plan, e bench.Effort) (bench.Sample, error) {
	if *j.left--; *j.left == -1 {
		return bench.Sample{}, context.Canceled
	}
	s, err := j.calculated.Time(ctx, p, e)
	key := fmt.Sprint(p)
	n := j.times[key]
	j.times[key]++
	if f := j.factors[key]; n < len(f) {
		s.Median *= f[n]
	}
	return s, err
}

// What a disturbance made slow is timed again, after the others, and counts with its fastest
// timing; what is slower than predicted stays so. Batches are divided by. A search that is interrupted in
// between goes on with it.
func TestDoubtfulLatenciesAreMeasuredAgain(t *testing.T) {
	w := newWorld(t, asPredicted)
	r := w.open("run")
	const batch = 4
	rows := []struct {
		factors []float64
		times   int
		want    float64
	}{
		{nil, 1, 1},
		{[]float64{1.1}, 1, 1.1},
		{[]float64{2}, 2, 1},
		{[]float64{3, 2, 1.2}, 3, 1.2},
		{[]float64{1.5, 1.4, 1.6}, 3, 1.4},
		{[]float64{0.5}, 1, 0.5},
	}
	timings := 0
	for _, row := range rows {
		timings += row.times
	}
	for stop := range timings + 1 { // the last one is not interrupted
		d := jolted{times: map[string]int{}, factors: map[string][]float64{}, left: &stop}
		path := filepath.Join(t.TempDir(), "latency.json")
		l := latency.New(w.family, d, r.exec, batch, path)
		var archs []space.Arch
		for a := range w.family.Space().Enumerate {
			if archs = append(archs, a); len(archs) == len(rows) {
				break
			}
		}
		truth := func(i int) float64 {
			s, err := d.calculated.Time(t.Context(), w.family.Plan(archs[i]), bench.DefaultEffort)
			if err != nil {
				t.Fatal(err)
			}
			return s.Median / batch
		}
		measure := func() (all []candidate, err error) {
			for i, a := range archs {
				d.factors[fmt.Sprint(w.family.Plan(a))] = rows[i].factors
				all = append(all, candidate{Trial: controller.Trial{Arch: a, Cost: controller.Cost{Latency: truth(i)}}})
			}
			return all, r.measure(t.Context(), l, all, every(all))
		}
		interrupted := stop < timings
		all, err := measure()
		if errors.Is(err, context.Canceled) != interrupted {
			t.Fatalf("%v after %d timings of %d", err, stop, timings)
		}
		if interrupted {
			if all, err = measure(); err != nil {
				t.Fatal(err)
			}
		}
		var file latency.File
		if err := rundir.ReadJSON(path, &file); err != nil || len(file.Networks) != len(rows) {
			t.Fatalf("%d networks in the file (%v); want %d", len(file.Networks), err, len(rows))
		}
		for i, row := range rows {
			n := d.times[fmt.Sprint(w.family.Plan(archs[i]))]
			kept, told := file.Networks[i].Sample, file.Networks[i].Timings
			if got := all[i].measured.Median / truth(i); n != row.times || told != n || math.Abs(got-row.want) > 1e-9 || kept.Median != batch*all[i].measured.Median {
				t.Errorf("%v: %d timings, %d kept, %.3f of the truth, %v kept; want %d and %v", row.factors, n, told, got, kept.Median/truth(i)/batch, row.times, row.want)
			}
		}
	}
}

func TestBrokenLimitsAsMeasuredAreLeftOut(t *testing.T) {
	r := quiet(t)
	r.cfg.Limits.Latency = 2e9 // 2 s
	in, over, near := bench.Sample{Median: 1.5}, bench.Sample{Median: 3}, bench.Sample{Median: 2.5}
	all := []candidate{{Trial: trial(1, 0.5, 1), measured: &in}, {Trial: trial(2, 0.6, 1), measured: &over}, {Trial: trial(3, 0.6, 1), measured: &near}}
	if got := r.within(all); len(got) != 1 || got[0].Index != 1 || len(r.warnings) != 0 {
		t.Errorf("%+v with warnings %q; want the first one and no warning yet", got, r.warnings)
	}
	if got := r.within(append(all[1:], candidate{Trial: trial(4, 0.6, 1), measured: &near})); len(got) != 0 {
		t.Errorf("%+v; want nothing", got)
	}
	if got := r.nearest(armRandomFinal, all[1:]); got.Index != 3 || len(r.warnings) != 1 || !strings.Contains(r.warnings[0], "random search") {
		t.Errorf("%+v with warnings %q; want the nearest one and a warning", got, r.warnings)
	}
	if got := r.within([]candidate{{Trial: trial(5, 0.6, 1)}, {Trial: trial(6, 0.6, 3)}}); len(got) != 1 || got[0].Index != 5 {
		t.Errorf("%+v; want the one that is within the limit as predicted", got)
	}
	if r.warnOfLimits(); len(r.warnings) != 2 || !strings.HasPrefix(r.warnings[1], "3 of 4 networks") {
		t.Errorf("warnings %q; want one of all that were timed, each once", r.warnings)
	}
}

// A machine that has become slower since latencies were learnt puts nothing out of reach: only the user's limits
// are about measured latencies. Candidates that an earlier version has chosen stay those within reach.
func TestReachIsAboutPredictedLatencies(t *testing.T) {
	r := quiet(t)
	r.cfg.Finish.Reach = 2e9 // 2 s
	slower, slowest := bench.Sample{Median: 3}, bench.Sample{Median: 5}
	all := []candidate{{Trial: trial(1, 0.5, 1), measured: &slower}, {Trial: trial(2, 0.6, 1.5), measured: &slowest}}
	if got := r.within(all); len(got) != 0 {
		t.Errorf("begun by an earlier version: %+v; want none", got)
	}
	r.state.ReachPredicted = true
	if got := r.within(all); len(got) != 2 {
		t.Errorf("%+v; want both", got)
	}
	if got := r.limits().Latency; got != 2 {
		t.Errorf("predicted latencies up to %v s are searched; want 2", got)
	}
	r.cfg.Limits.Latency = 4e9
	if got := r.within(all); len(got) != 1 || got[0].Index != 1 {
		t.Errorf("with a limit between both: %+v; want the first", got)
	}
	r.timed = nil
	if r.within(all); len(r.timed) != 2 {
		t.Fatalf("%d were timed; want both", len(r.timed))
	}
	if r.warnOfLimits(); len(r.warnings) != 1 || !strings.HasPrefix(r.warnings[0], "1 of 2 networks") {
		t.Errorf("warnings %q; want one of the network beyond the limit", r.warnings)
	}
}

// An arm of which no candidate meets the limits as measured has the nearest one; those that join
// others are none then. What breaks a limit is not handed over beside what does not.
func TestNothingBeyondTheLimitsBesideWhatMeetsThem(t *testing.T) {
	w := newWorld(t, asPredicted)
	r, l, network := w.handing()
	fast, slow := w.arch("sep3x3:4 identity"), w.arch("conv3x3:8 conv3x3:8+0")
	r.cfg.Limits.Latency = time.Duration(1e9 * (w.measured[fast] + w.measured[slow]) / 8)
	beyond := []candidate{{Trial: controller.Trial{Arch: slow}}} // as if it had been predicted faster
	for arm, want := range map[string]int{armFinal: 1, armRandomFinal: 1, armSecond: 0} {
		got, err := r.candidates(t.Context(), arm, beyond, 4, l)
		if err != nil || len(got) != want {
			t.Errorf("%s: %d candidates, %v; want %d", arm, len(got), err, want)
		}
	}
	if len(r.warnings) != 2 {
		t.Errorf("warnings %q; want one for each arm that has nothing within", r.warnings)
	}
	over, in := network(slow, 0.9, 0), network(fast, 0.8, 0)
	for _, c := range []struct {
		search, random []*finished
		want           *finished
	}{
		{[]*finished{in}, []*finished{over}, in},
		{[]*finished{in, over}, nil, in},
		{[]*finished{over}, nil, over},
	} {
		out := &outcome{searchTop: c.search, randomTop: c.random}
		if err := r.handOver(t.Context(), l, out); err != nil {
			t.Fatal(err)
		}
		if len(out.front) != 1 || out.front[0] != c.want {
			t.Errorf("%d networks are handed over; want the one within the limits, if there is one", len(out.front))
		}
	}
}

func TestArmsAreComparedBestAgainstBest(t *testing.T) {
	search := []*finished{risen(1, 0.5, 1), risen(2, 0.8, 4), risen(3, 0.9, 8)}
	random := []*finished{risen(4, 0.6, 2), risen(5, 0.7, 8)}
	c, err := compareArms(search, random, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	if c.Best != 2 || c.Stats.Searches != 2 || c.Stats.Randoms != 2 || !near(c.Stats.SearchMean, 0.85) || !near(c.Stats.RandomMean, 0.65) || !near(c.Margin, 0.2) {
		t.Errorf("%+v; want the best two of each", c)
	}
	want := [][3]float64{{1, 0.5, 0}, {2, 0.5, 0.6}, {4, 0.8, 0.6}, {8, 0.9, 0.7}}
	for i, l := range c.Levels {
		if got := [3]float64{l.Latency, l.Search, l.Random}; got != want[i] {
			t.Errorf("level %d is %v; want %v", i, got, want[i])
		}
	}
}

func near(a, b float64) bool { return a-b < 1e-9 && b-a < 1e-9 }
