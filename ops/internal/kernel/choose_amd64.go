//go:build amd64 && !purego

package kernel

import "golang.org/x/sys/cpu"

//go:generate go -C _gen run ./conv -out ../conv_amd64.s -table ../conv_amd64.go
//go:generate go -C _gen run ./vector -out ../vec_amd64.s -table ../vec_amd64.go

// Available returns the kernels that this machine can run, best first.
func Available() []*Set {
	var sets []*Set
	if x := &cpu.X86; x.HasAVX512F && x.HasAVX512VL && x.HasAVX512BW && x.HasAVX512DQ {
		sets = append(sets, &Set{Name: "avx512", tiles: tilesAVX512(), vec: &vecAVX512})
	}
	if cpu.X86.HasAVX2 && cpu.X86.HasFMA {
		sets = append(sets, &Set{Name: "avx2", tiles: tilesAVX2(), vec: &vecAVX2})
	}
	return append(sets, plainSet())
}
