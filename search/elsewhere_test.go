package search

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/espalier-nas/espalier/bench"
	"github.com/espalier-nas/espalier/search/config"
	"github.com/espalier-nas/espalier/search/report"
	"github.com/espalier-nas/espalier/search/rundir"
	"github.com/espalier-nas/espalier/supernet/space"
)

// phone is a device that is slow at classifiers of few features: on it the smallest networks
// are not the fastest.
type phone struct{}

// Name implements bench.Device.
func (phone) Name() string { return "a phone" }

// Time implements bench.Device.
func (phone) Time(_ context.Context, p space.Plan, _ bench.Effort) (bench.Sample, error) {
	s := 0.0
	for _, step := range p {
		l := step.Layer
		s += 1e-6 + 3e-9*float64(l.FLOPs())
		if l.Op == space.Linear && l.InC == 4 {
			s += 400e-6
		}
	}
	return sampleOf(s), nil
}

// onPhone writes the phone's latency file and returns its path and the seconds per picture.
func (w *world) onPhone() (path string, seconds map[space.Arch]float64) {
	w.t.Helper()
	path = filepath.Join(w.dir, "phone.json")
	seconds = w.writeLatencies(path, phone{}, asPredicted)
	for a := range seconds {
		seconds[a] /= float64(w.cfg.Device.Batch)
	}
	return path, seconds
}

// mapsAlive returns the bytes of the maps that are alive in the worst step of a plan, from
// the definition: a map is alive from the step that makes it to the last that reads it.
func mapsAlive(p space.Plan) (worst int64) {
	for now := range p {
		alive := int64(0)
		for i := space.Image; i <= now; i++ {
			readLater := i == now
			for _, s := range p[now:] {
				readLater = readLater || slices.Contains(s.In, i)
			}
			numbers := p[0].Layer.H * p[0].Layer.W * p[0].Layer.InC
			if i >= 0 {
				numbers = p[i].Layer.OutH() * p[i].Layer.OutW() * p[i].Layer.OutC
			}
			if readLater {
				alive += 4 * int64(numbers)
			}
		}
		worst = max(worst, alive)
	}
	return worst
}

// limitedWorld is a world with a limit on memory, one on the size of the file and one on a
// phone, which only few architectures meet together, the smallest not among them.
type limitedWorld struct {
	*world
	seconds map[space.Arch]float64 // per picture on the phone
	memory  int64
	size    int64
	phone   float64
}

func newLimitedWorld(t *testing.T) limitedWorld {
	t.Helper()
	w := newWorld(t, asPredicted)
	path, seconds := w.onPhone()
	l := limitedWorld{world: w, seconds: seconds}
	l.memory = int64(w.quantile(0.7, func(a space.Arch) float64 { return float64(mapsAlive(w.family.Plan(a))) }))
	l.phone = w.quantile(0.3, func(a space.Arch) float64 { return seconds[a] })
	r := w.open("probe")
	l.size = int64(w.quantile(0.3, func(a space.Arch) float64 {
		n, err := r.fileSize(a)
		if err != nil {
			t.Fatal(err)
		}
		return float64(n)
	}))
	w.cfg.Limits.Memory, w.cfg.Limits.Size = config.Count(l.memory), config.Count(l.size)
	w.cfg.Limits.Elsewhere = []config.Elsewhere{{Table: path, Latency: time.Duration(l.phone * 1e9)}}
	within, all := 0, 0
	for a := range w.family.Space().Enumerate {
		all++
		if n, _ := r.fileSize(a); n <= l.size && l.meets(a) {
			within++
		}
	}
	t.Logf("%d of %d architectures meet all limits", within, all)
	return l
}

// meets reports whether an architecture meets the limits on memory and on the phone.
func (l limitedWorld) meets(a space.Arch) bool {
	return mapsAlive(l.family.Plan(a)) <= l.memory && l.seconds[a] <= 1.001*l.phone
}

