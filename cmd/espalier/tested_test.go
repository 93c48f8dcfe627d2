package main

import (
	"context"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/search"
	"github.com/espalier-nas/espalier/search/rundir"
	"github.com/espalier-nas/espalier/supernet"
	"github.com/espalier-nas/espalier/supernet/data"
)

// eval --test leaves a trace that inspect shows.
func TestEvalOnTestIsShown(t *testing.T) {
	s := newShell(t)
	s.must("train", "-c", s.path("tiny.yaml"), "-q", "--steps", "2", "--out", s.path("run"))
	s.must("eval", "--run", s.path("run"), "--arch", "max")
	if out := s.must("inspect", s.path("run")); strings.Contains(out, rundir.Tests) {
		t.Errorf("nothing was evaluated on the test split, but inspect says\n%s", out)
	}
	score, _, _ := strings.Cut(s.must("eval", "--run", s.path("run"), "--arch", "max", "--test"), "  loss")
	for _, path := range []string{s.path("run"), s.path("run", rundir.Tests)} {
		if out := s.must("inspect", path); !strings.Contains(out, "1 networks evaluated on the test split") || !strings.Contains(out, score) {
			t.Errorf("inspect %s does not show a test with %q:\n%s", path, score, out)
		}
	}
	if code, text, _ := s.run(context.Background(), "eval", "--help"); code != 0 || !strings.Contains(strings.Join(strings.Fields(text), " "), rundir.Tests) {
		t.Errorf("the help of eval does not name %s", rundir.Tests)
	}
}

// A network of a run folder is evaluated with its own weights, without a supernet, and on
// test with a trace.
func TestNetworksAreEvaluated(t *testing.T) {
	s := newShell(t)
	s.must("train", "-c", s.path("tiny.yaml"), "-q", "--arch", "max", "--steps", "20", "--out", s.path("run"))
	for _, on := range [][]string{nil, {"--test"}} {
		out := s.must(append([]string{"eval", "--run", s.path("run"), "--network", "alone", "--json"}, on...)...)
		var got search.Evaluated
		if err := json.Unmarshal([]byte(out), &got); err != nil {
			t.Fatal(err)
		}
		n, err := supernet.LoadNetwork(s.path("run", rundir.Networks, "alone.msgpack"))
		if err != nil {
			t.Fatal(err)
		}
		want := plainAccuracy(t, n, on != nil)
		if got.Arch != n.Label().Arch || math.Abs(got.Accuracy-want) > 1e-9 || got.FLOPs != n.Plan().FLOPs() || got.Params != n.Plan().Params() ||
			math.Abs(supernet.Confusion(got.Matrix).Accuracy()-want) > 1e-9 || len(got.Matrix) != len(n.Label().Classes) || math.Abs(got.Majority-0.1) > 1e-9 {
			t.Errorf("%v: %+v; want accuracy %v of %s", on, got, want, n.Label().Arch)
		}
		if out := s.must("inspect", s.path("run")); strings.Contains(out, "evaluated on the test split") != (on != nil) {
			t.Errorf("%v: inspect says\n%s", on, out)
		}
	}
	if code, _, msg := s.run(t.Context(), "eval", "--run", s.path("run"), "--network", "pareto-9"); code == 0 || !strings.Contains(msg, "pareto-9") {
		t.Errorf("a network that is not there: exit code %d, %s", code, msg)
	}
	if code, _, msg := s.run(t.Context(), "eval", "--run", s.path("run")); code == 0 || !strings.Contains(msg, "--network") {
		t.Errorf("nothing to evaluate: exit code %d, %s", code, msg)
	}
}

// plainAccuracy returns the share of the embedded validation or test pictures that a
// network gets right, one picture at a time.
func plainAccuracy(t *testing.T, n *supernet.Network, onTest bool) float64 {
	t.Helper()
	d, err := data.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	splits, err := d.Split(data.SplitOptions{Val: 0.15, Test: 0.15, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	set := splits.Val
	if onTest {
		set = splits.Test
	}
	e, err := ops.NewExec(ops.Config{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	var b data.Batch
	right := 0
	for i := range set.Len() {
		data.NewLoader(set, n.Normalization(), data.Augment{}, 1, 0).Sequential(&b, i, 1)
		y, err := n.Predict(e, b.Tensor())
		if err != nil {
			t.Fatal(err)
		}
		best, logits := 0, y.Data().([]float32)
		for k, v := range logits {
			if v > logits[best] {
				best = k
			}
		}
		if best == int(set.Labels[i]) {
			right++
		}
	}
	return float64(right) / float64(set.Len())
}
