package search

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
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
	whole, judging := r.memory(true), int64(stepShare*4*float64(outputs*128))
	if lanes := min(5, r.exec.Workers()); small.judging != 0 || whole.judging != judging || whole.lanes != int64(0.5*float64(lanes)*float64(whole.step+judging)) {
		t.Errorf("%+v; want nothing for judging in training, %d and half of it and of a step for each of %d lanes in a search, not %+v", small, judging, lanes, whole)
	}
}
