//go:build kill && unix

package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/espalier-nas/espalier/search/rundir"
)

var (
	kills    = flag.Int("kills", 18, "TestKill: processes to kill in all")
	killSeed = flag.Uint64("killseed", 1, "TestKill: of moments and signals")
)

// longRun is a command that works for long enough to be killed.
type longRun struct {
	name   string
	begin  func(dir string) []string // the command line on a folder in which nothing was done yet
	resume func(dir string) []string
	copied string // folder that a run begins with; "": none
}

// killed is the shell with the program as a file of its own.
type killed struct {
	shell
	program string
	rng     *rand.Rand
}

// TestKill kills long commands at random moments, mostly with SIGKILL, goes on until
// they end, and compares all that they leave with what an undisturbed run leaves.
func TestKill(t *testing.T) {
	newKilled(t).share(*kills, killed.torture)
}

// share divides a number of disturbances among the commands, each a test of its own.
func (k killed) share(n int, disturb func(k killed, r longRun, n int)) {
	runs := k.runs()
	for i, r := range runs {
		share := n*(i+1)/len(runs) - n*i/len(runs)
		k.t.Run(r.name, func(t *testing.T) {
			disturb(killed{shell{t, k.dir}, k.program, k.rng}, r, share)
		})
	}
}

func newKilled(t *testing.T) killed {
	s := newShell(t)
	k := killed{s, s.path("espalier"), rand.New(rand.NewPCG(*killSeed, 0))}
	if out, err := exec.Command("go", "build", "-o", k.program, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	for name, text := range map[string]string{"often.yaml": often.Replace(tiny), "small.yaml": smallSpace} {
		if err := os.WriteFile(s.path(name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s.must("train", "-c", s.path("often.yaml"), "-q", "--out", s.path("trained"))
	s.must("measure", "-c", s.path("tiny.yaml"), "-q", "--out", s.path("measured.json"))
	elsewhere := regexp.MustCompile(`"device": "[^"]*"`).ReplaceAllString(s.read("measured.json"), `"device": "another machine"`)
	if err := os.WriteFile(s.path("elsewhere.json"), []byte(elsewhere), 0o644); err != nil {
		t.Fatal(err)
	}
	return k
}

// often makes the tiny search smaller, and its checkpoints so frequent that many are
// killed over one.
var often = strings.NewReplacer("checkpoint: 1h", "checkpoint: 20ms", "steps: 24", "steps: 12", "samples: 12", "samples: 10", "trials: 60", "trials: 24", "images: 100", "images: 50", "steps: 16", "steps: 8")

// runs lists the commands. Latencies come from a file, as those of a machine that is not
// there: measured ones are never twice the same.
func (k killed) runs() []longRun {
	config := []string{"-q", "-c", k.path("often.yaml")}
	run := func(name, command string, args ...string) longRun {
		begin := func(dir string) []string {
			return append(append(append([]string{command}, config...), args...), "--out", dir)
		}
		return longRun{name: name, begin: begin, resume: func(dir string) []string { return []string{command, "-q", "--resume", dir} }}
	}
	same := func(name, copied string, args func(dir string) []string) longRun {
		return longRun{name: name, begin: args, resume: args, copied: copied}
	}
	table := k.path("elsewhere.json")
	return []longRun{
		run("search", "search", "--table", table, "--random"),
		run("search with controllers", "search", "--table", table, "--sampler", "enas", "--strategy", "rl"),
		run("search repeated", "search", "--table", table, "--seeds", "2"),
		run("train", "train", "--steps", "40"),
		run("train alone", "train", "--steps", "40", "--arch", "max"),
		same("fidelity", k.path("trained"), func(dir string) []string {
			return []string{"fidelity", "-q", "--run", dir, "--count", "3", "--seeds", "1", "--steps", "12"}
		}),
		same("truth", "", func(dir string) []string {
			return append(append([]string{"fidelity"}, config...), "--truth", filepath.Join(dir, "truth.csv"), "--count", "3", "--seeds", "1", "--steps", "12")
		}),
		same("table", "", func(dir string) []string {
			return append(append([]string{"tabular"}, config...), "--space", k.path("small.yaml"), "--steps", "12", "--out", filepath.Join(dir, "table.csv"))
		}),
	}
}

// torture lets so many processes of a command be killed, over as many folders as it
// takes, and compares each folder that comes to its end.
func (k killed) torture(r longRun, kills int) {
	t := k.t
	whole := k.folder(r)
	start := time.Now()
	if code, _, text := k.live(r.begin(whole), 0, nil); code != 0 {
		t.Fatalf("undisturbed: exit code %d\n%s", code, text)
	}
	took := time.Since(start)
	want := k.contents(whole)
	done, folders, starts := 0, 0, 0
	signals := map[os.Signal]int{}
	for ; done < kills || folders == 0; folders++ {
		dir := k.folder(r)
		args := r.begin(dir)
		for patience := 0.4 * float64(took); ; patience *= 1.1 {
			after, sig := time.Duration(k.rng.Float64()*patience), k.signal()
			code, hit, text := k.live(args, after, sig)
			starts++
			if hit {
				done++
				signals[sig]++
			}
			if code == 0 {
				break
			}
			if !hit || code > 0 && code != exitInterrupted {
				t.Fatalf("%v, %v after %v: exit code %d\n%s", args, sig, after, code, text)
			}
			args = k.next(r, dir)
		}
		k.alike(dir, want, dir)
		os.RemoveAll(dir)
	}
	t.Logf("undisturbed %v; %d processes, %d of them killed (%v), %d folders brought to their end", took.Round(time.Millisecond), starts, done, signals, folders)
}

// alike compares a folder with what an undisturbed run leaves, both without further fields of documents.
func (k killed) alike(what string, want map[string]string, dir string, further ...string) {
	k.t.Helper()
	if d := cmp.Diff(want, k.contents(dir, further...)); d != "" {
		k.t.Errorf("%s: differs from the undisturbed run:\n%s", what, d)
	}
}

// folder returns the path of a new folder as a command expects it.
func (k killed) folder(r longRun) string {
	dir, err := os.MkdirTemp(k.dir, "run-")
	if err == nil && r.copied != "" {
		err = os.CopyFS(dir, os.DirFS(r.copied))
	}
	if err != nil {
		k.t.Fatal(err)
	}
	return dir
}

// signal draws what a process is killed with.
func (k killed) signal() os.Signal {
	switch k.rng.IntN(10) {
	case 0:
		return os.Interrupt
	case 1, 2:
		return syscall.SIGTERM
	default:
		return syscall.SIGKILL
	}
}

// live runs a process and sends it a signal after a while, unless that is nil. It
// returns the exit code, -1 where a signal ended it, and whether the signal met it
// alive.
func (k killed) live(args []string, after time.Duration, sig os.Signal) (code int, hit bool, text string) {
	k.t.Helper()
	var out bytes.Buffer
	c := exec.Command(k.program, args...)
	c.Stdout, c.Stderr = io.Discard, &out
	if err := c.Start(); err != nil {
		k.t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = c.Wait() // what matters of it is in ProcessState
		close(ended)
	}()
	if sig != nil {
		select {
		case <-ended:
		case <-time.After(after):
			hit = c.Process.Signal(sig) == nil
		}
	}
	select {
	case <-ended:
	case <-time.After(5 * time.Minute):
		_ = c.Process.Kill()
		k.t.Fatalf("%v does not end", args)
	}
	code = c.ProcessState.ExitCode()
	return code, hit && code != 0, out.String()
}

// next checks that what a killed process has left can be read, and returns the command
// line that goes on.
func (k killed) next(r longRun, dir string) []string {
	for _, path := range k.files(dir) {
		base := filepath.Base(path)
		if strings.HasPrefix(base, ".") || filepath.Ext(base) != ".msgpack" && filepath.Ext(base) != ".training" {
			continue
		}
		if code, _, text := k.run(context.Background(), "inspect", filepath.Join(dir, path)); code != 0 {
			k.t.Errorf("%s is unreadable:\n%s", path, text)
		}
	}
	if !rundir.View(dir).Has(rundir.Config) {
		return r.begin(dir) // killed before there was anything to go on with
	}
	if code, _, text := k.run(context.Background(), "inspect", dir); code != 0 {
		k.t.Errorf("%s is unreadable:\n%s", dir, text)
	}
	return r.resume(dir)
}

// files lists the files of a folder, relative to it.
func (k killed) files(dir string) (all []string) {
	k.t.Helper()
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			path, err = filepath.Rel(dir, path)
			all = append(all, path)
		}
		return err
	})
	if err != nil {
		k.t.Fatal(err)
	}
	return all
}

// contents returns what must be the same in two folders of one command: every file,
// without the times that it tells, and without further fields of documents.
func (k killed) contents(dir string, further ...string) map[string]string {
	k.t.Helper()
	all := make(map[string]string)
	for _, path := range k.files(dir) {
		if base := filepath.Base(path); strings.HasPrefix(base, ".truth") || strings.HasPrefix(base, ".table") {
			continue // a file outside a run folder has no lock under which what a killed writer left could be removed
		}
		text, err := os.ReadFile(filepath.Join(dir, path))
		if err != nil {
			k.t.Fatal(err)
		}
		clean, err := timeless(filepath.Base(path), bytes.ReplaceAll(text, []byte(dir), []byte("DIR")), further...)
		if err != nil {
			k.t.Fatalf("%s: %v", filepath.Join(dir, path), err)
		}
		if filepath.Ext(path) == ".json" {
			all[path] = string(clean)
			continue
		}
		all[path] = fmt.Sprintf("%.2000s, %d bytes, xxh3 %016x", clean, len(clean), hash(clean))
	}
	return all
}
