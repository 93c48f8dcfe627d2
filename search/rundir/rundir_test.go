package rundir

import (
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
