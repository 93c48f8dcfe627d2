package kernel

import (
	"testing"
	"unsafe"
)

// TestFloats checks that memory is zero, as long as asked for and no longer, and
// starts where tiles are fast: on a line, large pieces on a huge page.
func TestFloats(t *testing.T) {
	for _, n := range []int{1, 15, 16, 17, 1000, hugeBytes/4 - 1, hugeBytes / 4, hugeBytes/4 + 1, 3 * hugeBytes / 4} {
		start := uintptr(4 * lineFloats)
		if 4*n >= hugeBytes {
			start = hugeBytes
		}
		for range 3 {
			f := Floats(n)
			if len(f) != n || cap(f) != n {
				t.Errorf("%d floats: length %d, capacity %d", n, len(f), cap(f))
			}
			if at := uintptr(unsafe.Pointer(&f[0])); at%start != 0 {
				t.Errorf("%d floats start at %#x, no multiple of %d", n, at, start)
			}
			for i, v := range f {
				if v != 0 {
					t.Fatalf("%d floats: place %d is %g", n, i, v)
				}
				f[i] = 1
			}
		}
	}
}