// check checks all that a search has evaluated, finished and handed over against its limits.
func (l limitedWorld) check(s searched) {
	t := l.t
	sizes := map[string]int64{}
	for _, x := range s.trials {
		a := l.arch(x.Arch)
		sizes[x.Arch] = x.Size
		if want := mapsAlive(l.family.Plan(a)); x.Memory != want {
			t.Errorf("trial %d of %s has %d bytes of memory; want %d", x.Index, x.Arm, x.Memory, want)
		}
		if len(x.Elsewhere) != 1 || math.Abs(x.Elsewhere[0]/l.seconds[a]-1) > 0.02 {
			t.Errorf("trial %d of %s takes %v s on the phone; want %v", x.Index, x.Arm, x.Elsewhere, l.seconds[a])
		}
		if armKind(x.Arm) != armSample && !(l.meets(a) && x.Size <= l.size) {
			t.Errorf("trial %d of %s, %s, breaks a limit: %d bytes of memory, %d of file, %v s", x.Index, x.Arm, x.Arch, x.Memory, x.Size, x.Elsewhere)
		}
	}
	for _, g := range s.rungs {
		if info, err := os.Stat(s.dir.Path(rungFile(g))); err == nil && info.Size() != sizes[g.Arch] {
			t.Errorf("%s has %d bytes; said were %d", rungFile(g), info.Size(), sizes[g.Arch])
		}
		if !l.meets(l.arch(g.Arch)) || sizes[g.Arch] > l.size {
			t.Errorf("%s of the arm %s is finished beyond the limits", g.Arch, g.Arm)
		}
	}
	if len(s.report.Pareto) == 0 {
		t.Error("nothing is handed over")
	}
	for _, n := range s.report.Pareto {
		info, err := os.Stat(s.dir.Path(n.File))
		if err != nil {
			t.Fatal(err)
		}
		a := l.arch(n.Arch)
		if n.FileBytes != info.Size() || n.FileBytes != sizes[n.Arch] || n.Memory != mapsAlive(l.family.Plan(a)) || math.Abs(n.Elsewhere[0]/l.seconds[a]-1) > 0.02 {
			t.Errorf("%s: %d bytes of file, %d of memory, %v s on the phone; the file has %d", n.Name, n.FileBytes, n.Memory, n.Elsewhere, info.Size())
		}
	}
}

// untilTrials is a context that ends when the journal of trials has so many lines.
func untilTrials(ctx context.Context, r *Run, lines int) context.Context {
	c := untilRungs{path: r.dir.Path(rundir.Trials), lines: lines}
	c.Context, c.cancel = context.WithCancel(ctx)
	return c
}

