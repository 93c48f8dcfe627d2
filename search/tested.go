package search

import (
	"fmt"
	"time"

	"github.com/espalier-nas/espalier/search/report"
	"github.com/espalier-nas/espalier/search/rundir"
)

// noteTests enters networks that were evaluated on the test split into the folder's
// tests.jsonl, before anyone sees their scores. with names the weights. What is opened
// by OpenTrained is not locked and not changed otherwise.
func (r *Run) noteTests(evaluated []Evaluated, with rundir.Tested) error {
	with.Pictures = rundir.TestSplit
	with.Time = time.Now().UTC().Truncate(time.Second)
	lines := make([]rundir.Tested, len(evaluated))
	for i, j := range evaluated {
		lines[i] = with
		lines[i].Arch, lines[i].Accuracy, lines[i].Loss = j.Arch, j.Accuracy, j.Loss
	}
	if err := r.dir.NoteTests(lines...); err != nil {
		return fmt.Errorf("the use of the test split cannot be noted, so no score is given: %w", err)
	}
	return nil
}

// testReport tells how the test split was used, by the search and before it by
// hand, with a warning of the latter.
func (r *Run) testReport() (report.Test, error) {
	rep := report.Test{Images: r.splits.Test.Len(), Networks: len(r.state.Tests)}
	byHand, err := r.dir.Tested()
	if err != nil {
		return rep, err
	}
	if rep.ByHand = len(byHand); rep.ByHand > 0 {
		rep.How = rundir.HowTested(byHand)
		r.warn("the test split was not unseen: before this report %d networks were evaluated %s; the first on %s",
			rep.ByHand, rep.How, byHand[0].Time.Format(time.DateOnly))
	}
	return rep, nil
}
