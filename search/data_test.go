package search

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/espalier-nas/espalier/search/config"
	"github.com/espalier-nas/espalier/search/rundir"
	"github.com/espalier-nas/espalier/supernet/data"
)

// folderOf writes n pictures of 8x8 pixels of each class under dir/CLASS.
func folderOf(t *testing.T, dir string, n int, classes ...string) {
	t.Helper()
	for c, class := range classes {
		if err := os.MkdirAll(filepath.Join(dir, class), 0o755); err != nil {
			t.Fatal(err)
		}
		for i := range n {
			m := image.NewGray(image.Rect(0, 0, 8, 8))
			for p := range m.Pix {
				m.Pix[p] = uint8(37*p*(i+1) + 101*c + p/8)
			}
			m.SetGray(i%8, i/8, color.Gray{uint8(200 + c)})
			var b bytes.Buffer
			if err := png.Encode(&b, m); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, class, fmt.Sprintf("%02d.png", i)), b.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// started begins a run on a folder and returns it, with what was logged.
func started(t *testing.T, folder, run string, change func(*config.Config)) (*Run, string, error) {
	t.Helper()
	cfg := config.Default()
	cfg.Data.Dir, cfg.Budget, cfg.Train.Steps = folder, 0, 2
	if change != nil {
		change(&cfg)
	}
	if err := cfg.Ready(); err != nil {
		t.Fatal(err)
	}
	dir, err := rundir.Create(run)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dir.Close() })
	var log bytes.Buffer
	r, err := New(dir, cfg, Monitor{Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err == nil {
		t.Cleanup(func() { r.Close() })
	}
	return r, log.String(), err
}

// Few pictures make the batch smaller, which is said and saved; what was found is told, and
// classes that mirroring would change turn it off.
func TestPicturesDecideBatchAndFlip(t *testing.T) {
	base := t.TempDir()
	folderOf(t, filepath.Join(base, "few"), 20, "cat", "dog")
	folderOf(t, filepath.Join(base, "digits"), 60, "0", "7")
	r, log, err := started(t, filepath.Join(base, "few"), filepath.Join(base, "run"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if b := r.Config().Train.Batch; b != 8 || r.splits.Train.Len() != 28 {
		t.Errorf("batches of %d of %d pictures; want 8 of 28", b, r.splits.Train.Len())
	}
	if p := r.trainOptions(1).Plain; p != plainColour || r.Config().Train.Plain != plainColour {
		t.Errorf("pictures with colours are shown as they are in %v passes, noted as %v; want %v", p, r.Config().Train.Plain, plainColour)
	}
	if c := r.Config().Train; c.Flip != config.On || c.Reflect != config.On || !r.augment().Flip || !r.augment().Reflect {
		t.Errorf("cats and dogs are mirrored: %v, their frame reflects them: %v; want both", c.Flip, c.Reflect)
	}
	for _, want := range []string{"instead of=64", "cat=14 dog=14", "found=CLASS", "size=8x8x3", "three channels are the same"} {
		if !strings.Contains(strings.ReplaceAll(log, `"`, ""), want) {
			t.Errorf("the log lacks %q:\n%s", want, log)
		}
	}
	saved, err := config.Load(r.dir.Path(rundir.Config))
	if err != nil || saved.Train.Batch != 8 || saved.Train.Flip != config.On {
		t.Errorf("saved: batch %d, flip %s (%v); want 8 and true", saved.Train.Batch, saved.Train.Flip, err)
	}
	if saved.Forget(); saved.Train.Batch != 64 || saved.Train.Flip != config.Auto || saved.Train.Reflect != config.Auto || saved.Train.Plain != config.AutoAmount || saved.Evaluate.Batch != 0 {
		t.Errorf("for other pictures: batch %d, flip %s, reflect %s, plain %v, %d evaluated at a time; want what was asked for", saved.Train.Batch, saved.Train.Flip, saved.Train.Reflect, saved.Train.Plain, saved.Evaluate.Batch)
	}
	if r, log, err = started(t, filepath.Join(base, "few"), filepath.Join(base, "run0"), func(c *config.Config) { c.Train.Batch, c.Finish.Batch = 16, 40 }); err != nil {
		t.Fatal(err)
	}
	if c := r.Config(); c.Train.Batch != 16 || c.Finish.Batch != 10 || !strings.Contains(log, "finish.batch=10") {
		t.Errorf("batches of %d, of finishing of %d; want 16, and 10 of 28 pictures, which is said", c.Train.Batch, c.Finish.Batch)
	}
	if r, _, err = started(t, filepath.Join(base, "digits"), filepath.Join(base, "run2"), nil); err != nil {
		t.Fatal(err)
	}
	if r.Config().Train.Flip != config.Off || r.augment().Flip {
		t.Error("digits are mirrored")
	}
	folderOf(t, filepath.Join(base, "turns"), 20, "turn_left", "turn_right")
	if r, log, err = started(t, filepath.Join(base, "turns"), filepath.Join(base, "run4"), nil); err != nil {
		t.Fatal(err)
	}
	if r.Config().Train.Flip != config.Off || !strings.Contains(log, "are not mirrored: mirrored pictures of") {
		t.Errorf("left turns are mirrored:\n%s", log)
	}
	if r, _, err = started(t, filepath.Join(base, "digits"), filepath.Join(base, "run3"), func(c *config.Config) { c.Train.Flip = config.On }); err != nil || !r.augment().Flip {
		t.Errorf("asked for, digits are not mirrored (%v)", err)
	}
}

// A start that fails leaves nothing that stands in the way of the next, but what was there.
func TestFailedStartLeavesNothing(t *testing.T) {
	base := t.TempDir()
	folderOf(t, filepath.Join(base, "good"), 20, "cat", "dog")
	folderOf(t, filepath.Join(base, "bad"), 20, "cat", "dog")
	if err := os.WriteFile(filepath.Join(base, "bad", "cat", "03.png"), []byte("no picture"), 0o644); err != nil {
		t.Fatal(err)
	}
	run, empty := filepath.Join(base, "run"), filepath.Join(base, "empty")
	if err := os.Mkdir(empty, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{run, empty} {
		if _, _, err := started(t, filepath.Join(base, "bad"), folder, nil); err == nil || !strings.Contains(err.Error(), "03.png") {
			t.Fatalf("error %v; want one about the damaged picture", err)
		}
	}
	if _, err := os.Stat(run); !os.IsNotExist(err) {
		t.Errorf("the folder of the failed start is still there (%v)", err)
	}
	if left, err := os.ReadDir(empty); err != nil || len(left) != 0 {
		t.Errorf("the folder that was there holds %v (%v)", left, err)
	}
	if _, _, err := started(t, filepath.Join(base, "good"), run, nil); err != nil {
		t.Errorf("the next start: %v", err)
	}
	if _, log, err := started(t, filepath.Join(base, "bad"), filepath.Join(base, "run2"), func(c *config.Config) { c.Data.SkipBad = true }); err != nil || !strings.Contains(log, "1 of 40 pictures are damaged") {
		t.Errorf("with skip_bad: %v\n%s", err, log)
	}
}

// Networks know how their pictures were read.
func TestNetworksKnowTheirView(t *testing.T) {
	base := t.TempDir()
	folderOf(t, filepath.Join(base, "pets"), 20, "cat", "dog")
	r, _, err := started(t, filepath.Join(base, "pets"), filepath.Join(base, "run"), func(c *config.Config) { c.Data.Fit, c.Data.Background = "pad", "#00ff00" })
	if err != nil {
		t.Fatal(err)
	}
	if v := r.label(r.family.Extremes().Smallest).View; v == nil || v.Fit != "pad" || v.Background != "#00ff00" {
		t.Errorf("view %+v; want padded, on green", v)
	}
}

// Signals are not mirrored unless asked for.
func TestSignalsAreNotMirrored(t *testing.T) {
	for _, c := range []struct {
		h, w int
		flip config.Toggle
		want config.Toggle
	}{{1, 9, config.Auto, config.Off}, {9, 1, config.Auto, config.Off}, {9, 9, config.Auto, config.On}, {1, 9, config.On, config.On}} {
		r := quiet(t)
		r.cfg.Train.Flip = c.flip
		r.splits.Train = &data.Set{H: c.h, W: c.w, C: 1, Classes: []string{"cat", "dog"}}
		if r.decideFlip(); r.cfg.Train.Flip != c.want {
			t.Errorf("pictures of %dx%d, flip %s: %s; want %s", c.h, c.w, c.flip, r.cfg.Train.Flip, c.want)
		}
	}
}

// begunWith returns a run whose folder holds a file of that name, or none.
func begunWith(t *testing.T, name string) *Run {
	t.Helper()
	r := quiet(t)
	var err error
	if r.dir, err = rundir.Create(filepath.Join(t.TempDir(), "run")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.dir.Close() })
	if name != "" {
		if err := r.dir.Write(name, []byte("weights")); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// The frame of crops is a mirror where pictures have colours, and black where they are grey, unless asked for. A training
// that an earlier version began, when it was black, goes on as it began.
func TestFramesFollowColours(t *testing.T) {
	for _, c := range []struct {
		channels      int
		reflect, want config.Toggle
		begun         string
	}{
		{1, config.Auto, config.Off, ""},
		{3, config.Auto, config.On, ""},
		{4, config.Auto, config.On, ""},
		{1, config.On, config.On, ""},
		{3, config.Off, config.Off, ""},
		{3, config.Auto, config.Off, rundir.Supernet},
		{3, config.Auto, config.Off, aloneCheckpoint},
		{3, config.On, config.On, rundir.Supernet},
	} {
		r := begunWith(t, c.begun)
		r.cfg.Train.Reflect = c.reflect
		r.splits.Train = &data.Set{H: 9, W: 9, C: c.channels}
		if r.decideReflect(); r.cfg.Train.Reflect != c.want || r.augment().Reflect != (c.want == config.On) {
			t.Errorf("%d channels, reflect %s, %q in the folder: %s; want %s", c.channels, c.reflect, c.begun, r.cfg.Train.Reflect, c.want)
		}
	}
}

// Photos are small for the first part of a training, unless something else is asked for or they are small
// already; grey pictures are not, nor are those of a training that an earlier version began.
func TestSmallPicturesFollowColours(t *testing.T) {
	for _, c := range []struct {
		channels, h, w int
		small, want    config.Amount
		begun          string
		budget         time.Duration
	}{
		{1, 28, 28, config.AutoAmount, 0, "", time.Minute},
		{3, 32, 32, config.AutoAmount, 0.6, "", time.Minute},
		{3, 32, 32, config.AutoAmount, 0, "", 0},
		{3, 32, 32, 0.6, 0.6, "", 0},
		{4, 16, 64, config.AutoAmount, 0.6, "", time.Minute},
		{3, 15, 64, config.AutoAmount, 0, "", time.Minute},
		{3, 1, 64, config.AutoAmount, 0, "", time.Minute},
		{1, 28, 28, 0.3, 0.3, "", time.Minute},
		{3, 32, 32, 0, 0, "", time.Minute},
		{3, 32, 32, config.AutoAmount, 0, rundir.Supernet, time.Minute},
		{3, 32, 32, config.AutoAmount, 0, aloneCheckpoint, time.Minute},
		{3, 32, 32, 0.6, 0.6, rundir.Supernet, time.Minute},
	} {
		r := begunWith(t, c.begun)
		r.cfg.Train.Small, r.cfg.Budget = c.small, c.budget
		r.splits.Train = &data.Set{H: c.h, W: c.w, C: c.channels}
		r.decideSmall()
		if r.cfg.Train.Small != c.want || r.aloneOptions(9).Small != float64(c.want) || r.trainOptions(9).Small != 0 {
			t.Errorf("%d channels, %dx%d, small %v, budget %v, %q in the folder: %v; want %v, and whole pictures for the supernet", c.channels, c.h, c.w, c.small, c.budget, c.begun, r.cfg.Train.Small, c.want)
		}
		for rung := range rungs {
			if got := r.finishOptions(9, rung).Small; got != float64(c.want) {
				t.Errorf("rung %d: pictures are small for %v of the steps; want %v", rung+1, got, c.want)
			}
		}
	}
	for _, c := range []struct {
		train config.Train
		want  config.Amount
	}{
		{config.Train{Arch: "a"}, 0.6},
		{config.Train{Steps: 9}, 0.6}, // of the supernet of a search
		{config.Train{Arch: "a", Steps: 9}, 0},
		{config.Train{Arch: "a", Epochs: 0.5}, 0},
	} {
		r := quiet(t)
		r.cfg.Train, r.cfg.Budget = c.train, time.Minute
		r.cfg.Train.Small, r.splits.Train = config.AutoAmount, &data.Set{H: 32, W: 32, C: 3}
		if r.decideSmall(); r.cfg.Train.Small != c.want {
			t.Errorf("architecture %q, %d steps, %v epochs: %v; want %v", c.train.Arch, c.train.Steps, c.train.Epochs, r.cfg.Train.Small, c.want)
		}
	}
}
