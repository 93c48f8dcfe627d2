package search

import (
	"context"
	"encoding/json"
	"errors"
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
		s := newStopwatch(&before)
		if err := s.restore(json.RawMessage(text)); (err == nil) != want || text == "" && before != 0 {
			t.Errorf("%q: %v, %v; want no error: %v", text, before, err, want)
		}
	}
}

// A candidate's time on a rung, by which later steps are planned, holds that of the processes
// before an interruption.
func TestTimeOfARungOutlivesInterruptions(t *testing.T) {
	const earlier = 1000
	w, _ := finishedWorld(t)
	r := w.trained("run")
	l, f := &ladder{r: r}, &finished{arm: &arm{name: armSearch}, candidate: candidate{Trial: controller.Trial{Arch: w.arch(climbers[armSearch][0])}}}
	net := r.net.Extract(f.Arch, r.cfg.Kernel)
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
