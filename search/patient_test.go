package search

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/espalier-nas/espalier/search/rundir"
)

// A run whose proposals an earlier version's evolution has logged within tight limits goes on: what
// is logged tells how they were drawn, and nothing is proposed anew.
func TestLogsOfAnEarlierEvolutionAreResumed(t *testing.T) {
	w := newWorld(t, asPredicted)
	w.cfg.Search.Random, w.cfg.Search.Rounds, w.cfg.Finish.Steps = false, 1, 4
	latencies := make([]float64, 0, len(w.measured))
	for _, s := range w.measured {
		latencies = append(latencies, s)
	}
	slices.Sort(latencies)
	w.cfg.Limits.Latency = time.Duration(latencies[len(latencies)/5] / float64(w.cfg.Device.Batch) * 1e9)
	proposals := func(s searched) (all []rundir.Trial) { return s.of(armSearch) }

	r := w.start("old")
	r.patient = true // as an earlier version
	if _, err := r.Search(context.Background()); err != nil {
		t.Fatal(err)
	}
	w.end(r)
	before, err := rundir.ReadJournal[rundir.Trial](r.dir.Path(rundir.Trials))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(proposals(searched{trials: before}), proposals(w.search("new"))); d == "" {
		t.Fatal("both ways of drawing propose the same within these limits; want tighter ones")
	}
	again := w.search("old")
	if d := cmp.Diff(before, again.trials); d != "" {
		t.Errorf("the log changed when the run went on (-before +after):\n%s", d)
	}
	if !again.patient {
		t.Error("the run goes on with the evolution of this version")
	}
}
