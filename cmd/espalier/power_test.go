//go:build kill && linux

package main

import (
	"flag"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var powerCuts = flag.Int("powercuts", 16, "TestPowerCuts: cuts in all")

// recording is what a command did to a folder.
type recording struct {
	start string // folder like the one that it began with
	calls []call
}

// TestPowerCuts records the system calls of long commands, lets the power fail between any two of
// them, leaves of what was not synced what a disk might, goes on, and compares all that is there at
// the end with what an undisturbed run leaves. What goes on is recorded too, and may be cut again.
// Where strace is missing, or may not trace, it is skipped and says so.
func TestPowerCuts(t *testing.T) {
	if out, err := exec.Command("strace", "-f", "--seccomp-bpf", "-o", os.DevNull, "true").CombinedOutput(); err != nil {
		t.Skipf("strace does not trace here: %v\n%s", err, out)
	}
	newKilled(t).share(*powerCuts, killed.cut)
}

// cut lets the power fail so many times.
func (k killed) cut(r longRun, cuts int) {
	t := k.t
	dir := k.folder(r)
	first := k.record(dir, r.begin(dir))
	want := k.contents(dir)
	last, again := first, 0
	for i := range cuts {
		from := first
		if i > 0 && k.rng.IntN(2) == 0 {
			from = last
			again++
		}
		at := k.rng.IntN(len(from.calls) + 1)
		d := k.replay(dir, from, at)
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		if err := d.cutPower(k.rng, dir); err != nil {
			t.Fatal(err)
		}
		last = k.record(dir, k.next(r, dir))
		if k.alike(dir, want, dir); t.Failed() {
			t.Fatalf("cut after %d of %d calls; what was there then is in %s", at, len(from.calls), last.start)
		}
	}
	t.Logf("%d calls; %d cuts, %d of them in what went on after another", len(first.calls), cuts, again)
}

// replay returns the disk after so many calls.
func (k killed) replay(dir string, r recording, calls int) *disk {
	k.t.Helper()
	d, err := newDisk(r.start, dir)
	if err != nil {
		k.t.Fatal(err)
	}
	for _, c := range r.calls[:calls] {
		if err := d.do(c); err != nil {
			k.t.Fatal(err)
		}
	}
	return d
}

// record runs a command to its end. What its calls do to a disk must be what they did to the folder.
func (k killed) record(dir string, args []string) recording {
	t := k.t
	t.Helper()
	r := recording{start: filepath.Join(t.TempDir(), "start")}
	if err := os.CopyFS(r.start, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	trace := filepath.Join(t.TempDir(), "calls")
	strace := []string{"-f", "--seccomp-bpf", "-xx", "-s", "1000000000", "-e", "trace=" + traced, "-o", trace, k.program}
	if out, err := exec.Command("strace", append(strace, args...)...).CombinedOutput(); err != nil {
		t.Fatalf("%v, begun with %s: %v\n%.4000s", args, r.start, err, out)
	}
	var err error
	if r.calls, err = readCalls(trace); err != nil {
		t.Fatal(err)
	}
	os.Remove(trace)
	got := make(map[string]string)
	for _, path := range k.files(dir) {
		text, err := os.ReadFile(filepath.Join(dir, path))
		if err != nil {
			t.Fatal(err)
		}
		got[path] = string(text)
	}
	if model := k.replay(dir, r, len(r.calls)).holds(); !maps.Equal(model, got) {
		for path := range got {
			if model[path] != got[path] {
				t.Errorf("%s: %s", path, cmp.Diff(model[path], got[path]))
			}
		}
		t.Fatalf("by its calls the folder would hold %d files; it holds %d", len(model), len(got))
	}
	return r
}
