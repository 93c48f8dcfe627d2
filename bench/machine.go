package bench

import (
	"os"
	"runtime"
	"strings"
)

// Processor returns the processor's name where the system tells it, else its
// architecture.
func Processor() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil { // not Linux
		return runtime.GOARCH
	}
	for line := range strings.Lines(string(text)) {
		if name, ok := strings.CutPrefix(line, "model name"); ok {
			return strings.TrimSpace(strings.TrimLeft(name, " \t:"))
		}
	}
	return runtime.GOARCH
}
