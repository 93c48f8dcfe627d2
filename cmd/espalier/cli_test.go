package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"

	"github.com/espalier-nas/espalier/search/config"
	"github.com/espalier-nas/espalier/supernet/space/families"
)

// asCommand in the environment turns the test program into the command.
const asCommand = "ESPALIER_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
	}
	os.Exit(m.Run())
}

// parse returns the search that a command line asks for.
func parse(t *testing.T, args ...string) searchCmd {
	t.Helper()
	var g grammar
	p, err := kong.New(&g, helpVars(), kong.Exit(func(int) { t.Fatal("exit") }))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Parse(doubleDashes(p.Model, append([]string{"search"}, args...))); err != nil {
		t.Fatal(err)
	}
	return g.Search
}

func TestFlagsOverrideTheFile(t *testing.T) {
	path := newShell(t).path("tiny.yaml")
	c := parse(t, "-c", path, "-data", "pictures", "--size=32", "-gray", "-space", "basic", "-budget", "20m", "-sampler", "fair", "-batch", "16", "-lr", "0.0001",
		"-seed", "9", "-workers", "1", "-kernel", "go", "-strategy", "rl", "-score", "supernet", "-trials", "7", "-sweep", "1", "-top", "5", "-networks", "3", "-random",
		"-max-latency", "1ms", "-max-flops", "20M", "-max-params", "250k", "-max-memory", "300k", "-max-size", "1M",
		"-max-latency-on", "phone.json=5ms", "-max-latency-on", "a=b/watch.json=1.5s", "-max-energy", "3mJ", "-probe", "node probe.mjs", "-prior", "earlier")
	got, err := c.configFlags.load()
	if err != nil {
		t.Fatal(err)
	}
	c.searchFlags.apply(&got)
	c.probeFlag.apply(&got)
	want, err := config.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	want.Data.Dir, want.Data.Size, want.Data.Gray = "pictures", 32, true
	if want.Space, err = families.Preset("basic"); err != nil {
		t.Fatal(err)
	}
	want.Budget, want.Train.Steps = 20*time.Minute, 0
	want.Train.Sampler, want.Train.Batch, want.Train.LR, want.Train.MinLR = "fair", 16, 0.0001, 0.0001
	want.Seed, want.Workers, want.Kernel = 9, 1, "go"
	want.Search.Strategy, want.Search.Score, want.Search.Trials, want.Search.Sweep, want.Search.Top, want.Finish.Networks, want.Search.Random = "rl", "supernet", 7, 1, 5, 3, true
	want.Limits = config.Limits{Latency: time.Millisecond, FLOPs: 20e6, Params: 250e3, Memory: 300e3, Size: 1e6, Energy: 3e-3, Elsewhere: []config.Elsewhere{{Table: "phone.json", Latency: 5 * time.Millisecond}, {Table: "a=b/watch.json", Latency: 1500 * time.Millisecond}}}
	want.Device.Probe, want.Predictor.Prior = "node probe.mjs", "earlier"
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("differs (-want +got):\n%s", d)
	}
}

