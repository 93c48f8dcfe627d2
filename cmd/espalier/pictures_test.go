package main

import (
	"context"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/espalier-nas/espalier/search/rundir"
)

// squares writes n pictures of each class under dir/CLASS.
func squares(t *testing.T, dir string, n int, classes ...string) {
	t.Helper()
	for c, class := range classes {
		if err := os.MkdirAll(filepath.Join(dir, class), 0o755); err != nil {
			t.Fatal(err)
		}
		for i := range n {
			m := image.NewGray(image.Rect(0, 0, 8, 8))
			for p := range m.Pix {
				m.Pix[p] = uint8(29*p*(i+1) + 90*c)
			}
			m.SetGray(i%8, c, color.Gray{255})
			f, err := os.Create(filepath.Join(dir, class, strconv.Itoa(i)+".png"))
			if err != nil {
				t.Fatal(err)
			}
			if err := png.Encode(f, m); err != nil {
				t.Fatal(err)
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// Training on a folder says its result with -q too, for supernets and single networks, streamed
// and not; the data may be where one stands, and a run goes on and is evaluated from anywhere.
func TestTrainingFromAnywhere(t *testing.T) {
	s := newShell(t)
	squares(t, s.path("set"), 20, "cat", "dog")
	t.Chdir(s.path("set"))
	tiny := []string{"-c", s.path("tiny.yaml"), "-q", "--data", ".", "--batch", "4", "--steps", "3"}
	out := s.must(append([]string{"train", "--out", "../run"}, tiny...)...)
	if !strings.Contains(out, "supernet of 3 steps, the last with loss") {
		t.Errorf("train -q says %q", out)
	}
	t.Chdir(t.TempDir())
	if again := s.must("train", "-q", "--resume", s.path("run")); again != out {
		t.Errorf("resumed where all is done: %q; want %q", again, out)
	}
	if out := s.must("eval", "--run", s.path("run"), "--arch", "min"); !strings.Contains(out, "balanced") || !strings.Contains(out, "picture of") {
		t.Errorf("eval says\n%s", out)
	}
	t.Chdir(s.path("set"))
	memory := s.must(append([]string{"train", "--out", "../alone", "--arch", "min"}, tiny...)...)
	streamed := s.must(append([]string{"train", "--out", "../streamed", "--arch", "min", "--cache", "1k"}, tiny...)...)
	if memory != streamed || !strings.HasPrefix(memory, "validation accuracy") {
		t.Errorf("in memory %q, streamed %q", memory, streamed)
	}
}

// Names of folders and classes need not be UTF-8; a path that no configuration can hold is
// refused in words.
func TestNamesThatAreNotUTF8(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("names need not be UTF-8 on Linux only")
	}
	s := newShell(t)
	squares(t, s.path("set"), 20, "th\xe9", "dog")
	tiny := []string{"-c", s.path("tiny.yaml"), "-q", "--batch", "4", "--steps", "2", "--arch", "min"}
	s.must(append([]string{"train", "--out", s.path("run"), "--data", s.path("set")}, tiny...)...)
	s.must("eval", "--run", s.path("run"), "--network", "alone", "--json")
	s.must("eval", s.path("run", "networks", "alone.msgpack"), "--data", s.path("set"))
	if err := os.Rename(s.path("set"), s.path("d\xe9part")); err != nil {
		t.Fatal(err)
	}
	code, _, msg := s.run(context.Background(), append([]string{"train", "--out", s.path("run2"), "--data", s.path("d\xe9part")}, tiny...)...)
	if code != exitFailure || !strings.Contains(msg, `d\xe9part" is not UTF-8`) {
		t.Errorf("exit code %d: %s", code, msg)
	}
}

// A list of pictures may be given itself, to train on and to evaluate on; what eval leaves out it says, and
// that it saw a run's pictures is noted however they are named.
func TestListsAreDataThemselves(t *testing.T) {
	s := newShell(t)
	squares(t, s.path("set"), 20, "pictures")
	list := "file,label\n"
	for i := range 20 {
		list += strconv.Itoa(i) + ".png," + []string{"cat", "dog"}[i%2] + "\n"
	}
	if err := os.WriteFile(s.path("set", "labels.csv"), []byte(list), 0o600); err != nil {
		t.Fatal(err)
	}
	s.must("train", "-c", s.path("tiny.yaml"), "-q", "--batch", "4", "--steps", "2", "--arch", "min", "--out", s.path("run"), "--data", s.path("set", "labels.csv"))
	if err := os.WriteFile(s.path("set", "labels.csv"), []byte(list+"none.png,dog\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, msg := s.run(context.Background(), "eval", s.path("run", "networks", "alone.msgpack"), "--data", s.path("set"))
	if code != 0 || !strings.Contains(out, "pictures   20,") || !strings.Contains(msg, "warn: 1 of 21 files") {
		t.Errorf("exit code %d:\n%s\n%s", code, out, msg)
	}
	if tests, err := os.ReadFile(s.path("run", "tests.jsonl")); err != nil || strings.Count(string(tests), "\n") < 1 {
		t.Errorf("tests are not noted: %v", err)
	}
}

// A network file is evaluated on the part that was kept from training, and damaged pictures can be left out; classify names
// them all, after the others.
func TestDamagedPicturesOfOthers(t *testing.T) {
	s := newShell(t)
	squares(t, s.path("set"), 20, "cat", "dog")
	s.must("train", "-c", s.path("tiny.yaml"), "-q", "--batch", "4", "--steps", "2", "--arch", "min", "--out", s.path("run"), "--data", s.path("set"))
	network := s.path("run", "networks", "alone.msgpack")
	squares(t, s.path("other", "train"), 3, "cat", "dog")
	squares(t, s.path("other", "val"), 2, "cat", "dog")
	if out := s.must("eval", network, "--data", s.path("other")); !strings.Contains(out, "pictures   4, validation part") {
		t.Errorf("eval of training and validation part says\n%s", out)
	}
	one, two := s.path("other", "val", "cat", "0.png"), s.path("other", "val", "dog", "1.png")
	for _, path := range []string{one, two} {
		if err := os.WriteFile(path, []byte("none"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	code, _, msg := s.run(context.Background(), "eval", network, "--data", s.path("other"))
	if code != exitFailure || !strings.Contains(msg, one) || !strings.Contains(msg, two) {
		t.Errorf("exit code %d: %s", code, msg)
	}
	if out := s.must("eval", network, "--data", s.path("other"), "--skip-bad"); !strings.Contains(out, "pictures   2, validation part") {
		t.Errorf("eval --skip-bad says\n%s", out)
	}
	good := s.path("other", "val", "dog", "0.png")
	code, out, msg := s.run(context.Background(), "classify", network, one, good, two)
	if code != exitFailure || !strings.Contains(out, good) || !strings.Contains(msg, one) || !strings.Contains(msg, two) {
		t.Errorf("classify: exit code %d:\n%s\n%s", code, out, msg)
	}
}

// An interrupt ends the reading of pictures, and leaves nothing behind.
func TestReadingIsInterrupted(t *testing.T) {
	s := newShell(t)
	squares(t, s.path("set"), 20, "cat", "dog")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	code, _, msg := s.run(ctx, "train", "-c", s.path("tiny.yaml"), "--data", s.path("set"), "--steps", "2", "--batch", "4", "--out", s.path("run"))
	if _, err := os.Stat(s.path("run")); code != exitInterrupted || !strings.Contains(msg, "interrupted while pictures were read") || err == nil {
		t.Errorf("exit code %d, folder %v: %s", code, err, msg)
	}
}

// A rate that no training survives ends it within steps, in words.
func TestHugeRatesEndInWords(t *testing.T) {
	s := newShell(t)
	squares(t, s.path("set"), 20, "cat", "dog")
	code, _, msg := s.run(context.Background(), "train", "-c", s.path("tiny.yaml"), "-q", "--data", s.path("set"), "--steps", "60", "--batch", "4", "--lr", "1e6", "--out", s.path("run"))
	if code != exitFailure || !strings.Contains(msg, "diverge") {
		t.Errorf("exit code %d: %s", code, msg)
	}
}

// A table that measure wrote holds all that a search of the same space asks for: it is enough
// where nothing can be measured. For pictures of another size it is refused.
func TestMeasuredTableIsEnoughElsewhere(t *testing.T) {
	s := newShell(t)
	s.must("measure", "-c", s.path("tiny.yaml"), "-q", "--out", s.path("table.json"))
	var file map[string]any
	if err := rundir.ReadJSON(s.path("table.json"), &file); err != nil {
		t.Fatal(err)
	}
	file["table"].(map[string]any)["device"] = "another machine"
	if err := rundir.WriteJSON(s.path("table.json"), file); err != nil {
		t.Fatal(err)
	}
	s.must("search", "-c", s.path("tiny.yaml"), "-q", "--table", s.path("table.json"), "--out", s.path("run"))
	if r := s.report("run"); r.Latency.Device != "another machine" || len(r.Pareto) == 0 {
		t.Errorf("device %q, %d networks", r.Latency.Device, len(r.Pareto))
	}
	squares(t, s.path("set"), 20, "cat", "dog")
	code, _, msg := s.run(context.Background(), "search", "-c", s.path("tiny.yaml"), "-q", "--data", s.path("set"), "--batch", "4", "--table", s.path("table.json"), "--out", s.path("run2"))
	if code != exitFailure || !strings.Contains(msg, "layers of this space") {
		t.Errorf("exit code %d: %s", code, msg)
	}
}
