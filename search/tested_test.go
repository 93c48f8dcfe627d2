package search

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/espalier-nas/espalier/search/rundir"
	"github.com/espalier-nas/espalier/supernet/space"
)

// contents returns the files of a folder.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		all[path] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Evaluating by hand on the test split leaves lines in tests.jsonl and changes
// nothing else; on the validation split it changes nothing at all.
func TestUseOfTheTestSplitIsNoted(t *testing.T) {
	w := newWorld(t, asPredicted)
	s := w.search("run")
	before := contents(t, s.dir.Path())
	open := func() *Run {
		r, err := OpenTrained(s.dir.Path(), Machine{}, Monitor{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { r.Close() })
		return r
	}
	archs := []space.Arch{w.family.Extremes().Largest, w.family.Extremes().Smallest}
	if _, err := open().EvaluateByClass(t.Context(), archs, false); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(before, contents(t, s.dir.Path())); d != "" {
		t.Fatalf("evaluating on the validation split changed the folder:\n%s", d)
	}
	var want []rundir.Tested
	for _, list := range [][]space.Arch{archs, archs[:1]} {
		evaluated, err := open().EvaluateByClass(t.Context(), list, true)
		if err != nil {
			t.Fatal(err)
		}
		for _, j := range evaluated {
			want = append(want, rundir.Tested{Arch: j.Arch, Supernet: s.net.Hash(), Pictures: "test split", Accuracy: j.Accuracy, Loss: j.Loss})
		}
	}
	got, err := s.dir.Tested()
	if err != nil {
		t.Fatal(err)
	}
	for i := range got {
		if age := time.Since(got[i].Time); age < 0 || age > time.Hour {
			t.Errorf("line %d is of %v", i, got[i].Time)
		}
		got[i].Time = time.Time{}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("tests.jsonl differs (-want +got):\n%s", d)
	}
	after := contents(t, s.dir.Path())
	delete(after, s.dir.Path(rundir.Tests))
	if d := cmp.Diff(before, after); d != "" {
		t.Errorf("evaluating on the test split changed other files:\n%s", d)
	}
	again := w.search("run").report
	if a := again.Checks.Accesses; a.ByHand != 3 || a.Total() != 3+len(again.Pareto) {
		t.Errorf("accesses to the test split %+v; want 3 by hand and %d networks", a, len(again.Pareto))
	}
	if again.Test.ByHand != 3 || !slices.ContainsFunc(again.Warnings, func(x string) bool {
		return strings.Contains(x, "3 networks were evaluated on the test split by eval --test;")
	}) {
		t.Errorf("a later report counts %d and warns %q; want 3 and a warning", again.Test.ByHand, again.Warnings)
	}
	if s.report.Test.ByHand != 0 {
		t.Errorf("the first report counts %d tests by hand", s.report.Test.ByHand)
	}
}

// Without a note there is no score.
func TestNoScoreOnTestWithoutANote(t *testing.T) {
	w := newWorld(t, asPredicted)
	r := w.open("run")
	if err := errors.Join(r.Train(t.Context()), os.Mkdir(r.dir.Path(rundir.Tests), 0o755)); err != nil {
		t.Fatal(err)
	}
	o, err := OpenTrained(r.dir.Path(), Machine{}, Monitor{})
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	if evaluated, err := o.EvaluateByClass(t.Context(), []space.Arch{w.family.Extremes().Largest}, true); err == nil || evaluated != nil || !strings.Contains(err.Error(), rundir.Tests) {
		t.Errorf("got %v, %v; want no score and an error that names %s", evaluated, err, rundir.Tests)
	}
}
