package data

import (
	"fmt"
	"math"
)

// maxClasses is what a uint16 label can tell apart.
const maxClasses = math.MaxUint16 + 1

// Set is a list of pictures of one size, each with the number of its class. It is not changed once made, so any number
// of goroutines may read it.
type Set struct {
	H, W, C int      // pixels, pixels, channels (1 grey, 3 RGB)
	Classes []string // names; a label is an index into it
	Pix     []uint8  // [N][H][W][C]
	Labels  []uint16 // [N]
}

// Len returns the number of pictures, N.
func (s *Set) Len() int { return len(s.Labels) }

// Image returns picture i as [H][W][C]. It shares memory with s.
func (s *Set) Image(i int) []uint8 {
	size := s.H * s.W * s.C
	return s.Pix[i*size : (i+1)*size : (i+1)*size]
}

// Subset copies the pictures idx, in that order, into a set of its own. Classes is shared.
func (s *Set) Subset(idx []int) *Set {
	t := &Set{
		H: s.H, W: s.W, C: s.C,
		Classes: s.Classes,
		Pix:     make([]uint8, 0, len(idx)*s.H*s.W*s.C),
		Labels:  make([]uint16, 0, len(idx)),
	}
	for _, i := range idx {
		t.Pix = append(t.Pix, s.Image(i)...)
		t.Labels = append(t.Labels, s.Labels[i])
	}
	return t
}

// ClassCounts returns the number of pictures of each class, [len(Classes)].
func (s *Set) ClassCounts() []int {
	counts := make([]int, len(s.Classes))
	for _, label := range s.Labels {
		counts[label]++
	}
	return counts
}

// Validate returns an error when the fields of s contradict each other. Sets made by this package pass.
func (s *Set) Validate() error {
	if s.H < 1 || s.W < 1 || s.C < 1 {
		return fmt.Errorf("data: set of %dx%dx%d pictures, expected H, W and C of at least 1", s.H, s.W, s.C)
	}
	if want := len(s.Labels) * s.H * s.W * s.C; len(s.Pix) != want {
		return fmt.Errorf("data: set of %d %dx%dx%d pictures holds %d bytes in Pix, expected %d",
			len(s.Labels), s.H, s.W, s.C, len(s.Pix), want)
	}
	for i, label := range s.Labels {
		if int(label) >= len(s.Classes) {
			return fmt.Errorf("data: label %d of picture %d is out of range, the set has %d classes",
				label, i, len(s.Classes))
		}
	}
	return nil
}

// Dataset is what a source holds: its pictures for training and, where the source has them, those for testing. Both
// parts agree in H, W, C and Classes.
type Dataset struct {
	Name   string // "fashion-mnist-6000" for the embedded one, else the base name of the directory
	Format string // "embedded", "idx", "cifar10", "cifar100" or "folder"
	Train  *Set
	Test   *Set // nil when the source has no test part
}
