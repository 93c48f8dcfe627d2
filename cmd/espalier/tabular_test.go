package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// smallSpace holds 4 networks.
const smallSpace = `chain: {name: small, stem: 8, layers: 2, ops: [conv3x3, identity], widths: [8], downsample: [1, 2]}
`

func (s shell) tableArgs(file string) []string {
	return []string{"tabular", "-c", s.path("tiny.yaml"), "--space", s.path("small.yaml"), "-q", "--batch", "64", "--steps", "2", "--seeds", "2", "--out", s.path(file)}
}

// A table that was interrupted anywhere, also within a row, ends as one that was not, for
// any number of workers; every network has a row for each seed.
func TestTableIsTheSameAfterInterruptions(t *testing.T) {
	s := newShell(t)
	if err := os.WriteFile(s.path("small.yaml"), []byte(smallSpace), 0o600); err != nil {
		t.Fatal(err)
	}
	s.must(s.tableArgs("whole.csv")...)
	s.must(append(s.tableArgs("one.csv"), "--workers", "1")...)
	stops := 0
	for patience := 24; ; patience *= 2 {
		code, _, errText := s.run(newCountdown(patience), s.tableArgs("cut.csv")...)
		if code == 0 {
			break
		}
		if code != exitInterrupted {
			t.Fatalf("interrupted after %d checks: exit code %d\n%s", patience, code, errText)
		}
		if !strings.Contains(errText, "continue with the same command, which goes on from "+s.path("cut.csv")) {
			t.Errorf("interrupted after %d checks: no word on how to continue:\n%s", patience, errText)
		}
		stops++
		text := s.read("cut.csv")
		if rows := strings.Count(text, "\n"); rows > 14 { // a power cut within the last row
			if err := os.WriteFile(s.path("cut.csv"), []byte(text[:len(text)-9]), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	if stops < 2 {
		t.Errorf("interrupted %d times; want at least 2", stops)
	}
	whole := s.read("whole.csv")
	for _, name := range []string{"one.csv", "cut.csv"} {
		if d := cmp.Diff(whole, s.read(name)); d != "" {
			t.Errorf("%s differs:\n%s", name, d)
		}
	}
	_, rows, _ := strings.Cut(whole, "test_loss\n")
	if out := s.must("inspect", s.path("whole.csv")); !strings.Contains(out, "8 of 8 trainings") || !strings.Contains(out, "best ") {
		t.Errorf("inspect says %s", out)
	}
	lines := strings.Split(strings.TrimSuffix(rows, "\n"), "\n")
	seen := map[string]bool{}
	for _, line := range lines {
		f := strings.Split(line, ",")
		seen[f[1]+" "+f[4]] = true
	}
	if len(lines) != 8 || len(seen) != 8 {
		t.Errorf("%d rows of %d trainings; want 8 and 8", len(lines), len(seen))
	}
	if left, err := filepath.Glob(s.path("*.msgpack")); err != nil || len(left) > 0 {
		t.Errorf("checkpoints of trainings that are done were left behind: %v", left)
	}
}

// A table of something else is refused with what differs.
func TestTableOfAnotherRunIsRefused(t *testing.T) {
	s := newShell(t)
	if err := os.WriteFile(s.path("small.yaml"), []byte(smallSpace), 0o600); err != nil {
		t.Fatal(err)
	}
	s.run(newCountdown(30), s.tableArgs("a.csv")...)
	for want, args := range map[string][]string{
		"steps: 2; want steps: 4":                  {"--steps", "4"},
		"seed: 1; want seed: 8":                    {"--seed", "8"},
		"networks and seeds is 9; want at most":    {"--seeds", "9", "--space", "chain"},
		"--epochs and --steps each fix the length": {"--epochs", "1"},
		"unknown flag --budget":                    {"--budget", "1m"},
		"unknown flag --sampler":                   {"--sampler", "fair"},
	} {
		code, _, text := s.run(t.Context(), append(s.tableArgs("a.csv"), args...)...)
		if code != exitFailure && (code != exitUsage || !strings.HasPrefix(want, "unknown")) || !strings.Contains(text, want) {
			t.Errorf("%v: exit code %d, %q; want an error with %q", args, code, text, want)
		}
	}
}

// Networks of a table, and those of a truth, are trained by the recipe of the flags.
func TestTablesFollowTheFlagsOfTheRecipe(t *testing.T) {
	s := newShell(t)
	if err := os.WriteFile(s.path("small.yaml"), []byte(smallSpace), 0o600); err != nil {
		t.Fatal(err)
	}
	recipe := []string{"-c", s.path("tiny.yaml"), "--space", s.path("small.yaml"), "-q", "--batch", "32", "--lr", "0.07", "--steps", "1"}
	s.must(append([]string{"tabular", "--seeds", "1", "--out", s.path("table.csv")}, recipe...)...)
	s.must(append([]string{"fidelity", "--seeds", "1", "--count", "2", "--truth", s.path("truth.csv")}, recipe...)...)
	for _, file := range []string{"table.csv", "truth.csv"} {
		if text := s.read(file); !strings.Contains(text, "Batch=32 ") || !strings.Contains(text, "LR=0.07 ") {
			t.Errorf("%s: %s\nwant batches of 32 and a rate of 0.07", file, text)
		}
	}
}
