package main

import (
	"context"
	"strings"
	"testing"

	"github.com/espalier-nas/espalier/cmd/espalier/internal/rundir"
)

// eval --test leaves a trace that inspect shows.
func TestEvalOnTestIsShown(t *testing.T) {
	s := newShell(t)
	s.must("train", "-c", s.path("tiny.yaml"), "-q", "--steps", "2", "--out", s.path("run"))
	s.must("eval", "--run", s.path("run"), "--arch", "max")
	if out := s.must("inspect", s.path("run")); strings.Contains(out, rundir.Tests) {
		t.Errorf("nothing was judged on the test split, but inspect says\n%s", out)
	}
	score, _, _ := strings.Cut(s.must("eval", "--run", s.path("run"), "--arch", "max", "--test"), "  loss")
	for _, path := range []string{s.path("run"), s.path("run", rundir.Tests)} {
		if out := s.must("inspect", path); !strings.Contains(out, "1 networks judged on the test split") || !strings.Contains(out, score) {
			t.Errorf("inspect %s does not show a test with %q:\n%s", path, score, out)
		}
	}
	if code, text, _ := s.run(context.Background(), "eval", "--help"); code != 0 || !strings.Contains(strings.Join(strings.Fields(text), " "), rundir.Tests) {
		t.Errorf("the help of eval does not name %s", rundir.Tests)
	}
}
