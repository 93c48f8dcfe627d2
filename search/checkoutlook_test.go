package search

import (
	"encoding/json"
	"testing"

	"github.com/espalier-nas/espalier/search/rundir"
)

// A network of which nothing is wrong any more has no ratio of what was expected to what came out: the report
// tells of the others.
func TestOutlookOfNetworksWithoutErrors(t *testing.T) {
	w := newWorld(t, asPredicted)
	r := w.open("run")
	r.cfg.Search.By = "accuracy"
	log, _, _, err := rundir.OpenJournal[rundir.Rung](r.dir.Path(rundir.Finish))
	if err != nil {
		t.Fatal(err)
	}
	climb := func(candidate int, accuracies ...float64) {
		for rung, accuracy := range accuracies {
			g := rundir.Rung{Arm: armSearch, Rung: rung, Candidate: candidate, Arch: climbers[armSearch][candidate], Steps: 10, Accuracy: accuracy}
			if err := log.Append(g); err != nil {
				t.Fatal(err)
			}
		}
	}
	climb(0, 0.5, 0.8, 1)
	if o, err := r.outlookCheck(); o != nil || err != nil {
		t.Errorf("%+v, %v; want nothing told of a network that is always right", o, err)
	}
	climb(1, 0.5, 0.75, 0.875)
	o, err := r.outlookCheck()
	if err != nil || o == nil || o.Networks != 1 || o.Rungs != 2 || !(o.Off > 0) {
		t.Fatalf("%+v, %v; want it of the one that is not", o, err)
	}
	if _, err := json.Marshal(o); err != nil {
		t.Error(err)
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
}
