package search

import (
	"math"
	"runtime"
	"testing"
	"time"

	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/search/report"
	"github.com/espalier-nas/espalier/search/rundir"
)

// A report tells how many networks of the last rung train at a time, and by how many workers each.
func TestWorkersOfTheLastRung(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4)) // there are no more workers than that
	of := func(workers int) *ops.Exec {
		e, err := ops.NewExec(ops.Config{Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(e.Close)
		return e
	}
	l := &ladder{r: &Run{exec: of(4)}, lanes: &lanes{execs: []*ops.Exec{of(2), of(2)}}}
	for n, want := range map[int]report.LastRung{0: {AtATime: 1, Workers: 4}, 1: {AtATime: 1, Workers: 2}, 5: {AtATime: 2, Workers: 2}} {
		if got := l.beside(n); got != want {
			t.Errorf("%d networks beside each other: %+v; want %+v", n, got, want)
		}
	}
}

// A run that is resumed with other workers tells by how many its networks were trained.
func TestWorkersOfTheLastRungAreKept(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	w := newWorld(t, asPredicted)
	w.cfg.Workers = 4
	a := w.search("run")
	w.cfg.Workers = 1
	b := w.search("run")
	if a.report.Last.AtATime < 2 || a.report.Last.Workers < 1 || b.report.Last != a.report.Last {
		t.Errorf("%+v, and after a resumption with one worker %+v; want the first both times, several networks at a time", a.report.Last, b.report.Last)
	}
}

// The last network that a lane will train has the lane to the end; where there are several arms it has its share of the
// time of all, wherever it trains.
func TestTheLastRungFillsItsLanes(t *testing.T) {
	w, _ := finishedWorld(t)
	w.cfg.Budget = time.Hour
	r := w.trained("run")
	f := &finished{arm: &arm{name: armSearch}, candidate: candidate{Trial: controller.Trial{Arch: w.arch(climbers[armSearch][0])}}}
	f.rungs = []rundir.Rung{{Steps: 10, Seconds: 1}}
	one := &arm{name: armSearch, on: []*finished{f}}
	l, err := r.openLadder([]*arm{one}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	defer l.lanes.close()
	defer l.log.Close()
	steps := func(arms ...*arm) float64 {
		l.arms, l.taken, r.cfg.Finish.Plan = arms, 0, nil
		busy := newTimetable(2)
		busy.start(r.spent() + (l.ends-r.spent())/2)
		n, _, err := l.lastStepsBeside(f, []float64{1, 1}, busy)
		if err != nil {
			t.Fatal(err)
		}
		return float64(n)
	}
	if filled, shared := steps(one), steps(one, new(arm)); math.Abs(filled/shared-4.0/3) > 0.01 {
		t.Errorf("%v steps, with another arm %v; want a third more: the lane to its end instead of half of what is free", filled, shared)
	}
}
