package kernel

import "unsafe"

const (
	lineFloats = 16      // of a cache line
	hugeBytes  = 2 << 20 // of a huge page
)

// Floats returns n zeros that start on a cache line. Large pieces start on a huge
// page and ask the system for such pages: tiles walk channels-last maps in steps of
// a pixel, and touch more pages of the usual 4 KiB than the processor keeps the
// places of.
func Floats(n int) []float32 {
	if 4*n < hugeBytes {
		return starting(n, 4*lineFloats)
	}
	whole := parts(4*n, hugeBytes) * hugeBytes / 4
	f := starting(whole, hugeBytes)
	askHugePages(f)
	return f[:n:n]
}

// starting returns n zeros whose address is a multiple of bytes.
func starting(n, bytes int) []float32 {
	f := make([]float32, n+bytes/4)
	skip := -uintptr(unsafe.Pointer(&f[0])) % uintptr(bytes) / 4
	return f[skip:][:n:n]
}

// aligned returns n floats that start on a cache line, reusing s if it is long enough.
func aligned(s []float32, n int) []float32 {
	if cap(s) >= n {
		return s[:n]
	}
	return Floats(n)
}
