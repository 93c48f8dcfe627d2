//go:build !amd64 || purego

package kernel

// Vec returns the element-wise loops of the set.
func (s *Set) Vec() *Vec { return &goVec }
