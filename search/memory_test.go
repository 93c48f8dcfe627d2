package search

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/espalier-nas/espalier/supernet/data"
)

// system writes a machine's own files about memory.
func system(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir() + "/"
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(root+name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(root+name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// The least that the machine, or the control group of either version, has left counts.
func TestFreeMemory(t *testing.T) {
	info := "MemTotal:       24000 kB\nMemFree:         100 kB\nMemAvailable:   2000 kB\n"
	for name, c := range map[string]struct {
		files map[string]string
		want  int64
	}{
		"nothing known":         {nil, math.MaxInt64},
		"machine":               {map[string]string{"proc/meminfo": info}, 2000 << 10},
		"control group":         {map[string]string{"proc/meminfo": info, "sys/fs/cgroup/memory.max": "1000000\n", "sys/fs/cgroup/memory.current": "400000\n"}, 600000},
		"group without a limit": {map[string]string{"proc/meminfo": info, "sys/fs/cgroup/memory.max": "max\n", "sys/fs/cgroup/memory.current": "400000\n"}, 2000 << 10},
		"group, version 1":      {map[string]string{"proc/meminfo": info, "sys/fs/cgroup/memory/memory.limit_in_bytes": "500000", "sys/fs/cgroup/memory/memory.usage_in_bytes": "600000"}, 0},
	} {
		if got := freeMemory(system(t, c.files)); got != c.want {
			t.Errorf("%s: %d bytes; want %d", name, got, c.want)
		}
	}
}

// A run that needs more memory than there is does not start, and says which field helps.
func TestTooMuchMemoryIsRefused(t *testing.T) {
	base := t.TempDir()
	folderOf(t, filepath.Join(base, "pets"), 20, "cat", "dog")
	memoryRoot = system(t, map[string]string{"proc/meminfo": "MemAvailable: 300000 kB\n"})
	defer func() { memoryRoot = "/" }()
	r, log, err := started(t, filepath.Join(base, "pets"), filepath.Join(base, "run"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(log, "needed=") || !strings.Contains(log, `free="293 MiB"`) {
		t.Errorf("the log does not tell memory:\n%s", log)
	}
	small := r.memory(false)
	batch := r.cfg.Finish.Batch
	r.cfg.Finish.Batch = 1 << 15
	if err := r.checkMemory(false); err == nil || !strings.Contains(err.Error(), "--batch") || !strings.Contains(err.Error(), "293 MiB are free") {
		t.Errorf("error %v; want one that names --batch", err)
	}
	r.cfg.Finish.Batch = batch
	memoryRoot = system(t, map[string]string{"proc/meminfo": "MemAvailable: 70000 kB\n"})
	if _, _, err = started(t, filepath.Join(base, "pets"), filepath.Join(base, "run2"), nil); err == nil || !strings.Contains(err.Error(), "a smaller space would help") {
		t.Errorf("error %v; want one that names the space", err)
	}
	outputs := 0
	for _, s := range r.family.Plan(r.family.Extremes().Largest) {
		outputs += s.Layer.OutH() * s.Layer.OutW() * s.Layer.OutC
	}
	if want := int64(stepShare * 8 * float64(outputs*8)); small.step != want || small.pictures != 2*40*8*8*3 {
		t.Errorf("%+v; want %d for a step of 8 pictures, %d for pictures", small, want, 2*40*8*8*3)
	}
	if r.cfg.Evaluate.Batch != 128 {
		t.Errorf("pictures of 8 pixels are judged %d at a time; want 128", r.cfg.Evaluate.Batch)
	}
	whole, judging := r.memory(true), int64(stepShare*4*float64(outputs*128))
	if lanes := min(8, r.exec.Workers()); small.judging != 0 || whole.judging != judging || whole.lanes != int64(0.5*float64(lanes)*float64(whole.step+judging)) {
		t.Errorf("%+v; want nothing for judging in training, %d and half of it and of a step for each of %d lanes in a search, not %+v", small, judging, lanes, whole)
	}
}

// Large pictures are judged few at a time, unless a number is asked for.
func TestLargePicturesAreJudgedFewAtATime(t *testing.T) {
	for _, c := range []struct{ side, asked, want int }{{28, 0, 128}, {64, 0, 128}, {128, 0, 32}, {224, 0, 16}, {500, 0, 16}, {224, 100, 100}} {
		r := newWorld(t, asPredicted).open("run")
		r.cfg.Evaluate.Batch = c.asked
		r.splits.Train = &data.Set{H: c.side, W: c.side, C: 3}
		r.decideJudging()
		if got := r.cfg.Evaluate.Batch; got != c.want {
			t.Errorf("pictures of %d pixels, asked %d: %d at a time; want %d", c.side, c.asked, got, c.want)
		}
	}
}

// Where memory is short networks are finished one after the other, before a run is refused.
func TestLanesNeedMemory(t *testing.T) {
	w := newWorld(t, asPredicted)
	w.cfg.Workers = 2
	r := w.open("run")
	if r.exec.Workers() < 2 {
		t.Skip("one processor: networks are finished one after the other anyhow")
	}
	defer func() { memoryRoot = "/" }()
	two := r.memory(true)
	r.single = true
	one := r.memory(true)
	if one.lanes*2 != two.lanes {
		t.Errorf("one lane takes %d, two take %d; want half", one.lanes, two.lanes)
	}
	for free, single := range map[int64]bool{two.total(): false, one.total(): true} {
		memoryRoot = system(t, map[string]string{"proc/meminfo": fmt.Sprintf("MemAvailable: %d kB\n", (free+1023)/1024)})
		r.single = false
		if err := r.checkMemory(true); err != nil || r.single != single {
			t.Errorf("%d bytes free: one after the other is %v (%v); want %v", free, r.single, err, single)
		}
	}
	memoryRoot = system(t, map[string]string{"proc/meminfo": fmt.Sprintf("MemAvailable: %d kB\n", one.total()/1024-1)})
	r.single = false
	if err := r.checkMemory(true); err == nil {
		t.Error("less memory than one network at a time needs is enough")
	}
}
