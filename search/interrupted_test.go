package search

import (
	"bytes"
	"context"
	"errors"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/espalier-nas/espalier/search/report"
	"github.com/espalier-nas/espalier/search/rundir"
)

// timeless leaves out how long things took.
var timeless = cmp.Options{cmpopts.IgnoreFields(rundir.Rung{}, "Seconds"), cmpopts.IgnoreFields(report.Network{}, "Seconds")}

// untilRungs is a context that ends when the journal of finishing has so many
// lines.
type untilRungs struct {
	context.Context
	cancel context.CancelFunc
	path   string
	lines  int
}

// Err implements context.Context.
func (c untilRungs) Err() error {
	if text, err := os.ReadFile(c.path); err == nil && bytes.Count(text, []byte{'\n'}) >= c.lines {
		c.cancel()
	}
	return c.Context.Err()
}

// Finishing that is interrupted on every rung, once in the middle of a line of the
// journal, ends with the same networks.
func TestFinishingGoesOnAfterInterruptions(t *testing.T) {
	w := newWorld(t, asPredicted)
	a := w.search("whole")
	for _, lines := range []int{3, len(a.rungs) / 2, 3 * len(a.rungs) / 4, len(a.rungs) - 1} {
		r := w.start("cut")
		c := untilRungs{path: r.dir.Path(rundir.Finish), lines: lines}
		c.Context, c.cancel = context.WithCancel(t.Context())
		if _, err := r.Search(c); !errors.Is(err, context.Canceled) {
			t.Fatalf("after %d rungs: %v; want the interruption", lines, err)
		}
		w.end(r)
		tear(t, c.path)
	}
	b := w.search("cut")
	if d := cmp.Diff(a.rungs, b.rungs, timeless); d != "" {
		t.Errorf("an interrupted run finishes otherwise:\n%s", d)
	}
	if d := cmp.Diff(a.report, b.report, timeless, cmpopts.IgnoreFields(report.Report{}, "Phases")); d != "" {
		t.Errorf("an interrupted run reports otherwise:\n%s", d)
	}
	for _, g := range a.rungs {
		if name := rungFile(g); a.dir.Has(name) != b.dir.Has(name) || a.dir.Has(name) && file(t, a.dir, name) != file(t, b.dir, name) {
			t.Errorf("%s differs", name)
		}
	}
}

// tear adds the beginning of a line to a journal.
func tear(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(text, `{"arm":"sea`...), 0o644); err != nil {
		t.Fatal(err)
	}
}
