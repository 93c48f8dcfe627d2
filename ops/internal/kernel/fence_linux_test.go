package kernel

import (
	"flag"
	"os"
	"syscall"
	"testing"
	"unsafe"
)

// allFences takes half a minute.
var allFences = flag.Bool("fences", false, "TestBetweenPagesWithoutAccess: the walk, and the tests of workers and windows, too")

// mostFences bounds how much memory there is at a time: tests use what they made last.
const mostFences = 4096

// fences is memory between pages that nobody may read or write.
type fences struct {
	behind bool // operands end where such a page begins; false: they begin where one ends
	maps   [][]byte
}

// room returns n floats beside a page without access. A kernel that reads or writes there, be it what it
// does not use, ends the program.
func (f *fences) room(t *testing.T, n int) room {
	page := os.Getpagesize()
	bytes := (4*n + page - 1) / page * page
	m, err := syscall.Mmap(-1, 0, page+bytes+page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	if f.maps = append(f.maps, m); len(f.maps) > mostFences {
		f.free(t, mostFences/2)
	}
	for _, fence := range [][]byte{m[:page], m[page+bytes:]} {
		if err := syscall.Mprotect(fence, syscall.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	in := room{all: unsafe.Slice((*float32)(unsafe.Pointer(&m[page])), bytes/4)}
	if f.behind {
		in.at = bytes/4 - n
	}
	return in
}

// free gives the first n pieces back, which nobody may use any more.
func (f *fences) free(t *testing.T, n int) {
	for _, m := range f.maps[:n] {
		if err := syscall.Munmap(m); err != nil {
			t.Error(err)
		}
	}
	f.maps = append([][]byte(nil), f.maps[n:]...)
}

// TestBetweenPagesWithoutAccess has the other tests of kernels make their operands and results right
// before, and right behind, a page without access.
func TestBetweenPagesWithoutAccess(t *testing.T) {
	defer func() { fenced = nil }()
	for name, behind := range map[string]bool{"before operands": false, "behind operands": true} {
		t.Run(name, func(t *testing.T) {
			f := fences{behind: behind}
			fenced = func(n int) room { return f.room(t, n) }
			for _, c := range []struct {
				name string
				long bool
				test func(*testing.T)
			}{
				{"passes", false, TestPasses},
				{"drawn passes", false, TestPassesProperty},
				{"activations", false, TestActivations},
				{"workers", true, TestWorkersDoNotChangeBits},
				{"windows", true, TestWindowsHaveTheBitsOfTheirCopies},
				{"fused sets", false, TestFusedSetsAgree},
				{"prologues", true, TestPrologues},
				{"prepacked", false, TestPrepacked},
				{"walk", true, TestWalk},
				{"vectors", false, TestVecReference},
				{"pools", false, TestVecPools},
			} {
				if c.long && !*allFences {
					continue
				}
				t.Run(c.name, c.test)
				f.free(t, len(f.maps))
			}
		})
	}
}
