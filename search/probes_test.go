package search

import (
	"bytes"
	"fmt"
	"math"
	"os"
	osexec "os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/espalier-nas/espalier/predictor/table"
	"github.com/espalier-nas/espalier/search/config"
	"github.com/espalier-nas/espalier/search/report"
	"github.com/espalier-nas/espalier/search/rundir"
	"github.com/espalier-nas/espalier/supernet"
	"github.com/espalier-nas/espalier/supernet/onnx"
	"github.com/espalier-nas/espalier/supernet/space"
)

// sizer is a probe: a network takes as many microseconds as its model has hundreds of bytes, and
// half as many millijoules as milliseconds. It notes each call. Where a file names a number of calls, the one after
// them fails.
const sizer = `
n=$(wc -c < "$1")
[ -f %[1]s/stop ] && [ "$(wc -l < %[1]s/calls)" -ge "$(cat %[1]s/stop)" ] && { echo unplugged >&2; exit 1; }
echo $n >> %[1]s/calls
ns=$((n*10)); half=$((n*5))
echo "$((ns/1000000)).$(printf %%06d $((ns%%1000000)))" %[2]s
`

const withEnergy = `"$((half/1000000)).$(printf %06d $((half%1000000)))"`

// sizers makes the world's latencies those of a probe that goes by the size of models, and
// returns the folder where it notes calls.
func (w *world) sizers(energy string) string {
	w.t.Helper()
	if _, err := osexec.LookPath("sh"); err != nil {
		w.t.Skip("this system has no sh to write a probe in")
	}
	dir := w.t.TempDir()
	path := filepath.Join(dir, "probe.sh")
	if err := os.WriteFile(path, fmt.Appendf(nil, sizer, dir, energy), 0o644); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "calls"), nil, 0o644); err != nil {
		w.t.Fatal(err)
	}
	w.cfg.Device.Probe = "sh '" + path + "'"
	return dir
}

// calls returns how often a probe was called.
func calls(t *testing.T, dir string) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "calls"))
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Count(text, []byte{'\n'})
}

// sized returns the seconds of each architecture of the world on the probe, from models
// that are made here.
func (w *world) sized() map[space.Arch]float64 {
	w.t.Helper()
	out := make(map[space.Arch]float64)
	for a := range w.family.Space().Enumerate {
		p := w.family.Plan(a)
		random, err := supernet.NewNetwork(p, 7)
		if err != nil {
			w.t.Fatal(err)
		}
		values := make([]supernet.Values, len(p))
		for i := range p {
			values[i] = random.Values(i)
		}
		n, err := supernet.Assemble(p, supernet.Label{Classes: []string{"0", "1", "2"}, Mean: []float32{0.5}, Std: []float32{0.25}}, values)
		if err != nil {
			w.t.Fatal(err)
		}
		var b bytes.Buffer
		if err := onnx.Write(&b, n.Fold()); err != nil {
			w.t.Fatal(err)
		}
		out[a] = 1e-8 * float64(b.Len())
	}
	return out
}

