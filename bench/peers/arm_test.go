//go:build linux

package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/espalier-nas/espalier/bench"
)

// start starts the test program as an arm; see TestMain.
func start(t *testing.T, name, role string) *arm {
	t.Helper()
	t.Setenv(fakeArm, role)
	a, err := startArm(t.Context(), name, 1, []string{os.Args[0]})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// state returns the state of a process as the system shows it: T for halted.
func state(t *testing.T, a *arm) string {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", a.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(text[strings.LastIndexByte(string(text), ')'):]))[1]
}

func TestArmStandsStillUnlessAsked(t *testing.T) {
	a := start(t, ours, "ours")
	for _, p := range passes {
		if s := state(t, a); s != "T" {
			t.Errorf("before %s: state %s, want T", p, s)
		}
		got, err := a.ask(request(tiny[0], p, 2))
		if err != nil {
			t.Fatal(err)
		}
		if !(got.best > 0) || got.median < got.best || !got.close(plain(tiny[0], p)) {
			t.Errorf("%s: answer %+v", p, got)
		}
	}
	if used, err := a.close(); err != nil || used < time.Millisecond {
		t.Errorf("after three requests of 2 ms: used %v, error %v", used, err)
	}
}

// layerPlan is the plan of some layers for a millisecond each.
func layerPlan(layers []bench.Layer, which []pass, rounds int) plan {
	var names []string
	for _, p := range which {
		names = append(names, string(p))
	}
	return plan{layerJobs(layers, names, 1), rounds, sameResult}
}

// TestTurns shows that all arms are measured in every round, and that passes
// which a peer lacks are left out.
func TestTurns(t *testing.T) {
	arms := []*arm{start(t, ours, "ours"), start(t, "other", "ours"), start(t, "lacking", "unsupported no such pass")}
	p := layerPlan(tiny[:2], passes, 3)
	count := map[string]int{}
	keep := func(s sample) error {
		count[fmt.Sprint(s.name, s.pass, s.round, s.arm)]++
		return nil
	}
	if err := p.run(arms, keep, io.Discard); err != nil {
		t.Fatal(err)
	}
	if want := 2 * len(passes) * 3 * 2; len(count) != want {
		t.Errorf("%d samples, want %d", len(count), want)
	}
	for s, n := range count {
		if n != 1 || strings.Contains(s, "lacking") {
			t.Errorf("%s: %d samples", s, n)
		}
	}
}

func TestTurnsRefuse(t *testing.T) {
	for _, c := range []struct{ role, want string }{
		{"ok 1e-6 1e-6 17 3 liar", "computed different results"},
		{"ok 1e-6 2e-6 17 3 slower than best", "no less than the best"},
		{"error out of memory", "out of memory"},
		{"nonsense", "expected ok"},
	} {
		arms := []*arm{start(t, ours, "ours"), start(t, "peer", c.role)}
		p := layerPlan(tiny[:1], passes[:1], 1)
		err := p.run(arms, func(sample) error { return nil }, io.Discard)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "peer") {
			t.Errorf("a peer that says %q: error %v, want one with %q", c.role, err, c.want)
		}
	}
	if _, err := startArm(t.Context(), "gone", 1, []string{"/nonexistent"}); err == nil || !strings.Contains(err.Error(), "gone") {
		t.Errorf("a program that does not exist: error %v", err)
	}
	if _, err := startArm(t.Context(), "mute", 1, []string{"/bin/true"}); err == nil || !strings.Contains(err.Error(), "before it was ready") {
		t.Errorf("a program that ends: error %v", err)
	}
}

// TestOrder shows that over two rounds per arm each arm stands in each place
// equally often.
func TestOrder(t *testing.T) {
	arms := []*arm{{name: "a"}, {name: "b"}, {name: "c"}}
	places := map[string]int{}
	for round := range 2 * len(arms) {
		for i, a := range order(arms, round) {
			places[fmt.Sprint(a.name, i)]++
		}
	}
	for _, a := range arms {
		for i := range arms {
			if n := places[fmt.Sprint(a.name, i)]; n != 2 {
				t.Errorf("%s stands %d times at %d, want 2", a.name, n, i)
			}
		}
	}
	if got := order(arms[:1], 5); !slices.Equal(got, arms[:1]) {
		t.Errorf("one arm: %v", got)
	}
}

func TestRequestRoundTrip(t *testing.T) {
	for _, l := range tiny {
		got, p, ms, err := parseRequest(request(l, backwardData, 25))
		want := l
		want.Class = got.Class
		if err != nil || got != want || p != backwardData || ms != 25 {
			t.Errorf("%+v: got %+v, %s, %d, %v", l, got, p, ms, err)
		}
	}
}