// What a run has decided on holds for it alone: a flag that changes what is computed drops it.
func TestFlagsDropWhatWasDecided(t *testing.T) {
	path := newShell(t).path("decided.yaml")
	const text = "budget: 20m\ntrain: {steps: 700, replans: [{at: 3, steps: 9}]}\ndevice: {probed: [12, 8]}\n" +
		"finish: {reach: 5ms, plan: [4, 30], linear: 81, replans: {search-00: [{at: 3, steps: 9}]}}\n" +
		"search: {top: 9, picks: 7}\ndecided: {search.top: {asked: 20, now: 9}, search.picks: {asked: 24, now: 8}}\n"
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args  []string
		kept  bool
		steps int
	}{
		{nil, true, 700},
		{[]string{"--workers", "1", "--kernel", "go", "--rival", "auto", "--table", "latency.json"}, true, 700},
		{[]string{"--budget", "1h"}, false, 0},
		{[]string{"--steps", "9"}, false, 9},
		{[]string{"--seed", "2"}, false, 700},
		{[]string{"--networks", "3"}, false, 700},
		{[]string{"--max-latency", "1ms"}, false, 700},
		{[]string{"--probe", "node probe.mjs"}, false, 700},
	} {
		f := parse(t, append([]string{"-c", path}, c.args...)...)
		got, err := f.configFlags.load()
		if err != nil {
			t.Fatal(err)
		}
		f.searchFlags.apply(&got)
		f.probeFlag.apply(&got)
		kept := []bool{got.Train.Replans != nil, got.Device.Probed != nil, got.Finish.Plan != nil, got.Finish.Replans != nil, got.Finish.Reach > 0, got.Finish.Linear > 0}
		if slices.Contains(kept, !c.kept) || got.Train.Steps != c.steps {
			t.Errorf("%q: kept %v, %d steps; want %v throughout, %d", c.args, kept, got.Train.Steps, c.kept, c.steps)
		}
		if top := got.Search.Top; top != map[bool]int{true: 9, false: 20}[c.kept] || got.Search.Picks != 7 {
			t.Errorf("%q: %d candidates, %d picks; want 9 as decided or 20 as asked for, and 7 as the file was changed to", c.args, top, got.Search.Picks)
		}
	}
}

func TestLengthOfTrainingIsGivenOnce(t *testing.T) {
	if _, err := parse(t, "--steps", "3", "--epochs", "2").configFlags.load(); err == nil || !strings.Contains(err.Error(), "want one of them") {
		t.Errorf("steps and epochs: %v; want an error", err)
	}
	for _, c := range [][2]string{{"--steps", "0"}, {"--steps", "-3"}, {"--epochs", "0"}, {"--epochs", "NaN"}} {
		if _, err := parse(t, c[0]+"="+c[1]).configFlags.load(); err == nil || !strings.Contains(err.Error(), c[0]+" is "+c[1]) {
			t.Errorf("%v: %v; want an error: the budget would count", c, err)
		}
	}
}

func TestSingleDashesOfLongFlags(t *testing.T) {
	p, err := kong.New(new(grammar), helpVars())
	if err != nil {
		t.Fatal(err)
	}
	in := []string{"search", "-data", "x", "-budget=3m", "-q", "-c", "f", "-random", "-help", "--seed", "-1", "-unknown", "-", "--", "-data"}
	want := []string{"search", "--data", "x", "--budget=3m", "-q", "-c", "f", "--random", "--help", "--seed", "-1", "-unknown", "-", "--", "-data"}
	if d := cmp.Diff(want, doubleDashes(p.Model, in)); d != "" {
		t.Errorf("differs (-want +got):\n%s", d)
	}
}

// Of a flag that is given twice, as by a script that sets it and is given another, the last counts.
func TestTheLastValueCounts(t *testing.T) {
	var g grammar
	p, err := kong.New(&g, append(values(), helpVars(), kong.Exit(func(int) { t.Fatal("exit") }))...)
	if err != nil {
		t.Fatal(err)
	}
	first, second := newShell(t), newShell(t)
	if _, err := p.Parse([]string{"eval", "--run", first.dir, "--file", first.path("tiny.yaml"), "--data", "a", "--run", second.dir, "--file", second.path("tiny.yaml"), "--data", "b", "--labels", "fine", "--labels", "coarse"}); err != nil {
		t.Fatal(err)
	}
	if c := g.Eval; c.Folder != second.dir || c.File != second.path("tiny.yaml") || filepath.Base(c.Data) != "b" || c.Labels != "coarse" {
		t.Errorf("run %s, file %s, data %s, labels %s; want those that were given last", c.Folder, c.File, c.Data, c.Labels)
	}
}

