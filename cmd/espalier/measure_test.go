package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// A table of networks that a probe has measured is read by predictor latency; asked for more
// networks, it is completed: what it has is not measured again.
func TestMeasureByProbe(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("this system has no sh to write a probe in")
	}
	s := newShell(t)
	script := `n=$(wc -c < "$1"); echo >> ` + s.path("calls") + `; echo "0.$(printf %06d $n)" 0.5`
	if err := os.WriteFile(s.path("probe.sh"), []byte(script), 0o644); err != nil {
		t.Fatal(err)
	}
	args := []string{"measure", "-c", s.path("tiny.yaml"), "-q", "--probe", "sh " + s.path("probe.sh"), "--out", s.path("probes.csv")}
	out := s.must(append(args, "--samples", "10")...)
	for _, want := range []string{"probes.latency.json: ", "probes.csv: sh ", "10 networks", "\nleft out: tau ", "energy, left out: tau "} {
		if !strings.Contains(out, want) {
			t.Errorf("printed %q; want %q", out, want)
		}
	}
	first := s.read("probes.csv")
	lines := strings.Split(first, "\n")
	if lines[2] != "idx,arch,predicted_ms,measured_ms,probe_ms,energy_mJ" || len(lines) != 14 {
		t.Errorf("the table is\n%s", first)
	}
	s.must(append(args, "--samples", "14")...)
	if n := len(s.read("calls")); n != 14 {
		t.Errorf("%d calls for 14 networks", n)
	}
	for _, line := range lines[3:13] {
		f := strings.Split(line, ",")
		if kept := strings.Join(f[len(f)-3:], ","); !strings.Contains(s.read("probes.csv"), kept) {
			t.Errorf("%s is not kept", kept)
		}
	}
	out = s.must("predictor", "latency", "--table", s.path("probes.csv"), "--space", s.spaceFile(), "--size", "28", "--channels", "1",
		"--sources", "predicted_ms,measured_ms", "--targets", "probe_ms", "--samples", "5", "--choose", "chosen")
	if !strings.Contains(out, "probe_ms") || !strings.Contains(out, "transfer") {
		t.Errorf("predictor latency says %q", out)
	}
	if code, _, err := s.run(t.Context(), "measure", "-c", s.path("tiny.yaml"), "-q", "--samples", "10", "--probe", "echo fast", "--out", s.path("other.csv")); code != exitFailure ||
		!strings.Contains(err, `probe "echo fast"`) || !strings.Contains(err, "fast /") {
		t.Errorf("a probe that prints no number: code %d, %q", code, err)
	}
}

// spaceFile writes the space of tiny.yaml to a file of its own.
func (s shell) spaceFile() string {
	s.t.Helper()
	text := tiny[strings.Index(tiny, "  chain:"):strings.Index(tiny, "train:")]
	if err := os.WriteFile(s.path("space.yaml"), []byte(strings.ReplaceAll(text, "\n  ", "\n")[2:]), 0o644); err != nil {
		s.t.Fatal(err)
	}
	return s.path("space.yaml")
}

// An architecture that is none is told before anything is measured.
func TestMeasureChecksArchitecturesFirst(t *testing.T) {
	s := newShell(t)
	code, _, err := s.run(t.Context(), "measure", "-c", s.path("tiny.yaml"), "-q", "--samples", "10", "--arch", "min", "--arch", "conv9x9", "--out", s.path("latency.json"))
	if _, made := os.Stat(s.path("latency.json")); code != exitFailure || !strings.Contains(err, "--arch: ") || !strings.Contains(err, "conv9x9") || made == nil {
		t.Errorf("code %d, %q, latencies were measured: %v; want the architecture named before", code, err, made == nil)
	}
}
