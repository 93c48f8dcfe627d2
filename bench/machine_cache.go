package bench

import (
	"fmt"
	"io/fs"
	"path"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// Level is one level of the memory that a core reads through.
type Level struct {
	Name    string `json:"name"`    // "L1", "L2", ..., "DRAM"
	Bytes   int    `json:"bytes"`   // of one cache; 0 for DRAM
	Sharers int    `json:"sharers"` // logical processors that share one cache; 0 for DRAM
}

// dram is the level behind the last cache.
var dram = Level{Name: "DRAM"}

// usualLevels returns sizes that most machines have at least, for those that do
// not tell.
func usualLevels() []Level {
	return []Level{{"L1", 32 << 10, 1}, {"L2", 1 << 20, 1}, {"L3", 16 << 20, runtime.NumCPU()}, dram}
}

// cacheFolder describes the first processor's caches on Linux.
const cacheFolder = "sys/devices/system/cpu/cpu0/cache"

// levels reads the caches of the first processor from a system's root folder,
// from the nearest to DRAM.
func levels(root fs.FS) ([]Level, error) {
	entries, err := fs.ReadDir(root, cacheFolder)
	if err != nil {
		return nil, err
	}
	var found []Level
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), "index") {
			continue
		}
		l, ok, err := cache(root, path.Join(cacheFolder, e.Name()))
		if err != nil {
			return nil, err
		}
		if ok {
			found = append(found, l)
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("%s: no data caches", cacheFolder)
	}
	slices.SortFunc(found, func(a, b Level) int { return strings.Compare(a.Name, b.Name) })
	return append(found, dram), nil
}

// cache reads one cache's folder; ok is false for instruction caches.
func cache(root fs.FS, folder string) (l Level, ok bool, err error) {
	text := map[string]string{}
	for _, name := range []string{"level", "type", "size", "shared_cpu_list"} {
		b, err := fs.ReadFile(root, path.Join(folder, name))
		if err != nil {
			return Level{}, false, err
		}
		text[name] = strings.TrimSpace(string(b))
	}
	if text["type"] == "Instruction" {
		return Level{}, false, nil
	}
	l.Name = "L" + text["level"]
	if l.Bytes, err = cacheBytes(text["size"]); err != nil {
		return Level{}, false, fmt.Errorf("%s/size: %w", folder, err)
	}
	if l.Sharers, err = listLength(text["shared_cpu_list"]); err != nil {
		return Level{}, false, fmt.Errorf("%s/shared_cpu_list: %w", folder, err)
	}
	return l, true, nil
}

// cacheBytes reads a size such as 48K or 32M.
func cacheBytes(text string) (int, error) {
	number, shift := text, 0
	for unit, s := range map[string]int{"K": 10, "M": 20, "G": 30} {
		if n, ok := strings.CutSuffix(text, unit); ok {
			number, shift = n, s
		}
	}
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || n > 1<<20 {
		return 0, fmt.Errorf("%q is no size; want one such as 48K", text)
	}
	return n << shift, nil
}

// listLength returns how many numbers a list such as 0-3,8 names.
func listLength(text string) (n int, err error) {
	for part := range strings.SplitSeq(text, ",") {
		first, last, span := strings.Cut(part, "-")
		if !span {
			last = first
		}
		a, errA := strconv.Atoi(first)
		b, errB := strconv.Atoi(last)
		if errA != nil || errB != nil || a < 0 || b < a {
			return 0, fmt.Errorf("%q is no list of processors; want one such as 0-3,8", text)
		}
		n += b - a + 1
	}
	return n, nil
}
