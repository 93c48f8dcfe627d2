package kernel

import (
	"syscall"
	"unsafe"
)

// askHugePages asks for huge pages under f. Where there are none, small ones do.
func askHugePages(f []float32) {
	_ = syscall.Madvise(unsafe.Slice((*byte)(unsafe.Pointer(&f[0])), 4*len(f)), syscall.MADV_HUGEPAGE)
}
