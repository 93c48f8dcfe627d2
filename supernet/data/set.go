package data

import (
	"bytes"
	"fmt"
	"hash/maphash"
	"math"
	"slices"
)

// maxClasses is what a uint16 label can tell apart.
const maxClasses = math.MaxUint16 + 1

// Set is a list of pictures of one size, each with the number of its class. It is not changed once made, so any number
// of goroutines may read it.
type Set struct {
	H, W, C int      // pixels, pixels, channels (1 grey, 3 RGB)
	Classes []string // names; a label is an index into it
	Pix     []uint8  // [N][H][W][C]; nil in a set that was cut out of another, and in a streamed one
	Labels  []uint16 // [N]
	Groups  []int32  // [N] which pictures belong together, such as those of one patient; nil: each is by itself

	disk   *store  // that pictures are read from, of a streamed set; nil: pixels are in memory
	whole  []uint8 // pixels of the set that this one was cut out of; nil: they are in Pix, or in files
	places []int32 // [N] numbers in disk or of pictures in whole; nil: those of Pix, in order
}

// Len returns the number of pictures, N.
func (s *Set) Len() int { return len(s.Labels) }

// Image returns picture i of a set in memory as [H][W][C]. It shares memory with s. See Read for streamed sets.
func (s *Set) Image(i int) []uint8 {
	pix, size := s.Pix, s.H*s.W*s.C
	if s.places != nil {
		pix, i = s.whole, int(s.places[i])
	}
	return pix[i*size : (i+1)*size : (i+1)*size]
}

// Subset returns the pictures idx, in that order, as a set that shares their pixels, or the files that they are in,
// with s. Classes is shared too.
func (s *Set) Subset(idx []int) *Set {
	t := &Set{
		H: s.H, W: s.W, C: s.C, Classes: s.Classes, Labels: make([]uint16, 0, len(idx)),
		disk: s.disk, whole: s.whole, places: make([]int32, 0, len(idx)),
	}
	if s.places == nil {
		t.whole = s.Pix
	}
	for _, i := range idx {
		at := int32(i)
		if s.places != nil {
			at = s.places[i]
		}
		t.places = append(t.places, at)
		t.Labels = append(t.Labels, s.Labels[i])
		if s.Groups != nil {
			t.Groups = append(t.Groups, s.Groups[i])
		}
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
	if err := s.validatePixels(); err != nil {
		return err
	}
	if s.Groups != nil && len(s.Groups) != len(s.Labels) {
		return fmt.Errorf("data: set of %d pictures has groups of %d, expected all or none", len(s.Labels), len(s.Groups))
	}
	for i, label := range s.Labels {
		if int(label) >= len(s.Classes) {
			return fmt.Errorf("data: label %d of picture %d is out of range, the set has %d classes",
				label, i, len(s.Classes))
		}
	}
	return nil
}

// validatePixels returns an error unless every picture is somewhere.
func (s *Set) validatePixels() error {
	size := s.H * s.W * s.C
	switch want := len(s.Labels) * size; {
	case s.places == nil && len(s.Pix) != want:
		return fmt.Errorf("data: set of %d %dx%dx%d pictures holds %d bytes in Pix, expected %d", len(s.Labels), s.H, s.W, s.C, len(s.Pix), want)
	case s.places == nil:
		return nil
	case len(s.places) != len(s.Labels) || len(s.Pix) != 0:
		return fmt.Errorf("data: set of %d pictures that lie elsewhere has places of %d and %d bytes in Pix, expected as many and none", len(s.Labels), len(s.places), len(s.Pix))
	case s.disk != nil && size != s.disk.size || s.disk == nil && len(s.whole)%size != 0:
		return fmt.Errorf("data: set of %dx%dx%d pictures that lie elsewhere, expected pictures of as many bytes there", s.H, s.W, s.C)
	}
	return nil
}

// Dataset is what a source holds: its pictures for training and, where the source has them, those for testing. Both
// parts agree in H, W, C and Classes.
type Dataset struct {
	Name   string // "fashion-mnist-6000" for the embedded one, else the base name of the directory
	Format string // "embedded", or one of those that Open lists
	Layout string // of a folder: which folders hold what; empty for other formats
	Train  *Set
	Val    *Set // nil when the source has no validation part
	Test   *Set // nil when the source has no test part
	// Notes are sentences about what was found that a person should know.
	Notes []string
}

// Ratio returns how many times as many pictures the largest class has as the smallest of
// those that have any; 1 for an empty set.
func (s *Set) Ratio() float64 {
	least, most := 0, 0
	for _, n := range s.ClassCounts() {
		if n > 0 && (least == 0 || n < least) {
			least = n
		}
		most = max(most, n)
	}
	if least == 0 {
		return 1
	}
	return float64(most) / float64(least)
}

// imbalance of classes is told from this ratio of the largest to the smallest on.
const imbalance = 5

// Notes returns sentences about the pictures that a person should know: classes of very
// different size, channels that hold nothing.
func (v *Survey) Notes() (notes []string) {
	s := v.set
	counts := s.ClassCounts()
	if len(counts) > 1 && s.Len() > 0 {
		most, least := slices.Max(counts), slices.Min(counts)
		if most >= imbalance*least {
			name := func(n int) string { return s.Classes[slices.Index(counts, n)] }
			notes = append(notes, fmt.Sprintf("classes are of very different size, from %d pictures (%s) to %d (%s): saying %[4]s always is right for %.1f %% of them; see balanced accuracy in the report, and balance (--balance), which shows every class equally often",
				least, name(least), most, name(most), 100*float64(most)/float64(s.Len())))
		}
	}
	if s.Len() == 0 {
		return notes
	}
	constant := func(c int) int { // the value of a channel that has one; -1 of others
		return slices.IndexFunc(v.histograms[c][:], func(n int) bool { return n == s.Len()*s.H*s.W })
	}
	if at := constant(0); at >= 0 && (v.same || s.C == 1) {
		return append(notes, fmt.Sprintf("every pixel of every picture is %d, so that there is nothing to learn from; where what is drawn has the colour of the background, another one (--background) shows it", at))
	}
	if v.same {
		return append(notes, "the three channels are the same everywhere: read as grey (--gray) they train faster")
	}
	for c := range v.histograms {
		if at := constant(c); at >= 0 {
			notes = append(notes, fmt.Sprintf("channel %d is %d everywhere", c, at))
		}
	}
	return notes
}

// Shared returns how many pictures of other are in s too, pixel for pixel; of sets that are cut out of one streamed set,
// by hashes of 64 bits.
func (s *Set) Shared(other *Set) int {
	if other == nil || s.H != other.H || s.W != other.W || s.C != other.C {
		return 0
	}
	if s.SharesFiles(other) {
		return s.sharedStreamed(other)
	}
	seed := maphash.MakeSeed()
	own := make(map[uint64][]int, s.Len())
	for i := range s.Len() {
		h := maphash.Bytes(seed, s.Image(i))
		own[h] = append(own[h], i)
	}
	n := 0
	for i := range other.Len() {
		p := other.Image(i)
		if slices.ContainsFunc(own[maphash.Bytes(seed, p)], func(k int) bool { return bytes.Equal(s.Image(k), p) }) {
			n++
		}
	}
	return n
}

func (s *Set) sharedStreamed(other *Set) int {
	own := make(map[uint64]bool, s.Len())
	for _, at := range s.places {
		own[s.disk.hashes[at]] = true
	}
	n := 0
	for _, at := range other.places {
		if own[s.disk.hashes[at]] {
			n++
		}
	}
	return n
}