// Nothing but first samples is evaluated beyond limits on memory, the size of the file and the
// latency on another device, in any arm, and nothing at all is finished; after
// interruptions, and without the other device's file, too.
func TestLimitsTogether(t *testing.T) {
	w := newLimitedWorld(t)
	a := w.search("whole")
	w.check(a)
	var beyond int
	for _, x := range a.of(armSample) {
		if !w.meets(w.arch(x.Arch)) {
			beyond++
		}
	}
	if beyond == 0 {
		t.Error("all samples are within the limits; want some that only the limits keep from being finished")
	}
	for i, lines := range []int{1, len(a.trials) / 3, 2 * len(a.trials) / 3} {
		r := w.start("cut")
		if _, err := r.Search(untilTrials(t.Context(), r, lines)); !errors.Is(err, context.Canceled) {
			t.Fatalf("after %d trials: %v; want the interruption", lines, err)
		}
		w.end(r)
		if err := os.Remove(w.cfg.Limits.Elsewhere[0].Table); i == 0 && err != nil {
			t.Fatal(err)
		}
	}
	b := w.search("cut")
	w.check(b)
	if d := cmp.Diff(a.trials, b.trials); d != "" {
		t.Errorf("an interrupted run evaluates otherwise:\n%s", d)
	}
	if d := cmp.Diff(a.report.Pareto, b.report.Pareto, timeless); d != "" {
		t.Errorf("an interrupted run hands over otherwise:\n%s", d)
	}
	e := a.report.Latency.Elsewhere
	if len(e) != 1 || e[0].Name != "phone" || e[0].Device != "a phone" || e[0].Networks == 0 || !(e[0].HeldOut.MAPE < 0.02) || e[0].HeldOut.N == 0 {
		t.Errorf("the other device is told as %+v", e)
	}
	text := report.Text(a.report)
	for _, want := range []string{"on phone, a phone: at most", "memory", "file", "bytes, latency", "held out predictions are off by"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
}

// Limits that no network meets are refused in the check, each with the least that any network
// has, or as ones that cannot be met together; a table of another device that cannot be used
// is, too.
func TestLimitsElsewhereAreCheckedFirst(t *testing.T) {
	damaged := func(w *world, path string, change func(f map[string]any)) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var f map[string]any
		if err := json.Unmarshal(text, &f); err != nil {
			t.Fatal(err)
		}
		change(f)
		if err := rundir.WriteJSON(path, f); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		set  func(w *world, path string)
		want []string
	}{
		"memory": {func(w *world, _ string) { w.cfg.Limits.Memory = 100 }, []string{"all ", " of the space break them", "memory of 1280 bytes above 100", "the least that any has is memory of 1280 bytes"}},
		"size":   {func(w *world, _ string) { w.cfg.Limits.Size = 100 }, []string{"the least that any has is a file of", "bytes above 100"}},
		"phone": {func(w *world, path string) {
			w.cfg.Limits.Elsewhere = []config.Elsewhere{{Table: path, Latency: time.Nanosecond}}
		}, []string{"on phone above 1e-06 ms", "the least that any has is latency"}},
		"together": {func(w *world, path string) {
			w.cfg.Limits.Elsewhere = []config.Elsewhere{{Table: path, Latency: 100 * time.Microsecond}}
			w.cfg.Limits.FLOPs = config.Count(w.family.Plan(w.family.Extremes().Smallest).FLOPs())
		}, []string{"each limit alone can be met, not all together", "on phone", "FLOPs"}},
		"batch": {func(w *world, path string) {
			damaged(w, path, func(f map[string]any) { f["batch"] = 1 })
			w.cfg.Limits.Elsewhere = []config.Elsewhere{{Table: path, Latency: time.Second}}
		}, []string{"limits.elsewhere[0]", "phone.json: batch is 1; want 4"}},
		"layers": {func(w *world, path string) {
			damaged(w, path, func(f map[string]any) {
				table := f["table"].(map[string]any)
				layers := table["layers"].([]any)
				table["layers"] = layers[:len(layers)/2]
			})
			w.cfg.Limits.Elsewhere = []config.Elsewhere{{Table: path, Latency: time.Second}}
		}, []string{"limits.elsewhere[0]", "phone.json", "layers of this space", "want a table that measure wrote there"}},
		"missing": {func(w *world, path string) {
			w.cfg.Limits.Elsewhere = []config.Elsewhere{{Table: path + "x", Latency: time.Second}}
		}, []string{"limits.elsewhere[0]", "phone.jsonx"}},
	} {
		w := newWorld(t, asPredicted)
		path, _ := w.onPhone()
		c.set(w, path)
		text, seen := refused(t, w)
		for _, want := range c.want {
			if !strings.Contains(text, want) {
				t.Errorf("%s: %s; want %q", name, text, want)
			}
		}
		if len(seen) != 1 || seen[0] != "check" {
			t.Errorf("%s: phases %q began; want only the check", name, seen)
		}
	}
}

// A search whose smallest network breaks a limit has another one to go on from; what latency
// rules out together with other limits is refused before training.
func TestSearchesGoOnFromWhatMeetsTheLimits(t *testing.T) {
	w := newWorld(t, asPredicted)
	path, seconds := w.onPhone()
	w.cfg.Limits.Elsewhere = []config.Elsewhere{{Table: path, Latency: 100 * time.Microsecond}}
	r := w.open("run")
	if err := r.check(t.Context()); err != nil {
		t.Fatal(err)
	}
	l, err := r.latencies(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := r.feasible(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	smallest := w.family.Extremes().Smallest
	if p := r.problem(nil, l.Cost, r.limits()); p.Smallest == smallest || seconds[p.Smallest] > 100e-6 || seconds[smallest] <= 100e-6 {
		t.Errorf("searches go on from %s, %v s; the smallest takes %v s", w.family.Space().Format(p.Smallest), seconds[p.Smallest], seconds[smallest])
	}
	fastest := math.Inf(1) // of those that are fast enough on the phone
	for a, s := range seconds {
		if s <= 100e-6 {
			fastest = min(fastest, w.measured[a]/4)
		}
	}
	r.cfg.Limits.Latency = time.Duration(0.97 * fastest * 1e9)
	if err := r.feasible(t.Context(), l); err == nil || !strings.Contains(err.Error(), "each limit alone can be met, not all together") {
		t.Errorf("error %v; want both limits named", err)
	}
	r.cfg.Limits.Latency, r.cfg.Finish.Reach = 0, r.cfg.Limits.Latency
	if err := r.feasible(t.Context(), l); err == nil || !strings.Contains(err.Error(), "cannot be finished in this budget") {
		t.Errorf("error %v; want the budget named", err)
	}
	if text, err := os.ReadFile(r.dir.Path(rundir.Elsewhere(0))); err != nil || !bytes.Contains(text, []byte("a phone")) {
		t.Errorf("the folder keeps no latencies of the phone: %v", err)
	}
}
