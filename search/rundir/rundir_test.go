package rundir

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFreshFoldersAreNumberedAndNeverShared(t *testing.T) {
	t.Chdir(t.TempDir())
	const n = 8
	paths := make([]string, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			d, err := Create("")
			if err != nil {
				t.Error(err)
				return
			}
			defer d.Close()
			paths[i] = d.Path()
		})
	}
	wg.Wait()
	seen := map[string]bool{}
	for _, p := range paths {
		seen[p] = true
	}
	for i := range n {
		if want := "espalier-run-" + string(rune('1'+i)); !seen[want] {
			t.Errorf("no one got %s: %v", want, paths)
		}
	}
}

func TestLockKeepsASecondRunOut(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	d, err := Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Write(Config, []byte("seed: 1\n")); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("second Open: %v; want an error that says in use", err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := Open(dir)
	if err != nil {
		t.Fatalf("Open after Close: %v", err)
	}
	again.Close()
}

func TestCreateRefusesAFolderWithFiles(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "precious"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(dir); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("Create over files: %v; want an error that says not empty", err)
	}
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "no run folder") {
		t.Errorf("Open without config: %v; want an error that says no run folder", err)
	}
}

func TestJournalReadsBackTheSameBits(t *testing.T) {
	path := filepath.Join(t.TempDir(), Trials)
	want := []Trial{
		{Arm: "sample", Arch: "conv3x3:16 identity", Latency: 1.0 / 3, FLOPs: 1<<53 + 1, Accuracy: 0.1 + 0.2, Loss: 5e-324},
		{Arm: "random", Index: 1, Arch: "x", Reward: -1},
	}
	j, lines, torn, err := OpenJournal[Trial](path)
	if err != nil || torn || len(lines) != 0 {
		t.Fatalf("new journal: %v lines, torn %v, error %v", lines, torn, err)
	}
	for _, l := range want {
		if err := j.Append(l); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := ReadJournal[Trial](path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("journal differs (-written +read):\n%s", d)
	}
}

func TestJournalSurvivesBeingCutAnywhere(t *testing.T) {
	whole := []byte(`{"arm":"sample","index":0,"arch":"a","latency":1,"flops":2,"params":3,"accuracy":0.5,"loss":1,"reward":0.5}` + "\n" +
		`{"arm":"sample","index":1,"arch":"b","latency":1,"flops":2,"params":3,"accuracy":0.5,"loss":1,"reward":0.5}` + "\n")
	first := strings.IndexByte(string(whole), '\n') + 1
	for cut := range len(whole) + 1 {
		path := filepath.Join(t.TempDir(), Trials)
		if err := os.WriteFile(path, whole[:cut], 0o644); err != nil {
			t.Fatal(err)
		}
		j, lines, torn, err := OpenJournal[Trial](path)
		if err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		want := 0
		if cut >= first {
			want = 1
		}
		if cut == len(whole) {
			want = 2
		}
		if len(lines) != want || torn != (cut != 0 && cut != first && cut != len(whole)) {
			t.Errorf("cut at %d: %d lines, torn %v; want %d", cut, len(lines), torn, want)
		}
		if err := j.Append(Trial{Arm: "next"}); err != nil {
			t.Fatal(err)
		}
		j.Close()
		if got, err := ReadJournal[Trial](path); err != nil || len(got) != want+1 {
			t.Errorf("cut at %d, after one more line: %d lines, %v; want %d", cut, len(got), err, want+1)
		}
	}
}

func TestFaultyFilesAreNamed(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct{ name, text, want string }{
		{"unknown.jsonl", "{\"arm\":\"a\"}\n{\"arm\":\"a\",\"colour\":1}\n", `line 2: json: unknown field "colour"`},
		{"rest.jsonl", "{\"arm\":\"a\"} {}\n", "line 1: want one JSON object"},
		{"type.jsonl", "{\"arm\":3}\n", "line 1: json: cannot unmarshal number"},
		{"blank.jsonl", "\n", "line 1"},
	} {
		path := filepath.Join(dir, c.name)
		if err := os.WriteFile(path, []byte(c.text), 0o644); err != nil {
			t.Fatal(err)
		}
		_, _, _, err := OpenJournal[Trial](path)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v; want the path and %q", c.name, err, c.want)
		}
	}
	path := filepath.Join(dir, "state.json")
	for text, want := range map[string]string{`{"a":1} x`: "after the JSON value", `{"b":1}`: "unknown field", `{`: "unexpected EOF"} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		var v struct{ A int }
		if err := ReadJSON(path, &v); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %q", text, err, want)
		}
	}
}

