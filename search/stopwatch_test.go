package search

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"testing"
	"time"

	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/search/rundir"
	"github.com/espalier-nas/espalier/supernet"
)

// stopping are events that take their time, and end a context after some.
type stopping struct {
	silent
	left *int
	stop context.CancelFunc
}

// Update implements Events.
func (s stopping) Update(Status) {
	time.Sleep(20 * time.Millisecond)
	if *s.left--; *s.left == 0 {
		s.stop()
	}
}

// What a training has taken before an interruption is kept with it, and added up over several.
func TestCheckpointsKeepTheTime(t *testing.T) {
	w, _ := finishedWorld(t)
	r := w.trained("run")
	a := w.arch(climbers[armSearch][0])
	train := func(updates int) (before time.Duration, err error) {
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		r.monitor.Events = stopping{left: &updates, stop: stop}
		_, _, err = r.alone(ctx, aloneTraining{net: r.fresh(a, 1), label: r.label(a), options: r.finishOptions(30, 0), checkpoint: "training", before: &before, on: r.splits.Val})
		return before, err
	}
	start := time.Now()
	for i, least := range []time.Duration{0, 100 * time.Millisecond, 200 * time.Millisecond} {
		sofar := time.Since(start)
		before, err := train(5)
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("process %d: %v; want the interruption", i+1, err)
		}
		if before < least || before > sofar {
			t.Errorf("process %d: %v were taken before; want %v to %v", i+1, before, least, sofar)
		}
	}
	if before, err := train(-1); err != nil || before < 300*time.Millisecond {
		t.Errorf("at the end %v were taken before, %v; want what three processes took", before, err)
	}
	for text, want := range map[string]bool{"": true, `{"seconds":3}`: true, `{"seconds":-1}`: false, `{"seconds":1e300}`: false, `{"seconds":"x"}`: false} {
		before := time.Minute
		s := newStopwatch(&before, time.Now)
		if err := s.restore(json.RawMessage(text)); (err == nil) != want || text == "" && before != 0 {
			t.Errorf("%q: %v, %v; want no error: %v", text, before, err, want)
		}
	}
}

