package external

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/espalier-nas/espalier/bench"
	"github.com/espalier-nas/espalier/supernet/onnx"
	"github.com/espalier-nas/espalier/supernet/space"
)

func plan(t *testing.T) space.Plan {
	t.Helper()
	p, err := space.Plain(space.Input{H: 8, W: 8, C: 3, Classes: 4}, 4)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// script returns a command that runs lines of sh, and is called with the model as $1.
func script(t *testing.T, lines string) *Command {
	t.Helper()
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("this system has no sh to write a probe in")
	}
	path := filepath.Join(t.TempDir(), "a probe.sh")
	if err := os.WriteFile(path, []byte(lines), 0o644); err != nil {
		t.Fatal(err)
	}
	c, err := New("sh '"+path+"'", 3)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// The command is given the model of the plan, in the form that is handed over, and the
// number of images of a pass.
func TestCommandIsGivenTheModel(t *testing.T) {
	kept := filepath.Join(t.TempDir(), "kept.onnx")
	c := script(t, `cp "$1" '`+kept+`'; echo " $ESPALIER_BATCH.5 0.25"`)
	p := plan(t)
	got, err := c.Measure(t.Context(), p)
	if want := (bench.Reading{Seconds: 3.5e-3, Joules: 0.25e-3}); err != nil || got != want {
		t.Fatalf("%+v, %v; want %+v", got, err, want)
	}
	n, err := onnx.Load(kept)
	if err != nil {
		t.Fatal(err)
	}
	if len(n.Normalization().Mean) != 3 || len(n.Label().Classes) != 4 {
		t.Errorf("label %+v; want classes and normalisation", n.Label())
	}
	var layers, want []space.Layer
	for _, s := range n.Plan() {
		layers = append(layers, s.Layer)
		if s.Norm != "" {
			t.Errorf("step %v has a batch norm; want it folded", s.Layer)
		}
	}
	for _, s := range p {
		want = append(want, s.Layer)
	}
	if d := cmp.Diff(want, layers); d != "" {
		t.Errorf("layers differ:\n%s", d)
	}
}

// Whatever is not one or two numbers above 0 is an error that names the command and what
// it printed.
func TestAnswersAreChecked(t *testing.T) {
	for _, c := range []struct{ lines, want string }{
		{"", "0 words"},
		{"echo fast", `\"fast\"`},
		{"echo 1 2 3", "3 words"},
		{"echo 1; echo 2", "2 lines"},
		{"echo NaN", `\"NaN\"`},
		{"echo Inf", `\"Inf\"`},
		{"echo 0", `\"0\"`},
		{"echo -1", `\"-1\"`},
		{"echo 1e-7", `\"1e-7\"`},
		{"echo 1e300", `\"1e300\"`},
		{"echo 1 2e9", `\"2e9\"`},
		{"echo 1 0", `\"0\"`},
		{"echo 1 ms", `\"ms\"`},
		{"echo 1; echo no such board >&2; exit 3", "exit status 3"},
		{"i=0; while [ $i -lt 3000 ]; do printf ' '; i=$((i+1)); done; echo 5", "more than 2000 bytes"},
	} {
		p := script(t, c.lines)
		_, err := p.call(t.Context(), "model")
		if err == nil {
			t.Errorf("%s: no error", c.lines)
			continue
		}
		for _, want := range []string{strings.ReplaceAll(c.want, `\`, ""), "a probe.sh", "printed"} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v; want %q", c.lines, err, want)
			}
		}
	}
	if _, err := script(t, "echo no such board >&2; exit 3").call(t.Context(), "model"); !strings.Contains(err.Error(), "no such board") {
		t.Errorf("%v; want what the command said", err)
	}
	gone, err := New("espalier-no-such-program", 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := gone.call(t.Context(), "model"); err == nil || !strings.Contains(err.Error(), "espalier-no-such-program") {
		t.Errorf("%v; want the name of the program", err)
	}
}

// begins returns a command that starts a process, and notes its number in a file.
func begins(t *testing.T) (c *Command, pid string) {
	pid = filepath.Join(t.TempDir(), "pid")
	return script(t, `sleep 60 & echo $! >'`+pid+`.new'; mv '`+pid+`.new' '`+pid+`'; wait`), pid
}

// A call ends when its time is over, with all that it started.
func TestCallsEnd(t *testing.T) {
	c, pid := begins(t)
	for c.limit = 200 * time.Millisecond; ; c.limit *= 2 { // until there was time to start anything
		start := time.Now()
		_, err := c.call(t.Context(), "model")
		if took := time.Since(start); took > c.limit+20*time.Second {
			t.Errorf("limit %v: it took %v", c.limit, took)
		}
		if err == nil || !strings.Contains(err.Error(), "did not end within "+c.limit.String()) {
			t.Fatalf("limit %v: %v", c.limit, err)
		}
		if _, err := os.Stat(pid); err == nil {
			break
		}
	}
	ended(t, pid)
}

// A call ends when the run is interrupted, with all that it started.
func TestCallsAreInterrupted(t *testing.T) {
	c, pid := begins(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		for _, err := os.Stat(pid); err != nil; _, err = os.Stat(pid) {
			time.Sleep(time.Millisecond)
		}
		cancel()
	}()
	if _, err := c.call(ctx, "model"); !errors.Is(err, context.Canceled) {
		t.Errorf("%v; want the interruption", err)
	}
	ended(t, pid)
}

// ended checks that the process whose number a file holds is gone.
func ended(t *testing.T, file string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	for range 500 {
		p, err := os.FindProcess(pid)
		if err != nil || p.Signal(syscall.Signal(0)) != nil {
			return
		}
		if stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat"); err == nil && strings.Contains(string(stat), ") Z ") {
			return // dead, and not yet collected by the process that adopted it
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("what the probe started still runs")
}

func TestWords(t *testing.T) {
	for text, want := range map[string][]string{
		"node probe.mjs":                {"node", "probe.mjs"},
		"  a\t b\n":                     {"a", "b"},
		`"C:\Program Files\x.exe" -v 2`: {`C:\Program Files\x.exe`, "-v", "2"},
		`sh -c 'echo "1" # $1' x`:       {"sh", "-c", `echo "1" # $1`, "x"},
		`a"b c"d ''`:                    {"ab cd", ""},
	} {
		got, err := split(text)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %q, %v; want %q", text, got, err, want)
		}
	}
	for _, text := range []string{"", "  ", "a 'b", `"`, `'' x`} {
		if _, err := New(text, 1); err == nil {
			t.Errorf("%q: no error", text)
		}
	}
}
