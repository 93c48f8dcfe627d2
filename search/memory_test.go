package search

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/espalier-nas/espalier/search/config"
	"github.com/espalier-nas/espalier/search/rundir"
	"github.com/espalier-nas/espalier/supernet/data"
	"github.com/espalier-nas/espalier/supernet/space"
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
		"files that were read": {map[string]string{
			"proc/meminfo": info, "sys/fs/cgroup/memory.max": "1000000\n", "sys/fs/cgroup/memory.current": "990000\n",
			"sys/fs/cgroup/memory.stat": "anon 100000\nfile 890000\ninactive_anon 5\ninactive_file 790000\nactive_file 100000\n",
		}, 800000},
		"files that were read, version 1": {map[string]string{
			"proc/meminfo": info, "sys/fs/cgroup/memory/memory.limit_in_bytes": "500000", "sys/fs/cgroup/memory/memory.usage_in_bytes": "450000",
			"sys/fs/cgroup/memory/memory.stat": "inactive_file 7\ntotal_inactive_file 200000\n",
		}, 250000},
		"group, version 1": {map[string]string{"proc/meminfo": info, "sys/fs/cgroup/memory/memory.limit_in_bytes": "500000", "sys/fs/cgroup/memory/memory.usage_in_bytes": "600000"}, 0},
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
	small := r.memory(trainsShared, r.heaviest())
	batch := r.cfg.Train.Batch
	r.cfg.Train.Batch = 1 << 15
	if err := r.checkMemory(trainsShared); err == nil || !strings.Contains(err.Error(), "--batch") || !strings.Contains(err.Error(), "293 MiB are free") {
		t.Errorf("error %v; want one that names --batch", err)
	}
	r.cfg.Train.Batch = batch
	memoryRoot = system(t, map[string]string{"proc/meminfo": "MemAvailable: 70000 kB\n"})
	if _, _, err = started(t, filepath.Join(base, "pets"), filepath.Join(base, "run2"), nil); err == nil || !strings.Contains(err.Error(), "a smaller space would help") {
		t.Errorf("error %v; want one that names the space", err)
	}
	var maps, all int64 // of a picture: those that norms read, which a chain keeps twice; those of all layers
	for _, s := range r.heaviest() {
		bytes := int64(4 * s.Layer.OutH() * s.Layer.OutW() * s.Layer.OutC)
		if all += bytes; s.Norm != "" {
			maps += bytes
		}
	}
	if small.step < 2*8*maps || small.step > 4*8*maps || small.pictures != 40*8*8*3 || small.evaluating != 0 || small.lanes != 0 {
		t.Errorf("%+v; want %d to %d for a step of 8 pictures, %d for pictures, nothing for evaluating", small, 2*8*maps, 4*8*maps, 40*8*8*3)
	}
	if r.cfg.Evaluate.Batch != 128 {
		t.Errorf("pictures of 8 pixels are evaluated %d at a time; want 128", r.cfg.Evaluate.Batch)
	}
	whole := r.memory(searches, r.heaviest())
	if lanes := int64(min(8, r.exec.Workers())); whole.evaluating < 128*maps || whole.evaluating > 3*128*all || whole.lanes < lanes*max(whole.step, 128*maps) || whole.execs != 1+lanes || whole.total() <= small.total() {
		t.Errorf("%+v; want %d to %d for evaluating, and as much as for a step and for that for each of %d lanes", whole, 128*maps, 3*128*all, lanes)
	}
}

