//go:build !linux

package kernel

// askHugePages asks for huge pages; on this system there is no way known to us.
func askHugePages([]float32) {}
