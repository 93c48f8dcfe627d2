//go:build amd64 && !purego

package kernel

import "strings"

//go:generate go -C _gen run ./vector -out ../vec_amd64.s -table ../vec_amd64.go

// Vec returns the element-wise loops of the set.
func (s *Set) Vec() *Vec {
	switch set, _, _ := strings.Cut(s.Name, "-"); set {
	case "avx512":
		return &vecAVX512
	case "avx2":
		return &vecAVX2
	default:
		return &goVec
	}
}