// A network on the last rung that was interrupted goes on with the time that it was given, and
// keeps its lane busy for what is left of it: not at all if it is finished.
func TestTheLastRungGoesOnInItsTime(t *testing.T) {
	w, _ := finishedWorld(t)
	w.cfg.Budget = time.Minute
	r := w.trained("run")
	f := &finished{arm: &arm{name: armSearch}, index: 3, candidate: candidate{Trial: controller.Trial{Arch: w.arch(climbers[armSearch][0])}}}
	f.rungs = []rundir.Rung{{Steps: 10, Seconds: 1}}
	l, err := r.openLadder([]*arm{{name: armSearch, on: []*finished{f}}}, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	defer l.lanes.close()
	defer l.log.Close()
	l.slower = 3
	evaluated := float64(r.cfg.Evaluate.Calibration + r.splits.Val.Len())
	want := 0.2 * (100 + forwardShare*evaluated/float64(r.finishBatch()))
	if p, err := l.pace(f, 100, 0.2, true); err != nil || math.Abs(p.span.Seconds()-want) > 1e-6 || p.each != 0.2 {
		t.Fatalf("%+v, %v; want %v s: a hundred steps of 0.2 s and evaluating", p, err, want)
	}
	given := r.state.Paces["search-03"].Seconds
	var again state
	if err := again.load(r.dir); err != nil {
		t.Fatal(err)
	}
	r.state = again
	busyFor := func() (time.Duration, *pacing) {
		l.slower, l.taken, r.cfg.Finish.Plan = 1, 0, []int{100}
		busy := newTimetable(1)
		_, p, err := l.lastStepsBeside(f, []float64{1}, busy)
		if err != nil {
			t.Fatal(err)
		}
		return busy.until[0] - r.spent(), p
	}
	near := func(have time.Duration, want float64) bool { return math.Abs(have.Seconds()-want) < 2 }
	took, p := busyFor()
	if !near(took, given) || !near(p.span, given) || p.each != 0.2 || l.slower != 3 {
		t.Errorf("without a checkpoint busy for %v, given %v, steps of %v s, %v times as slow; want %v s, of 0.2 s, 3", took, p.span, p.each, l.slower, given)
	}
	net := r.net.Extract(f.Arch, string(r.cfg.Kernel))
	tr, err := supernet.NewTrainer(r.exec, net, r.splits.Train, r.norm, single(net), r.finishOptions(100, rungs-1))
	if err != nil {
		t.Fatal(err)
	}
	if err := tr.Save(r.dir.Path(l.checkpoint(rungs-1, f)), json.RawMessage(`{"seconds":15}`)); err != nil {
		t.Fatal(err)
	}
	if took, p := busyFor(); !near(took, given-15) || !near(p.span, given) {
		t.Errorf("after 15 s busy for %v, given %v; want %v of %v s", took, p.span, given-15, given)
	}
	l.done[rungKey(armSearch, rungs-1, 3)] = rundir.Rung{}
	if took, p := busyFor(); !near(took, 0) || p.span != 0 {
		t.Errorf("finished, and busy for %v, given %v; want nothing", took, p.span)
	}
	delete(l.done, rungKey(armSearch, rungs-1, 3))
	r.state.Paces = nil
	if _, p := busyFor(); p.span != 0 {
		t.Errorf("a run from the configuration of another gives %v; want what that has done, whatever time it takes", p.span)
	}
}

// A process that is killed leaves what it has taken until its last checkpoint in the account of
// time, by which the next one knows how much of the budget is left; opening counts too.
func TestCheckpointsAccountForTheTime(t *testing.T) {
	w := newWorld(t, asPredicted)
	w.cfg.Train.Steps, w.cfg.Train.Checkpoint = 1000, time.Nanosecond
	r := w.open("run")
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
	defer stop()
	var kept state
	start, left := time.Now(), -1
	r.monitor.Events = hearing{func() {
		if err := kept.load(r.dir); err != nil {
			t.Error(err)
		}
		if len(kept.Phases) > 1 { // and the phase has not ended
			stop()
		}
	}, stopping{left: &left}}
	if err := r.Train(ctx); ctx.Err() == nil {
		t.Fatalf("all is trained, %v", err)
	}
	if len(kept.Phases) != 2 || kept.Phases[0].Name != phaseOpen || kept.Phases[1].Name != phaseTrain || !(kept.Phases[0].Seconds > 0) ||
		!(kept.Phases[1].Seconds > 0 && kept.Phases[1].Seconds <= time.Since(start).Seconds()) {
		t.Errorf("a process that is killed leaves %+v; want what opening and training took", kept.Phases)
	}
}

// hearing calls a function on each update.
type hearing struct {
	f func()
	stopping
}

// Update implements Events.
func (h hearing) Update(s Status) {
	h.f()
	h.stopping.Update(s)
}

// A candidate's time on a rung, by which later steps are planned, holds that of the processes
// before an interruption.
func TestTimeOfARungOutlivesInterruptions(t *testing.T) {
	const earlier = 1000
	w, _ := finishedWorld(t)
	r := w.trained("run")
	l, f := &ladder{r: r}, &finished{arm: &arm{name: armSearch}, candidate: candidate{Trial: controller.Trial{Arch: w.arch(climbers[armSearch][0])}}}
	net := r.net.Extract(f.Arch, string(r.cfg.Kernel))
	tr, err := supernet.NewTrainer(r.exec, net, r.splits.Train, r.norm, single(net), r.finishOptions(6, 0))
	if err != nil {
		t.Fatal(err)
	}
	if err := tr.Run(t.Context(), 2, nil); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.MkdirAll(r.dir.Path(rundir.Finishing), 0o755), tr.Save(r.dir.Path(l.checkpoint(0, f)), json.RawMessage(`{"seconds":1000}`))); err != nil {
		t.Fatal(err)
	}
	finishOf(t, w, r, 0)
	lines, err := rundir.ReadJournal[rundir.Rung](r.dir.Path(rundir.Finish))
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range lines {
		was := 0.0
		if g.Arm == armSearch && g.Rung == 0 && g.Candidate == 0 {
			was = earlier
		}
		if g.Seconds < was || g.Seconds > was+earlier/2 {
			t.Errorf("rung %d of candidate %d of %s took %v s; want %v and what this process took", g.Rung, g.Candidate, g.Arm, g.Seconds, was)
		}
	}
}
