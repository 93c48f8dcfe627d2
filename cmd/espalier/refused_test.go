package main

import (
	"os"
	"strings"
	"testing"
)

// A search that is refused before anything was done says why once, and leaves no folder that stands in the way of the next
// start; one that was there before, and empty, stays.
func TestRefusedSearchesLeaveNothing(t *testing.T) {
	s := newShell(t)
	if err := os.Mkdir(s.path("mine"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, quiet := range [][]string{{"-q"}, nil, nil} {
		for _, folder := range []string{"run", "mine"} {
			code, _, said := s.run(t.Context(), append([]string{"search", "--max-params", "1", "--out", s.path(folder)}, quiet...)...)
			if code != exitFailure || strings.Count(said, "no architecture meets the limits") != 1 {
				t.Errorf("%s %v: exit code %d; want a refusal, said once:\n%s", folder, quiet, code, said)
			}
			left, err := os.ReadDir(s.path(folder))
			if (err == nil) != (folder == "mine") || len(left) > 0 {
				t.Errorf("%s holds %v, %v; want nothing left behind", folder, left, err)
			}
		}
	}
}