func TestExitCodesAndOneLineErrors(t *testing.T) {
	s := newShell(t)
	foreign := s.path("foreign.onnx")
	if err := os.WriteFile(s.path("rows.csv"), []byte("idx,ops,score\n0,01,2\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(foreign, []byte("\x08\x08\x12\x07pytorch"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"help", []string{"--help"}, 0, ""},
		{"no command", nil, exitUsage, "expected one of"},
		{"misspelt command", []string{"trian"}, exitUsage, `did you mean "train"`},
		{"misspelt flag", []string{"search", "--epoch", "3"}, exitUsage, "unknown flag --epoch"},
		{"bad value", []string{"search", "--seed", "one"}, exitUsage, "--seed"},
		{"out and resume", []string{"search", "--out", "a", "--resume", "b"}, exitUsage, "can't be used together"},
		{"nothing to resume", []string{"search", "--resume", ""}, exitUsage, "--resume: the value is empty"},
		{"empty data", []string{"train", "--data="}, exitUsage, "--data: the value is empty"},
		{"empty folder of pictures", []string{"eval", "--data="}, exitUsage, "--data: the value is empty"},
		{"empty run folder", []string{"eval", "--run", "", "--arch", "max"}, exitUsage, "--run: the value is empty"},
		{"empty configuration", []string{"search", "--config", ""}, exitUsage, "--config: the value is empty"},
		{"nothing to inspect", []string{"inspect", ""}, exitUsage, "<file>: the value is empty"},
		{"empty picture", []string{"classify", s.path("tiny.yaml"), s.path("tiny.yaml"), ""}, exitUsage, "the value is empty"},
		{"empty list", []string{"predictor", "accuracy", "--table", s.path("tiny.yaml"), "--models", ""}, exitUsage, "--models: the value is empty"},
		{"hole in a list", []string{"bench", "--classes", "pointwise,,depthwise"}, exitUsage, "--classes: the value is empty"},
		{"no classes", []string{"classify", s.path("tiny.yaml"), s.path("tiny.yaml"), "--top", "0"}, exitUsage, "--top is 0"},
		{"labels of a run", []string{"eval", "--run", s.dir, "--arch", "max", "--label-pattern", "x"}, exitFailure, "the run's own pictures"},
		{"damaged pictures of a run", []string{"eval", "--run", s.dir, "--arch", "max", "--skip-bad"}, exitFailure, "the run's own pictures"},
		{"two spaces", []string{"spaces", "chain", "--space", "ofa"}, exitFailure, "chain and --space ofa; want one"},
		{"batch of training", []string{"measure", "--batch", "8"}, exitUsage, "unknown flag --batch"},
		{"budget of a drawing", []string{"draw", "max", "--budget", "3m"}, exitUsage, "unknown flag --budget"},
		{"budget of a truth", []string{"fidelity", "--truth", s.path("truth.csv"), "--budget", "1m"}, exitUsage, "unknown flag --budget"},
		{"sampler of a truth", []string{"fidelity", "--truth", s.path("truth.csv"), "--sampler", "fair"}, exitUsage, "unknown flag --sampler"},
		{"plot without a supernet", []string{"fidelity", "--truth", s.path("truth.csv"), "--svg", s.path("a.svg")}, exitFailure, "want --run beside"},
		{"sampler of one network", []string{"train", "--arch", "max", "--sampler", "fair"}, exitFailure, "with --arch none is trained"},
		{"size of no space", []string{"compare", "--table", s.path("rows.csv"), "--size", "8"}, exitFailure, "want --space beside"},
		{"classes of no space", []string{"predictor", "accuracy", "--table", s.path("rows.csv"), "--classes", "10"}, exitFailure, "want --space beside"},
		{"channels of no space", []string{"predictor", "latency", "--table", s.path("rows.csv"), "--channels", "3"}, exitFailure, "want --space beside"},
		{"architectures of a file", []string{"verify", s.path("rows.csv"), "--count", "100"}, exitFailure, "want no --count"},
		{"kernel of a file", []string{"verify", s.path("rows.csv"), "--kernel", "go"}, exitFailure, "they are of a run folder"},
		{"tensors of a folder", []string{"inspect", s.dir, "--tensors"}, exitFailure, "--tensors: want a weights file"},
		{"tensors of a configuration", []string{"inspect", s.path("tiny.yaml"), "--tensors"}, exitFailure, "--tensors: want a weights file or an ONNX model"},
		{"space of a file", []string{"draw", s.path("tiny.yaml"), "--space", "ofa"}, exitFailure, "want no flag but --out"},
		{"batch of a table", []string{"bench", "--batch", "8"}, exitFailure, "want --network beside it"},
		{"resume with flags", []string{"search", "--resume", s.dir, "--trials", "3"}, exitFailure, "folder's own configuration"},
		{"resume with a seed", []string{"train", "--resume", s.dir, "--seed", "3"}, exitFailure, "folder's own configuration"},
		{"no such data", []string{"search", "-q", "--out", s.path("a"), "--data", s.path("nowhere")}, exitFailure, "nowhere"},
		{"no run folder", []string{"search", "--resume", s.dir}, exitFailure, "no run folder"},
		{"used folder", []string{"search", "--out", s.dir}, exitFailure, "not empty"},
		{"bad configuration", []string{"search", "--sampler", "lazy"}, exitFailure, "train.sampler"},
		{"no network file", []string{"classify", s.path("tiny.yaml"), s.path("tiny.yaml")}, exitFailure, "tiny.yaml"},
		{"nothing to export", []string{"export", "--run", s.dir, "--arch", "max"}, exitUsage, "want --out, --onnx or both"},
		{"export over itself", []string{"export", "--run", s.dir, "--arch", "max", "--out", "a", "--onnx", "./a"}, exitUsage, "want a file for each"},
		{"arrays of a folder", []string{"inspect", s.dir, "--npy", s.path("arrays")}, exitFailure, "--npy: want a weights file"},
		{"model of others", []string{"inspect", foreign}, exitFailure, foreign + ": onnx: read: "},
		{"no file of ours", []string{"inspect", os.Args[0]}, exitFailure, "none of our files"},
	} {
		code, _, errText := s.run(context.Background(), c.args...)
		if code != c.code || !strings.Contains(errText, c.want) {
			t.Errorf("%s: exit code %d; want %d and %q in\n%s", c.name, code, c.code, c.want, errText)
		}
		if c.code == exitFailure && !strings.Contains(errText, "espalier: ") {
			t.Errorf("%s: the error does not begin with espalier:\n%s", c.name, errText)
		}
	}
}

func TestVersionListsKernels(t *testing.T) {
	if out := newShell(t).must("version"); !strings.Contains(out, "kernels ") || !strings.Contains(out, " go\n") {
		t.Errorf("the plain kernels are missing in\n%s", out)
	}
}

// TestInterruptSignal runs the command as a process and interrupts it.
func TestInterruptSignal(t *testing.T) {
	s := newShell(t)
	cmd := exec.Command(os.Args[0], "train", "-c", s.path("tiny.yaml"), "--steps", "1000000", "--out", s.path("run"))
	cmd.Env = append(os.Environ(), asCommand+"=1")
	var errText bytes.Buffer
	cmd.Stderr = &errText
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if text, err := os.ReadFile(s.path("run", "config.yaml")); err == nil && strings.Contains(string(text), "steps: 1000000") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("training does not start")
		}
	}
	time.Sleep(300 * time.Millisecond)
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != exitInterrupted {
		t.Errorf("exit code %d; want %d\n%s", code, exitInterrupted, errText.String())
	}
	if !strings.Contains(errText.String(), "--resume "+s.path("run")) {
		t.Errorf("no word on how to resume:\n%s", errText.String())
	}
	if out := s.must("inspect", s.path("run")); !strings.Contains(out, "unfinished run") || !strings.Contains(out, "supernet, schema") {
		t.Errorf("the folder is not usable:\n%s", out)
	}
	s.must("eval", "-q", "--run", s.path("run"), "--arch", "max")
}
