package search

import (
	"runtime"
	"testing"

	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/search/report"
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
