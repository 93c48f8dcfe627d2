package bench

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
)

// governorFiles hold what decides the clocks of the logical processors on Linux.
const governorFiles = "sys/devices/system/cpu/cpu[0-9]*/cpufreq/scaling_governor"

// Governor returns the frequency governor of this machine's processors, such as
// "performance", or how many have which; empty where the system does not tell, as in most
// virtual machines.
func Governor() string { return governor(os.DirFS("/")) }

// governor reads the governors from a system's root folder.
func governor(root fs.FS) string {
	files, err := fs.Glob(root, governorFiles)
	if err != nil {
		return ""
	}
	count := make(map[string]int)
	for _, name := range files {
		if text, err := fs.ReadFile(root, name); err == nil {
			count[strings.TrimSpace(string(text))]++
		}
	}
	names := slices.Sorted(maps.Keys(count))
	if len(names) == 1 {
		return names[0]
	}
	var parts []string
	for _, name := range names {
		parts = append(parts, fmt.Sprintf("%s of %d", name, count[name]))
	}
	return strings.Join(parts, ", ")
}
