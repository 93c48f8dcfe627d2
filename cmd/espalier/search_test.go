package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/search/report"
	"github.com/espalier-nas/espalier/search/rundir"
)

// tiny is a search of a few seconds.
const tiny = `
workers: 2
space:
  chain:
    name: tiny
    stem: 8
    layers: 3
    ops: [conv3x3, sep3x3, maxpool3x3, identity]
    widths: [8, 16]
    skips: true
    downsample: [1, 2]
train: {steps: 24, batch: 32, random: 1, checkpoint: 1h, min_lr: 0.0005, average: 0.1, erase: 0.5}
evaluate: {calibration: 64, batch: 32, images: 100}
device: {workers: 1, samples: 10}
predictor: {samples: 12, folds: 3}
search: {trials: 60, rounds: 2, picks: 3, sweep: 2, top: 10}
finish: {steps: 16, networks: 2}
`

// shell runs command lines in one test's folder.
type shell struct {
	t   *testing.T
	dir string
}

func newShell(t *testing.T) shell {
	s := shell{t, t.TempDir()}
	if err := os.WriteFile(s.path("tiny.yaml"), []byte(tiny), 0o644); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s shell) path(elem ...string) string { return filepath.Join(append([]string{s.dir}, elem...)...) }

// run executes a command line and returns the exit code and what it wrote.
func (s shell) run(ctx context.Context, args ...string) (code int, out, err string) {
	var o, e bytes.Buffer
	code = execute(ctx, args, streams{out: &o, err: &e})
	return code, o.String(), e.String()
}

// must executes a command line that has to succeed.
func (s shell) must(args ...string) string {
	s.t.Helper()
	code, out, err := s.run(context.Background(), args...)
	if code != 0 {
		s.t.Fatalf("espalier %s: exit code %d\n%s", strings.Join(args, " "), code, err)
	}
	return out
}

func (s shell) read(elem ...string) string {
	s.t.Helper()
	text, err := os.ReadFile(s.path(elem...))
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}

func (s shell) report(dir string) report.Report {
	s.t.Helper()
	var r report.Report
	if err := rundir.ReadJSON(s.path(dir, rundir.ReportJSON), &r); err != nil {
		s.t.Fatal(err)
	}
	return r
}

func TestSearchLeavesNetworksThatRun(t *testing.T) {
	s := newShell(t)
	text := s.must("search", "-c", s.path("tiny.yaml"), "-out", s.path("run"), "--random")
	for _, name := range []string{rundir.Config, rundir.Log, rundir.State, rundir.Supernet, rundir.Latency, rundir.Trials, rundir.ReportJSON, rundir.ReportText, rundir.Checks} {
		if s.read("run", name) == "" {
			t.Errorf("%s is empty", name)
		}
	}
	if text != s.read("run", rundir.ReportText) {
		t.Error("what is printed is not report.txt")
	}
	rep := s.report("run")
	s.checkReport(rep)
	s.checkCommands(rep)
}

// checkReport checks the figures that must agree with each other.
func (s shell) checkReport(rep report.Report) {
	t := s.t
	if len(rep.Pareto) == 0 {
		t.Fatal("nothing is handed over")
	}
	for i, n := range rep.Pareto {
		if n.Test == nil || n.Measured == nil || n.Predicted == nil {
			t.Fatalf("%s lacks figures: %+v", n.Name, n)
		}
		if want := 2 + 4 + 16; n.Steps != want {
			t.Errorf("%s was trained on for %d steps; want %d: all three rungs", n.Name, n.Steps, want)
		}
		for _, faster := range rep.Pareto[:i] {
			deviation := math.Sqrt(faster.Validation * (1 - faster.Validation) / float64(rep.Data.Val))
			alike := faster.Validation-n.Validation <= deviation && n.ValidationLoss < faster.ValidationLoss
			if !(n.Measured.Median > faster.Measured.Median && (n.Validation > faster.Validation || alike)) {
				t.Errorf("%s is beaten by %s: %+v, %+v", n.Name, faster.Name, n, faster)
			}
		}
	}
	if rep.Random == nil || rep.Random.Evaluations != rep.Search.Evaluations || rep.Search.Evaluations != 12+2*3 {
		t.Errorf("arms with %+v and %+v; want 18 evaluations each", rep.Search, rep.Random)
	}
	if want := len(rep.Pareto); rep.Test.Networks != want {
		t.Errorf("%d networks tested; want %d: what is handed over", rep.Test.Networks, want)
	}
	counts := map[string]int{}
	for _, n := range append(append([]report.Network(nil), rep.Pareto...), rep.Others...) {
		counts[n.Arm]++
	}
	if counts["search"]+counts["both"] != 2 || counts["random"]+counts["both"] != 2 {
		t.Errorf("networks by arm: %v; want 2 of each", counts)
	}
	if rep.Prefix.Saved <= 0 {
		t.Error("no work was saved by shared prefixes")
	}
}

