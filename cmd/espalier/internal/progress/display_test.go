package progress

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/espalier-nas/espalier/search"
)

// clock is a time that tests move.
type clock struct{ t time.Time }

func (c *clock) now() time.Time { return c.t }

func newClock() *clock { return &clock{time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)} }

func TestLiveLine(t *testing.T) {
	var out bytes.Buffer
	c := newClock()
	d := New(&out, Options{Live: true, Width: func() int { return 60 }, Now: c.now})
	d.Begin("train")
	for i := range 21 {
		d.Update(search.Status{Done: float64(i * 100), Total: 4000, Unit: "images", Note: "loss 0.5"})
		c.t = c.t.Add(time.Second)
	}
	d.End()
	frames := strings.Split(out.String(), "\r\x1b[K")
	if got, want := frames[len(frames)-2], "train  50%  20s, 20s left  100 images/s  loss 0.5"; got != want {
		t.Errorf("last frame %q; want %q", got, want)
	}
	if !strings.HasSuffix(out.String(), "\r\x1b[K") {
		t.Errorf("End leaves the line on the screen: %q", out.String())
	}
	if strings.Contains(out.String(), "\n") {
		t.Errorf("a live line scrolls: %q", out.String())
	}
}

// What is left may go faster or slower than what was done of late.
func TestWhatIsLeftMayTakeLonger(t *testing.T) {
	var out bytes.Buffer
	c := newClock()
	d := New(&out, Options{Live: true, Width: func() int { return 60 }, Now: c.now})
	d.Begin("train")
	for i := range 21 {
		d.Update(search.Status{Done: float64(i * 100), Total: 4000, Ahead: 3000, Unit: "images"})
		c.t = c.t.Add(time.Second)
	}
	d.End()
	frames := strings.Split(out.String(), "\r\x1b[K")
	if got, want := frames[len(frames)-2], "train  50%  20s, 30s left  100 images/s"; got != want {
		t.Errorf("last frame %q; want %q", got, want)
	}
}

func TestLiveLineIsDrawnRarelyAndFits(t *testing.T) {
	var out bytes.Buffer
	c := newClock()
	d := New(&out, Options{Live: true, Width: func() int { return 20 }, Now: c.now})
	d.Begin("a phase with a very long name")
	for range 1000 {
		d.Update(search.Status{Done: 1, Unit: "things"})
		c.t = c.t.Add(time.Millisecond)
	}
	frames := strings.Split(out.String(), "\r\x1b[K")[1:]
	if len(frames) != 10 {
		t.Errorf("%d frames in a second; want 10", len(frames))
	}
	for _, f := range frames {
		if len(f) > 19 {
			t.Errorf("frame %q has %d columns; want fewer than 20", f, len(f))
		}
	}
}

func TestMessagesDoNotTearTheLine(t *testing.T) {
	var out bytes.Buffer
	c := newClock()
	d := New(&out, Options{Live: true, Now: c.now})
	d.Begin("train")
	d.Update(search.Status{Done: 1, Total: 2})
	slog.New(NewConsole(d, slog.LevelInfo)).With("n", 3).Warn("careful", "file", "x y")
	if want := "\r\x1b[Kwarn: careful  n 3  file x y\n"; !strings.HasSuffix(out.String(), want) {
		t.Errorf("%q does not end in %q", out.String(), want)
	}
}

func TestPipeGetsLogLines(t *testing.T) {
	var out bytes.Buffer
	c := newClock()
	d := New(&out, Options{Now: c.now})
	d.LogTo(slog.New(NewConsole(d, slog.LevelInfo)))
	d.Begin("train")
	for i := range 121 {
		d.Update(search.Status{Done: float64(i), Total: 240, Unit: "steps", Note: "loss 1"})
		c.t = c.t.Add(100 * time.Millisecond)
	}
	d.End()
	want := "progress  phase train  done 20.8%  rate 10.0 steps/s  left 19s  note loss 1\n" +
		"progress  phase train  done 41.7%  rate 10.0 steps/s  left 14s  note loss 1\n"
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
	if strings.ContainsAny(out.String(), "\r\x1b") {
		t.Errorf("control characters in a pipe: %q", out.String())
	}
}

func TestQuietStillLogsToTheFile(t *testing.T) {
	var out, file bytes.Buffer
	c := newClock()
	d := New(&out, Options{Live: true, Quiet: true, Now: c.now})
	d.LogTo(slog.New(NewConsole(&file, slog.LevelInfo)))
	d.Begin("train")
	for range 100 {
		d.Update(search.Status{Done: 1})
		c.t = c.t.Add(time.Second)
	}
	if out.Len() > 0 || strings.Count(file.String(), "\n") < 15 {
		t.Errorf("screen %q, file %q; want nothing on the screen and a line every 5 s in the file", out.String(), file.String())
	}
}
