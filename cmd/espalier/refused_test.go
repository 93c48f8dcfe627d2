package main

import (
	"os"
	"strings"
	"testing"
)

// So do a training and a search that cannot begin for what they are asked for.
func TestImpossibleRunsLeaveNothing(t *testing.T) {
	s := newShell(t)
	if err := os.WriteFile(s.path("alone.yaml"), []byte(strings.Replace(tiny, "train: {", "train: {arch: max, ", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, args := range map[string][]string{
		"train.arch: architecture":     {"train", "-c", s.path("tiny.yaml"), "--arch", "lawn"},
		"a search trains the supernet": {"search", "-c", s.path("alone.yaml")},
		"nowhere.json":                 {"search", "-c", s.path("tiny.yaml"), "--table", s.path("nowhere.json")},
	} {
		code, _, said := s.run(t.Context(), append(args, "-q", "--out", s.path("run"))...)
		if code != exitFailure || strings.Count(said, want) != 1 {
			t.Errorf("%v: exit code %d; want a refusal with %q, said once:\n%s", args, code, want, said)
		}
		if left, err := os.ReadDir(s.path("run")); err == nil {
			t.Errorf("%v leaves %v behind; want nothing", args, left)
		}
	}
}

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
