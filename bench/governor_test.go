package bench

import (
	"fmt"
	"testing"
	"testing/fstest"
)

// governed returns a system's root whose processors have these governors.
func governed(names ...string) fstest.MapFS {
	root := fstest.MapFS{"sys/devices/system/cpu/cpufreq/policy0/scaling_governor": {Data: []byte("of a group\n")}}
	for i, name := range names {
		root[fmt.Sprintf("sys/devices/system/cpu/cpu%d/cpufreq/scaling_governor", i)] = &fstest.MapFile{Data: []byte(name + "\n")}
	}
	return root
}

func TestGovernor(t *testing.T) {
	for want, root := range map[string]fstest.MapFS{
		"":                                 governed(),
		"performance":                      governed("performance", "performance"),
		"performance of 1, powersave of 2": governed("powersave", "performance", "powersave"),
	} {
		if got := governor(root); got != want {
			t.Errorf("governor is %q; want %q", got, want)
		}
	}
}
