package search

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/espalier-nas/espalier/predictor"
	"github.com/espalier-nas/espalier/search/config"
	"github.com/espalier-nas/espalier/search/report"
	"github.com/espalier-nas/espalier/search/rundir"
	"github.com/espalier-nas/espalier/supernet/space"
)

// heldOut leaves out what reports do not hold.
var heldOut = cmpopts.IgnoreFields(predictor.Standing{}, "HeldOut")

// A search that begins with an earlier run's trials has the models with and without them in its
// table, as refitted here from both journals, and uses the better one. That is the one with them:
// the earlier supernet is the same, so that the prior knows all that is to be predicted. The search
// ends the same when it is interrupted and the earlier folder is gone.
func TestSearchBeginsWithAnEarlierRun(t *testing.T) {
	w := newWorld(t, asPredicted)
	w.cfg.Finish.Steps = 4
	first := w.search("first")
	w.cfg.Search.Random, w.cfg.Predictor.Prior = false, filepath.Join(w.dir, "first")
	s := w.search("second")
	p := s.report.Accuracy.Prior
	if p == nil {
		t.Fatal("the report tells nothing of the prior")
	}
	archs, y := w.evaluated(first.of(armSample, armRound, armRandom))
	if p.Trials != len(archs) || p.Run != w.cfg.Predictor.Prior {
		t.Errorf("%d trials of %s; want %d of %s", p.Trials, p.Run, len(archs), w.cfg.Predictor.Prior)
	}
	old := w.unfitted()
	if err := old.Fit(archs, y); err != nil {
		t.Fatal(err)
	}
	archs, y = w.evaluated(s.of(armSample))
	var tau [2]float64
	fresh := []func() predictor.Predictor{w.unfitted, func() predictor.Predictor { return predictor.NewTransfer(old, w.unfitted) }}
	for k, name := range []string{w.cfg.Predictor.Model, w.cfg.Predictor.Model + " with prior"} {
		h, err := predictor.CrossPredict(fresh[k], archs, y, w.cfg.Predictor.Folds, w.cfg.Seed)
		if err != nil {
			t.Fatal(err)
		}
		tau[k] = predictor.Kendall(h.Mean, h.Truth)
		if d := cmp.Diff(h.Report(w.cfg.Seed), standingOf(t, s.report, name).Report); d != "" {
			t.Errorf("%s (-refitted +reported):\n%s", name, d)
		}
	}
	if d := p.Gain; d.Tau != tau[1]-tau[0] || d.Model != w.cfg.Predictor.Model+" with prior" || p.Used != (tau[1] > tau[0]) || p.Used != (s.report.Accuracy.Model == d.Model) {
		t.Errorf("gain %v, used %v, model %s; want %v", d, p.Used, s.report.Accuracy.Model, tau[1]-tau[0])
	}
	t.Logf("tau %.3f alone, %.3f with the prior", tau[0], tau[1])
	if !p.Used || !strings.Contains(s.report.Accuracy.Form, "per unit of the prior") {
		t.Errorf("used %v, form %q; want the prior, which helps here", p.Used, s.report.Accuracy.Form)
	}
	w.goesOnWithout(s)
}

// evaluated returns the architectures of trials, each once, and their targets.
func (w *world) evaluated(trials []rundir.Trial) (archs []space.Arch, y []float64) {
	seen := make(map[string]bool)
	for _, x := range trials {
		if !seen[x.Arch] {
			seen[x.Arch] = true
			archs, y = append(archs, w.arch(x.Arch)), append(y, math.Exp(-x.Loss))
		}
	}
	return archs, y
}

func standingOf(t *testing.T, rep report.Report, name string) predictor.Standing {
	t.Helper()
	for _, s := range rep.Accuracy.Models {
		if s.Model == name {
			return s
		}
	}
	t.Fatalf("no model is called %q", name)
	return predictor.Standing{}
}

