package bench

import (
	"errors"
	"io/fs"
	"maps"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// caches returns a system's root with the caches of a server's first processor.
func caches() fstest.MapFS {
	root := fstest.MapFS{}
	add := func(index, level, kind, size, sharers string) {
		for name, text := range map[string]string{"level": level, "type": kind, "size": size, "shared_cpu_list": sharers} {
			root[cacheFolder+"/"+index+"/"+name] = &fstest.MapFile{Data: []byte(text + "\n")}
		}
	}
	add("index0", "1", "Data", "48K", "0,64")
	add("index1", "1", "Instruction", "32K", "0,64")
	add("index2", "2", "Unified", "1024K", "0,64")
	add("index3", "3", "Unified", "32M", "0-7,64-71")
	root[cacheFolder+"/uevent"] = &fstest.MapFile{}
	return root
}

func TestLevels(t *testing.T) {
	got, err := levels(caches())
	if err != nil {
		t.Fatal(err)
	}
	want := []Level{{"L1", 48 << 10, 2}, {"L2", 1 << 20, 2}, {"L3", 32 << 20, 16}, {"DRAM", 0, 0}}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("differs (-want +got):\n%s", d)
	}
}

func TestLevelsNameWhatIsWrong(t *testing.T) {
	if _, err := levels(fstest.MapFS{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no folder: %v; want an error that it does not exist", err)
	}
	for name, c := range map[string]struct{ file, text, want string }{
		"size":         {"index2/size", "much", `index2/size: "much" is no size`},
		"no size":      {"index2/size", "", `index2/size: "" is no size`},
		"minus":        {"index2/size", "-4K", "is no size"},
		"list":         {"index3/shared_cpu_list", "0-", `index3/shared_cpu_list: "0-" is no list`},
		"list back":    {"index3/shared_cpu_list", "7-0", "is no list"},
		"instructions": {"index0/type", "Instruction", ""},
	} {
		root := caches()
		root[cacheFolder+"/"+c.file] = &fstest.MapFile{Data: []byte(c.text)}
		_, err := levels(root)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %q", name, err, c.want)
		}
	}
	root := caches()
	delete(root, cacheFolder+"/index0/level")
	if _, err := levels(root); err == nil || !strings.Contains(err.Error(), "index0/level") {
		t.Errorf("missing file: %v; want its name", err)
	}
	maps.DeleteFunc(root, func(name string, _ *fstest.MapFile) bool { return strings.Contains(name, "/index") })
	if _, err := levels(root); err == nil || !strings.Contains(err.Error(), "no data caches") {
		t.Errorf("no caches: %v", err)
	}
}

// TestWorkingSets checks that what is walked over lies in the level that it
// measures: in no nearer one, and within a worker's share of it.
func TestWorkingSets(t *testing.T) {
	found, err := levels(caches())
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range [][]Level{found, usualLevels()} {
		for _, workers := range []int{1, 2, 7, 16, 64} {
			for i, level := range l {
				n := workingSet(l, i, workers)
				if i > 0 && n*max(1, min(workers, l[i-1].Sharers)) < 2*l[i-1].Bytes {
					t.Errorf("%d workers, %s: %d bytes each; the level before holds %d", workers, level.Name, n, l[i-1].Bytes)
				}
				together := n * max(1, min(workers, level.Sharers))
				if level.Bytes > 0 && workers <= runtime.NumCPU() && together > level.Bytes {
					t.Errorf("%d workers, %s: %d bytes together; it holds %d", workers, level.Name, together, level.Bytes)
				}
			}
		}
	}
	if n := workingSet([]Level{{"L1", 32 << 10, 1}, dram}, 1, 1); n != leastDRAM {
		t.Errorf("a small cache: %d bytes for DRAM; want %d", n, leastDRAM)
	}
	if n := workingSet([]Level{{"L3", 1 << 30, 1}, dram}, 1, 4); n != mostDRAM {
		t.Errorf("a large cache: %d bytes for DRAM; want %d", n, mostDRAM)
	}
}
