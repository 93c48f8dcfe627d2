package main

import (
	"math"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/espalier-nas/espalier/search/latency"
	"github.com/espalier-nas/espalier/search/rundir"
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

// What several machines have measured is joined by its networks, so that each is predicted from the others.
func TestMeasuredTablesAreJoined(t *testing.T) {
	s := newShell(t)
	columns := make(map[string][]string)
	if err := os.WriteFile(s.path("four.yaml"), []byte(strings.Replace(s.read("tiny.yaml"), "device: {", "device: {batch: 4, ", 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"desk", "phone", "watch"} {
		s.must("measure", "-c", s.path("four.yaml"), "-q", "--samples", "16", "--out", s.path(name+".json"), "--csv", s.path(name+".csv"))
		lines := strings.Split(strings.TrimSpace(s.read(name+".csv")), "\n")
		if lines[0] != "arch,"+name || len(lines) != 17 {
			t.Fatalf("the table is\n%s", strings.Join(lines, "\n"))
		}
		columns[name] = lines
	}
	var file latency.File
	if err := rundir.ReadJSON(s.path("phone.json"), &file); err != nil {
		t.Fatal(err)
	}
	for i, n := range file.Networks {
		at := strings.LastIndex(columns["phone"][1+i], ",")
		ms, err := strconv.ParseFloat(columns["phone"][1+i][at+1:], 64)
		if arch := strings.Trim(columns["phone"][1+i][:at], `"`); err != nil || arch != n.Arch || math.Abs(ms-1e3*n.Sample.Median/float64(file.Batch)) > 1e-12 {
			t.Errorf("row %d is %q; want %v s per pass of %d of %s", i, columns["phone"][1+i], n.Sample.Median, file.Batch, n.Arch)
		}
	}
	read := func(args ...string) string {
		return s.must(append([]string{
			"predictor", "latency", "--table", s.path("desk.csv"), "--latencies", s.path("phone.csv"), "--latencies", s.path("watch.csv"),
			"--space", s.spaceFile(), "--size", "28", "--channels", "1", "--samples", "5", "--choose", "chosen",
		}, args...)...)
	}
	if out := read(); !strings.Contains(out, "phone") || !strings.Contains(out, "watch") || strings.Contains(out, "desk ") {
		t.Errorf("each of the latencies in turn:\n%s", out)
	}
	before := s.read("desk.json")
	if code, _, err := s.run(t.Context(), "measure", "-c", s.path("four.yaml"), "-q", "--samples", "16", "--out", s.path("desk.json"), "--csv", s.path("./desk.json")); code == 0 || !strings.Contains(err, "--csv is") || s.read("desk.json") != before {
		t.Errorf("a table in the place of latencies: code %d, %q", code, err)
	}
	if out := read("--sources", "desk,phone", "--targets", "watch"); !strings.Contains(out, "watch") || !strings.Contains(out, "transfer") {
		t.Errorf("one from the others:\n%s", out)
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