// In a search with a probe its latency and energy count: in limits, among finalists and in
// the report; no network is measured twice, also by a second search in the folder, and the same answers give the
// same search.
func TestProbeCounts(t *testing.T) {
	w := newWorld(t, asPredicted)
	dir := w.sizers(withEnergy)
	truth := w.sized()
	limit := w.quantile(0.6, func(a space.Arch) float64 { return truth[a] })
	w.cfg.Limits.Energy = config.Energy(limit / 2) // half as many joules as seconds
	w.cfg.Search.Random = false
	s := w.search("run")
	for _, n := range slices.Concat(s.report.Pareto, s.report.Others) {
		want := truth[w.arch(n.Arch)]
		if n.Measured == nil || math.Abs(n.Measured.Median/want-1) > 1e-9 || math.Abs(n.Energy/(want/2)-1) > 1e-9 || !n.EnergyMeasured {
			t.Errorf("%s: measured %+v, %v J; want %v s and half as many joules", n.Name, n.Measured, n.Energy, want)
		}
		if n.Energy > limit/2 {
			t.Errorf("%s takes %v J; want at most %v", n.Name, n.Energy, limit/2)
		}
	}
	for _, x := range s.trials {
		if x.Energy > limit/2 || !(x.Energy > 0) {
			t.Errorf("trial %d of %s is evaluated with %v J; want at most %v", x.Index, x.Arm, x.Energy, limit/2)
		}
	}
	if got := s.report.Limits.Energy; got != float64(w.cfg.Limits.Energy) {
		t.Errorf("the report has a limit of %v J; want %v", got, limit/2)
	}
	p := s.report.Latency.Probe
	if r := s.report.Latency.Reliance; p != nil && r.Relied+r.Doubted != p.LeftOut.N {
		t.Errorf("reliance is told of %d predictions; want those of the probe, %d", r.Relied+r.Doubted, p.LeftOut.N)
	}
	if p == nil || !strings.Contains(p.Runtime, "probe.sh") || p.LeftOut.N != w.cfg.Device.Samples || p.Energy == nil {
		t.Fatalf("report of the probe is %+v", p)
	}
	text := report.Text(s.report)
	for _, want := range []string{"latency on the probe, random", "energy, random", "latency counts as sh", "latency as told by sh", " mJ", "limits: energy "} {
		if !strings.Contains(text, want) {
			t.Errorf("the report lacks %q:\n%s", want, text)
		}
	}
	rows, err := table.Read(s.dir.Path(rundir.Probes), w.family)
	if err != nil {
		t.Fatal(err)
	}
	if n := calls(t, dir); n != rows.Rows() || n != p.Networks {
		t.Errorf("%d calls for %d networks, %d in the report", n, rows.Rows(), p.Networks)
	}
	probe, _ := rows.Column("probe_ms")
	for i, a := range rows.Archs {
		if want := 1e3 * truth[a]; math.Abs(probe[i]/want-1) > 1e-9 {
			t.Errorf("%s: %v ms in the table; want %v", w.family.Space().Format(a), probe[i], want)
		}
	}
	again := w.search("run")
	if n := calls(t, dir); n != rows.Rows() || again.report.Trials != s.report.Trials {
		t.Errorf("asked again: %d calls, trials %s; want %d, %s", n, again.report.Trials, rows.Rows(), s.report.Trials)
	}
	replayed, err := again.replay(armSample)
	if err != nil || len(replayed) == 0 {
		t.Fatalf("%d samples are read back, %v", len(replayed), err)
	}
	for i, x := range s.of(armSample) {
		if got := replayed[i].Cost; got.Energy != x.Energy || got.Latency != x.Latency {
			t.Errorf("sample %d is read back as %+v; want %v s, %v J", i, got, x.Latency, x.Energy)
		}
	}
	probeStops(t, w, dir, s)
}

// probeStops searches with a probe that fails now and then, and wants what the search without such
// a failure has found.
func probeStops(t *testing.T, w *world, dir string, whole searched) {
	t.Helper()
	first := calls(t, dir)
	for _, after := range []int{5, 30} {
		if err := os.WriteFile(filepath.Join(dir, "stop"), fmt.Append(nil, first+after), 0o644); err != nil {
			t.Fatal(err)
		}
		r := w.start("cut")
		_, err := r.Search(t.Context())
		w.end(r)
		if err == nil || !strings.Contains(err.Error(), "unplugged") {
			t.Fatalf("after %d calls: %v; want what the probe said", after, err)
		}
	}
	if err := os.Remove(filepath.Join(dir, "stop")); err != nil {
		t.Fatal(err)
	}
	s := w.search("cut")
	if n := calls(t, dir) - first; n != whole.report.Latency.Probe.Networks {
		t.Errorf("%d calls; want %d, each network once", n, whole.report.Latency.Probe.Networks)
	}
	if d := cmp.Diff(whole.report.Pareto, s.report.Pareto, timeless); d != "" || s.report.Trials != whole.report.Trials {
		t.Errorf("a search that was stopped ends otherwise, trials %s and %s:\n%s", whole.report.Trials, s.report.Trials, d)
	}
}