// A power cut leaves zeros, or lines that did not get to the disk, at the end: they are
// cut off. In front of good lines they are damage.
func TestJournalSurvivesPowerCuts(t *testing.T) {
	path := filepath.Join(t.TempDir(), Trials)
	if err := WriteLines(path, []Trial{{Arm: "sample", Arch: "first"}, {Arm: "sample", Index: 1, Arch: "second"}}); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	first := strings.IndexByte(string(whole), '\n') + 1
	try := func(text []byte) ([]Trial, bool, error) {
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
		j, lines, torn, err := OpenJournal[Trial](path)
		if err == nil {
			j.Close()
			if left, err := os.ReadFile(path); err != nil || string(left) != string(whole[:len(left)]) {
				t.Errorf("repaired to %q (%v)", left, err)
			}
		}
		return lines, torn, err
	}
	for _, at := range []int{first, first + 40, len(whole) - 1} { // from there on the disk has zeros
		text := append([]byte(nil), whole...)
		clear(text[at:])
		if lines, torn, err := try(text); err != nil || !torn || len(lines) != 1 {
			t.Errorf("zeros from %d: %d lines, torn %v, %v; want 1, torn", at, len(lines), torn, err)
		}
		text[len(text)-1] = '\n'
		if lines, torn, err := try(text); at < len(text)-1 && (err != nil || !torn || len(lines) != 1) {
			t.Errorf("zeros from %d to the end of the line: %d lines, torn %v, %v; want 1, torn", at, len(lines), torn, err)
		}
	}
	for at := range 8 * len(whole) { // one damaged bit; that of the end of the first line makes both one
		text := append([]byte(nil), whole...)
		text[at/8] ^= 1 << (at % 8)
		lines, good, err := parseLines[Trial](path, text)
		switch {
		case err != nil && strings.Contains(err.Error(), path):
		case err == nil && good == first && at/8 >= first && len(lines) == 1:
		case err == nil && good == 0 && at/8 == first-1:
		default:
			t.Errorf("bit %d: %d lines in %d bytes, %v; want an error, or the last line left out", at, len(lines), good, err)
		}
	}
}

// Of what was not synced, blocks may reach the disk in any order. What follows one that is missing
// was not synced either, and goes; a zero elsewhere in front of good lines is damage.
func TestJournalSurvivesMissingBlocks(t *testing.T) {
	path := filepath.Join(t.TempDir(), Trials)
	var trials []Trial
	for i := range 100 {
		trials = append(trials, Trial{Arm: "sample", Index: i, Arch: strings.Repeat("conv3x3:16 ", i%20)})
	}
	if err := WriteLines(path, trials); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const block = 4096
	if len(whole) < 3*block {
		t.Fatalf("%d bytes; want three blocks", len(whole))
	}
	for _, from := range []int{0, block, 2 * block} {
		for _, begin := range []int{from, from + 1000} { // what was synced may end within a block
			text := bytes.Clone(whole)
			clear(text[begin : from+block])
			if err := os.WriteFile(path, text, 0o644); err != nil {
				t.Fatal(err)
			}
			j, lines, torn, err := OpenJournal[Trial](path)
			if err != nil {
				t.Fatal(err)
			}
			if want := bytes.Count(whole[:begin], []byte{'\n'}); !torn || len(lines) != want {
				t.Errorf("zeros from %d to %d: %d lines, torn %v; want %d, torn", begin, from+block, len(lines), torn, want)
			}
			if err := errors.Join(j.Append(trials[len(lines):]...), j.Close()); err != nil {
				t.Fatal(err)
			}
			if again, err := os.ReadFile(path); err != nil || !bytes.Equal(again, whole) {
				t.Errorf("zeros from %d to %d: another file after what was lost was written again (%v)", begin, from+block, err)
			}
		}
	}
	text := bytes.Clone(whole)
	text[block+100] = 0
	if _, _, err := parseLines[Trial](path, text); err == nil || !strings.Contains(err.Error(), "good lines follow") {
		t.Errorf("%v; want an error for a zero within a block", err)
	}
}

func TestLinesWithoutSumsAreRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), Trials)
	if err := os.WriteFile(path, []byte(`{"arm":"sample","index":0,"arch":"a","latency":1,"flops":2,"params":3,"accuracy":0.5,"loss":1,"reward":0.5}`+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	j, _, _, err := OpenJournal[Trial](path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(j.Append(Trial{Arm: "next"}), j.Close()); err != nil {
		t.Fatal(err)
	}
	if got, err := ReadJournal[Trial](path); err != nil || len(got) != 2 || got[0].Reward != 0.5 || got[1].Arm != "next" {
		t.Errorf("%+v, %v; want both lines", got, err)
	}
}

// What a process leaves that was killed before it had done anything is no run, and what it
// was killed over goes when the folder is opened again.
func TestKilledStartsLeaveRoom(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	write := func(name, text string) {
		if err := errors.Join(os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o755), os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	write(Log, "begun\n")
	write(Trials, "")
	write(State, "{}")
	write(Prior, "{}\n")
	write(".config.yaml1234567", "seed")
	d, err := Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(d.Write(Config, []byte("seed: 1\n")), d.Close()); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{".supernet.msgpack81273", Finishing + "/.search-00-1.training99999", Networks + "/.pareto-1.onnx12345", Networks + "/pareto-1.onnx", ".mine"} {
		write(name, "half")
	}
	if d, err = Open(dir); err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var left []string
	for _, at := range []string{"", Finishing, Networks} {
		entries, err := os.ReadDir(filepath.Join(dir, at))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if !e.IsDir() {
				left = append(left, e.Name())
			}
		}
	}
	if d := cmp.Diff([]string{".mine", Config, Log, Prior, State, Trials, "pareto-1.onnx"}, left); d != "" {
		t.Errorf("files that are left (-want +got):\n%s", d)
	}
	write("other/"+Trials, "{}\n")
	if _, err := Create(filepath.Join(dir, "other")); err == nil {
		t.Error("a folder with trials was taken for a new one")
	}
}