// goesOnWithout interrupts a search like s among the picks of its first round and goes on
// without the folder of the earlier run.
func (w *world) goesOnWithout(s searched) {
	w.t.Helper()
	r := w.start("cut")
	c := untilRungs{path: r.dir.Path(rundir.Trials), lines: len(s.of(armSample)) + 1}
	c.Context, c.cancel = context.WithCancel(w.t.Context())
	if _, err := r.Search(c); !errors.Is(err, context.Canceled) {
		w.t.Fatalf("%v; want the interruption", err)
	}
	w.end(r)
	if err := os.Rename(w.cfg.Predictor.Prior, w.cfg.Predictor.Prior+"-elsewhere"); err != nil {
		w.t.Fatal(err)
	}
	b := w.search("cut")
	if d := cmp.Diff([]any{s.report.Accuracy, s.report.Pareto, s.trials}, []any{b.report.Accuracy, b.report.Pareto, b.trials}, timeless, heldOut); d != "" {
		w.t.Errorf("an interrupted run ends otherwise:\n%s", d)
	}
	w.forks()
	lines, err := rundir.ReadJournal[rundir.Trial](r.dir.Path(rundir.Prior))
	if err != nil {
		w.t.Fatal(err)
	}
	if err := rundir.WriteLines(r.dir.Path(rundir.Prior), lines[1:]); err != nil {
		w.t.Fatal(err)
	}
	w.refused("cut", "prior.jsonl: ")
}

// forks makes a repetition of the run and opens it: it has the trials of the earlier run too.
func (w *world) forks() {
	w.t.Helper()
	r := w.start("cut")
	defer w.end(r)
	dir, err := r.fork(r.dir.Path("repeat-1"), 1)
	if err != nil {
		w.t.Fatal(err)
	}
	again, err := New(dir, w.cfg, Monitor{})
	if err != nil {
		w.t.Fatal(errors.Join(err, dir.Close()))
	}
	if d := cmp.Diff(r.prior.trials, again.prior.trials); d != "" {
		w.t.Errorf("a repetition has another prior:\n%s", d)
	}
	w.end(again)
}

// refused opens a run that cannot be.
func (w *world) refused(name, want string) {
	w.t.Helper()
	path := filepath.Join(w.dir, name)
	open := rundir.Create
	if _, err := os.Stat(path); err == nil {
		open = rundir.Open
	}
	dir, err := open(path)
	if err != nil {
		w.t.Fatal(err)
	}
	defer dir.Close()
	if r, err := New(dir, w.cfg, Monitor{}); err == nil || !strings.Contains(err.Error(), want) {
		w.t.Errorf("%v; want an error with %q", err, want)
		if err == nil {
			w.end(r)
		}
	}
}

// A prior of another space, of a folder that is no run's, and of a run that evaluated too few
// architectures is refused before anything is measured, and the start leaves nothing.
func TestPriorsThatAreNone(t *testing.T) {
	w := newWorld(t, asPredicted)
	earlier := rundir.View(filepath.Join(w.dir, "earlier"))
	write := func(cfg config.Config, lines ...rundir.Trial) {
		t.Helper()
		if err := errors.Join(os.MkdirAll(earlier.Path(), 0o755), cfg.Save(func(text []byte) error { return earlier.Write(rundir.Config, text) }),
			rundir.WriteLines(earlier.Path(rundir.Trials), lines)); err != nil {
			t.Fatal(err)
		}
	}
	smallest := w.family.Space().Format(w.family.Extremes().Smallest)
	w.cfg.Predictor.Prior = earlier.Path()
	w.refused("run", "predictor.prior: ")
	same := w.cfg
	same.Predictor.Prior = ""
	write(same, rundir.Trial{Arm: armSample, Arch: smallest, Loss: 1}, rundir.Trial{Arm: "search 1.1", Arch: "predicted"}, rundir.Trial{Arm: armFinal, Arch: "final", Loss: 1})
	w.refused("run", "1 architectures evaluated on the supernet; want at least 10")
	other, err := config.LoadSpace("basic")
	if err != nil {
		t.Fatal(err)
	}
	same.Space = other
	write(same)
	w.refused("run", "want that of this run")
	if _, err := os.Stat(filepath.Join(w.dir, "run")); !os.IsNotExist(err) {
		t.Errorf("the folder of the refused start is still there (%v)", err)
	}
	w.cfg.Search.Score = config.ScoreSupernet
	if err := w.cfg.Validate(); err == nil || !strings.Contains(err.Error(), "predictor.prior") {
		t.Errorf("%v; want predictor.prior refused where nothing is predicted", err)
	}
}
