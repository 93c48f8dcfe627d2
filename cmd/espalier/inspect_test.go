package main

import (
	"strings"
	"testing"

	"github.com/espalier-nas/espalier/search/rundir"
)

// Rungs are counted from 1, as logs and reports do; the file counts from 0.
func TestInspectCountsRungsAsReportsDo(t *testing.T) {
	s := newShell(t)
	path := s.path(rundir.Finish)
	if err := rundir.WriteLines(path, []rundir.Rung{{Arm: "search", Rung: 0, Arch: "first"}, {Arm: "search", Rung: 2, Arch: "last"}}); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(s.must("inspect", path), "\n")
	for i, want := range []string{"2 trainings", "rung 1 ", "rung 3 "} {
		if !strings.Contains(lines[i], want) {
			t.Errorf("line %d is %q; want %q in it", i, lines[i], want)
		}
	}
}