// checkCommands uses the run and its networks with all other commands.
func (s shell) checkCommands(rep report.Report) {
	t := s.t
	best := rep.Pareto[len(rep.Pareto)-1]
	var evaluated struct{ Accuracy float64 }
	if err := json.Unmarshal([]byte(s.must("eval", "--run", s.path("run"), "--arch", best.Arch, "--json")), &evaluated); err != nil {
		t.Fatal(err)
	}
	if evaluated.Accuracy != best.Inherited {
		t.Errorf("eval says %v; the report %v with inherited weights", evaluated.Accuracy, best.Inherited)
	}
	if err := os.WriteFile(s.path("archs.txt"), []byte(best.Arch+"\n\nlawn\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, text := s.run(t.Context(), "eval", "--run", s.path("run"), "--file", s.path("archs.txt")); code != exitFailure || !strings.Contains(text, "archs.txt, line 3: ") {
		t.Errorf("exit code %d, %s; want file and line of what is no architecture", code, text)
	}
	s.must("export", "--run", s.path("run"), "--arch", best.Arch, "--out", s.path("best.msgpack"), "--onnx", s.path("best.onnx"))
	if out := s.must("inspect", "--tensors", s.path("best.onnx")); !strings.Contains(out, best.Arch) || !strings.Contains(out, "classifier") {
		t.Errorf("inspect shows neither architecture nor layers of the model:\n%s", out)
	}
	s.picture("shoe.png")
	line := s.must("classify", s.path("best.msgpack"), s.path("shoe.png"), "-top", "10")
	sum := 0.0
	for _, f := range strings.Split(strings.TrimSpace(line), "\t")[1:] {
		var p float64
		if _, err := fmt.Sscan(f[strings.LastIndexByte(f, ' ')+1:], &p); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		sum += p
	}
	if sum < 0.999 || sum > 1.001 {
		t.Errorf("probabilities of ten classes add up to %v: %s", sum, line)
	}
	for _, name := range []string{"", rundir.Supernet, best.File, rundir.Trials, rundir.Finish, rundir.ReportJSON, rundir.Latency, rundir.State, rundir.Config} {
		if out := s.must("inspect", s.path("run", name)); len(out) < 40 {
			t.Errorf("inspect %q says only %q", name, out)
		}
	}
	for line := range strings.Lines(s.must("inspect", s.path("run", rundir.Trials))) {
		if arm := strings.TrimSpace(line); strings.HasPrefix(arm, "search ") != strings.Contains(line, "best worth") && !strings.Contains(line, " trials\n") {
			t.Errorf("inspect says %q; want what a search proposes by prediction to have a worth, all else an accuracy", arm)
		}
	}
	if out := s.must("inspect", s.path("run", rundir.Finish)); !strings.Contains(out, " rung 3 ") || strings.Contains(out, " rung 0 ") {
		t.Errorf("inspect does not count rungs from 1 to 3:\n%s", out)
	}
}

// picture writes a PNG of another size than the network's input.
func (s shell) picture(name string) {
	s.t.Helper()
	m := image.NewGray(image.Rect(0, 0, 40, 30))
	for i := range m.Pix {
		m.Pix[i] = uint8(i)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(s.path(name), b.Bytes(), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

// countdown is a context that is cancelled once it has been asked so often.
type countdown struct {
	context.Context
	cancel context.CancelFunc
	left   atomic.Int64
}

func newCountdown(n int) *countdown {
	c := &countdown{}
	c.Context, c.cancel = context.WithCancel(context.Background())
	c.left.Store(int64(n))
	return c
}

// Err implements context.Context.
func (c *countdown) Err() error {
	if c.left.Add(-1) < 0 {
		c.cancel()
	}
	return c.Context.Err()
}

// same compares what must not depend on interruptions or workers.
func (s shell) same(a, b string) {
	s.t.Helper()
	if d := cmp.Diff(s.read(a, rundir.Trials), s.read(b, rundir.Trials)); d != "" {
		s.t.Errorf("trials of %s and %s differ:\n%s", a, b, d)
	}
	x, y := s.report(a), s.report(b)
	if x.Supernet.Hash != y.Supernet.Hash {
		s.t.Errorf("weights of %s and %s differ", a, b)
	}
	for _, r := range []*report.Report{&x, &y} {
		for i := range r.Pareto {
			r.Pareto[i].Seconds = 0
		}
	}
	if d := cmp.Diff(x.Pareto, y.Pareto); d != "" {
		s.t.Errorf("choices of %s and %s differ:\n%s", a, b, d)
	}
	for _, n := range x.Pareto {
		if s.read(a, n.File) != s.read(b, n.File) {
			s.t.Errorf("%s differs", n.File)
		}
	}
}

func TestInterruptionsAndWorkersChangeNothing(t *testing.T) {
	for _, method := range []string{"sandwich", "enas"} {
		t.Run(method, func(t *testing.T) {
			s := newShell(t)
			args := []string{"search", "-c", s.path("tiny.yaml"), "-q", "--sampler", method, "--strategy", "rl"}
			s.must(append(args, "--out", s.path("whole"))...)
			args = append(args, "--table", s.path("whole", rundir.Latency))
			s.must(append(args, "--out", s.path("one"), "--workers", "1")...)
			s.same("whole", "one")
			args = append(args, "--out", s.path("cut"))
			stops := 0
			for patience := 15; ; patience += patience / 4 {
				code, _, errText := s.run(newCountdown(patience), args...)
				if code == 0 {
					break
				}
				if code != exitInterrupted || !strings.Contains(errText, "--resume "+s.path("cut")) {
					t.Fatalf("interrupted after %d checks: exit code %d\n%s", patience, code, errText)
				}
				stops++
				args = []string{"search", "-q", "--resume", s.path("cut")}
			}
			if stops < 5 {
				t.Errorf("the run was interrupted %d times; want at least 5", stops)
			}
			s.same("whole", "cut")
			if s.read("whole", rundir.Controller) != s.read("cut", rundir.Controller) {
				t.Error("the controller's curves differ")
			}
			if out := s.must("inspect", s.path("cut", rundir.Controller)); !strings.Contains(out, "entropy") || strings.Count(out, "\n") < 6 {
				t.Errorf("the controller's curve is\n%s", out)
			}
		})
	}
}

func TestNothingFeasibleIsSaidBeforeTraining(t *testing.T) {
	s := newShell(t)
	code, _, errText := s.run(context.Background(), "search", "-c", s.path("tiny.yaml"), "-q", "--out", s.path("run"), "--max-flops", "1k")
	if code != exitFailure || !strings.Contains(errText, "no architecture meets the limits") || !strings.Contains(errText, "the nearest is identity") {
		t.Errorf("exit code %d\n%s", code, errText)
	}
	if _, err := os.Stat(s.path("run", rundir.Supernet)); err == nil {
		t.Error("the supernet was trained all the same")
	}
}

func TestEveryScoreAndStrategySearches(t *testing.T) {
	s := newShell(t)
	s.must("measure", "-c", s.path("tiny.yaml"), "-q", "--out", s.path("latency.json"), "--arch", "max")
	for _, strategy := range controller.Strategies() {
		dir := s.path(strategy)
		s.must("search", "-c", s.path("tiny.yaml"), "-q", "--out", dir, "--strategy", strategy, "--score", "supernet", "--trials", "16", "--sweep", "1",
			"--steps", "2", "--table", s.path("latency.json"), "--sampler", "fair")
		rep := s.report(strategy)
		if rep.Random != nil || rep.Search.Evaluations != 16 || rep.Search.Strategy != strategy || rep.Accuracy.Model != "" {
			t.Errorf("%s: %+v", strategy, rep.Search)
		}
	}
}

// Search and finishing repeated on one supernet differ in what they draw, not in
// the supernet, and are summed up; a resumed run finds what is done.
func TestSeedsShareTheSupernet(t *testing.T) {
	s := newShell(t)
	text := s.must("search", "-c", s.path("tiny.yaml"), "-q", "-out", s.path("run"), "-seeds", "2")
	rep, again := s.report("run"), s.report(filepath.Join("run", "repeat-1"))
	if rep.Supernet.Hash != again.Supernet.Hash {
		t.Error("the supernet was not shared")
	}
	if s.read("run", rundir.Trials) == s.read("run", "repeat-1", rundir.Trials) {
		t.Error("both searches evaluated the same architectures")
	}
	if a := rep.Checks.Accesses; a.Repeats != len(again.Pareto) || a.Total() != len(rep.Pareto)+len(again.Pareto) {
		t.Errorf("accesses to the test split %+v; want %d and %d networks", a, len(rep.Pareto), len(again.Pareto))
	}
	if rep.Seeds == nil || rep.Seeds.Best.N != 2 || len(rep.Seeds.Compare) != 2 {
		t.Fatalf("seeds are summed up as %+v", rep.Seeds)
	}
	slowest := 0.0
	for _, n := range append(rep.Pareto, again.Pareto...) {
		slowest = max(slowest, n.Takes())
	}
	if top := rep.Seeds.Handed[len(rep.Seeds.Handed)-1]; rep.Seeds.Searches != 2 || top.Validation.N != 2 || top.Latency != slowest {
		t.Errorf("%d searches with %+v; want the best network of each that takes %v s at most", rep.Seeds.Searches, top, slowest)
	}
	first, second := rep.Seeds.Compare[0].Stats.Difference, rep.Seeds.Compare[1].Stats.Difference
	if want := (rep.Compare.Front + again.Compare.Front) / 2; rep.Seeds.Front.Mean != want {
		t.Errorf("at equal latency %v on average; want %v", rep.Seeds.Front.Mean, want)
	}
	if first != rep.Compare.Stats.Difference || second != again.Compare.Stats.Difference || rep.Seeds.Best.Mean != (first+second)/2 {
		t.Errorf("mean %v of %v and %v", rep.Seeds.Best.Mean, first, second)
	}
	for _, w := range rep.Warnings {
		if strings.Contains(w, "no better than random search") && !strings.HasPrefix(w, "over 2 repetitions") {
			t.Errorf("the first repetition alone is warned of: %s", w)
		}
	}
	if worse := rep.Seeds.Front.Mean <= 0; worse != strings.Contains(strings.Join(rep.Warnings, "\n"), "over 2 repetitions the search is no better") {
		t.Errorf("over repetitions the search is %+v ahead; warnings %q", rep.Seeds.Front, rep.Warnings)
	}
	if !strings.Contains(text, "the time of repetitions is in") {
		t.Error("the report does not say where the time of repetitions is")
	}
	if !strings.Contains(text, "over seeds on one supernet") {
		t.Errorf("the report does not speak of seeds:\n%s", text)
	}
	s.must("search", "-q", "--resume", s.path("run"))
	if d := cmp.Diff(rep.Seeds, s.report("run").Seeds); d != "" {
		t.Errorf("resuming a run that is done changed its figures:\n%s", d)
	}
}

// A rival is as fast as the network that it is set against, and is trained for as
// long as the search took.
func TestRivalsAreTrainedAlone(t *testing.T) {
	s := newShell(t)
	text := s.must("search", "-c", s.path("tiny.yaml"), "-q", "-out", s.path("run"), "--rival", "auto", "--networks", "1")
	rep := s.report("run")
	if len(rep.Rivals) != len(rep.Pareto) {
		t.Fatalf("%d rivals of %d networks", len(rep.Rivals), len(rep.Pareto))
	}
	if a := rep.Checks.Accesses; a.Rivals != len(rep.Rivals) || a.Total() != len(rep.Rivals)+len(rep.Pareto) {
		t.Errorf("accesses to the test split %+v; want %d rivals and %d networks", a, len(rep.Rivals), len(rep.Pareto))
	}
	if m := rep.Checks.Timing; m == nil || len(m.Times) == 0 || len(m.Times[0]) < 2 {
		t.Errorf("timings %+v; want each network timed again", m)
	}
	v, n, took := rep.Rivals[0], rep.Pareto[0], 0.0
	for _, p := range rep.Phases {
		if p.Name != "rivals" && p.Name != "test" {
			took += p.Seconds
		}
	}
	narrowest := v.Factor == 0.1 // as fast as a plain network gets
	if v.Against != n.Name || v.Latency > 1.05*n.Measured.Median && !narrowest || v.Seconds < 0.3*took || v.Seconds > 3*took {
		t.Errorf("rival %+v; want one as fast as %v s, trained for about %v s", v, n.Measured.Median, took)
	}
	if !strings.Contains(text, "Rivals") || !strings.Contains(text, "auto x") {
		t.Errorf("the report does not speak of the rival:\n%s", text)
	}
	s.must("inspect", s.path("run", "networks", v.Name+".msgpack"))
}