// Who keeps the process to what it needs is told how much that is: of pictures before they are read, of training before
// there are weights, of a search with all that it does beside training, and again when limits leave less of the space.
func TestMemoryIsTold(t *testing.T) {
	base := t.TempDir()
	folderOf(t, filepath.Join(base, "pets"), 20, "cat", "dog")
	cfg := config.Default()
	cfg.Data.Dir, cfg.Budget, cfg.Train.Steps, cfg.Limits.Params = filepath.Join(base, "pets"), 0, 2, 20_000
	if err := cfg.Ready(); err != nil {
		t.Fatal(err)
	}
	dir, err := rundir.Create(filepath.Join(base, "run"))
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	var told []int64
	r, err := New(dir, cfg, Monitor{Memory: func(bytes int64) { told = append(told, bytes) }})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	largest := r.heaviestWithin(r.family.Extremes().Largest, nil)
	if err := r.checkMemory(searches); err != nil {
		t.Fatal(err)
	}
	want := []int64{programBytes + readBytes + 40*8*8*3, r.memory(trainsShared, largest).total(), r.memory(searches, largest).total()}
	if !slices.Equal(told, want) {
		t.Errorf("told %v; want %v: limits may leave the largest network", told, want)
	}
	memoryRoot = system(t, map[string]string{"proc/self/status": "VmHWM:\t  1000 kB\n"})
	defer func() { memoryRoot = "/" }()
	r.bounds = &bounds{func(a space.Arch) bool { return a == r.family.Extremes().Narrow }, r.family.Extremes().Narrow}
	if err := r.memoryWithin(); err != nil {
		t.Fatal(err)
	}
	least := r.memory(searches, r.family.Plan(r.family.Extremes().Narrow)).total()
	if last := told[len(told)-1]; last != least || least >= want[2] {
		t.Errorf("told %d; want %d, less than the %d of the whole space", last, least, want[2])
	}
	memoryRoot = system(t, map[string]string{"proc/self/status": fmt.Sprintf("VmHWM:\t%d kB\n", (least+1<<20)>>10)})
	r.needed = least + 2<<20
	if err := r.memoryWithin(); err != nil {
		t.Fatal(err)
	}
	if last := told[len(told)-1]; last != (least+1<<20)>>10<<10 {
		t.Errorf("told %d; want the %d that the process has had", last, least+1<<20)
	}
}

// Large pictures are evaluated few at a time, unless a number is asked for.
func TestLargePicturesAreEvaluatedFewAtATime(t *testing.T) {
	for _, c := range []struct{ side, asked, want int }{{28, 0, 128}, {64, 0, 128}, {128, 0, 32}, {224, 0, 16}, {500, 0, 16}, {224, 100, 100}} {
		r := newWorld(t, asPredicted).open("run")
		r.cfg.Evaluate.Batch = c.asked
		r.splits.Train = &data.Set{H: c.side, W: c.side, C: 3}
		r.decideEvaluation()
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
	p := r.heaviest()
	two := r.memory(searches, p)
	r.single = true
	one := r.memory(searches, p)
	if waiting := 8 * int64(r.cfg.Search.Top) * p.Params(); 2*(one.lanes-waiting) != two.lanes-waiting {
		t.Errorf("one lane takes %d, two take %d, candidates %d; want half", one.lanes, two.lanes, waiting)
	}
	for free, single := range map[int64]bool{two.total(): false, one.total(): true} {
		memoryRoot = system(t, map[string]string{"proc/meminfo": fmt.Sprintf("MemAvailable: %d kB\n", (free+1023)/1024)})
		r.single = false
		if err := r.checkMemory(searches); err != nil || r.single != single {
			t.Errorf("%d bytes free: one after the other is %v (%v); want %v", free, r.single, err, single)
		}
	}
	memoryRoot = system(t, map[string]string{"proc/meminfo": fmt.Sprintf("MemAvailable: %d kB\n", one.total()/1024-1)})
	r.single = false
	if err := r.checkMemory(searches); err == nil {
		t.Error("less memory than one network at a time needs is enough")
	}
}

// What limits leave of a space may be more than the machine has, though the narrow network was not: a search ends before
// it is trained. What this process has already is not missing.
func TestMemoryWithinTheLimitsIsRefused(t *testing.T) {
	w := newWorld(t, asPredicted)
	w.cfg.Limits.Params = 1_000_000
	r := w.open("run")
	r.single = true
	r.bounds = &bounds{func(space.Arch) bool { return true }, r.family.Extremes().Largest}
	r.bounded = true
	needs := r.memory(searches, r.heaviest()).total()
	defer func() { memoryRoot = "/" }()
	for _, c := range []struct {
		own  int64
		want string
	}{{0, "are free"}, {2 << 20, ""}} {
		memoryRoot = system(t, map[string]string{
			"proc/meminfo":     fmt.Sprintf("MemAvailable: %d kB\n", (needs-1<<20)>>10),
			"proc/self/status": fmt.Sprintf("VmHWM:\t1000 kB\nVmRSS:\t%d kB\n", c.own>>10),
		})
		if err := r.memoryWithin(); (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("1 MiB less free than needed, of which the process has %d: %v; want %q", c.own, err, c.want)
		}
	}
}