// What a probe cannot give is refused before anything is measured or trained.
func TestProbesAreCheckedFirst(t *testing.T) {
	for name, c := range map[string]struct {
		energy string
		set    func(*config.Config)
		want   string
	}{
		"no energy":  {"", func(c *config.Config) { c.Limits.Energy = 1 }, "prints none"},
		"no source":  {"", func(c *config.Config) { c.Limits.Energy, c.Device.Probe = 1, "" }, "nobody tells the energy"},
		"limit":      {"", func(c *config.Config) { c.Limits.Latency = time.Nanosecond }, "the smallest network on sh"},
		"energy":     {withEnergy, func(c *config.Config) { c.Limits.Energy = 1e-9 }, "mJ above 1e-06 mJ"},
		"no program": {"", func(c *config.Config) { c.Device.Probe = "espalier-no-such-program" }, "espalier-no-such-program"},
		"no time": {"", func(c *config.Config) {
			c.Budget, c.Train.Steps, c.Finish.Steps = 20*time.Millisecond, 0, 0
		}, "networks have to be measured"},
	} {
		w := newWorld(t, asPredicted)
		w.sizers(c.energy)
		c.set(&w.cfg)
		text, seen := refused(t, w)
		if !strings.Contains(text, c.want) {
			t.Errorf("%s: %s; want %q", name, text, c.want)
		}
		if len(seen) != 1 || seen[0] != "check" {
			t.Errorf("%s: phases %q began; want only the check", name, seen)
		}
	}
}

// The number of calls follows from the budget and how long a call takes: a share of it, but what
// a search needs at least, and no more than it can use.
func TestProbesFitTheBudget(t *testing.T) {
	for _, c := range []struct {
		budget, call time.Duration
		want         []int // nil: refused
	}{
		{time.Hour, time.Second, []int{48, 48}},
		{10 * time.Minute, time.Second, []int{36, 36}},
		{time.Minute, 500 * time.Millisecond, []int{12, 8}},
		{time.Minute, 2 * time.Second, nil},
	} {
		w := newWorld(t, asPredicted)
		w.cfg.Device.Samples, w.cfg.Search.Top, w.cfg.Search.Random, w.cfg.Finish.Networks = 48, 16, false, 8
		r := w.open("run")
		r.cfg.Budget = c.budget
		err := r.planProbes("formula", c.call)
		if c.want == nil {
			if err == nil || !strings.Contains(err.Error(), "want at least 2m") {
				t.Errorf("%v of %v: %v; want it refused", c.call, c.budget, err)
			}
			continue
		}
		if d := cmp.Diff(c.want, r.cfg.Device.Probed); d != "" || err != nil {
			t.Errorf("%v of %v: %v\n%s", c.call, c.budget, err, d)
		}
		if got := r.timedOf(8) + r.timedOf(8); got > c.want[1] {
			t.Errorf("%d candidates are measured; want at most %d", got, c.want[1])
		}
	}
}

// A limit on another device counts beside a probe's latency.
func TestProbeBesideALimitElsewhere(t *testing.T) {
	w := newWorld(t, asPredicted)
	w.sizers("")
	truth := w.sized()
	path, seconds := w.onPhone()
	limit := w.quantile(0.6, func(a space.Arch) float64 { return seconds[a] })
	w.cfg.Limits.Elsewhere = []config.Elsewhere{{Table: path, Latency: time.Duration(limit * 1e9)}}
	w.cfg.Limits.Latency = time.Duration(w.quantile(0.6, func(a space.Arch) float64 { return truth[a] }) * 1e9)
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
	within := 0
	for a := range w.family.Space().Enumerate {
		c, err := l.Cost(a)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(c.Latency/truth[a]-1) > 0.3 || math.Abs(c.Elsewhere[0].Latency/seconds[a]-1) > 0.05 {
			t.Errorf("%s costs %v; want %v s on the probe and %v s on the phone", w.family.Space().Format(a), c, truth[a], seconds[a])
		}
		if r.limits().Excess(c) == 0 {
			within++
		}
	}
	if all := int(w.family.Space().Size()); within == 0 || within > 7*all/10 {
		t.Errorf("%d of %d architectures are within both limits; want some, and no more than 7 of 10", within, all)
	}
}
