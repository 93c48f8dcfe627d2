package data

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// The IDX format of MNIST: a big-endian magic number (two zero bytes, type 8 for uint8, number of dimensions), one
// uint32 for each dimension, then the bytes.
const (
	idxImageMagic uint32 = 0x00000803 // [N][H][W] uint8
	idxLabelMagic uint32 = 0x00000801 // [N] uint8

	// idxClassFile may stand beside IDX files, which have no class names of their own: one name a line.
	idxClassFile = "classes.txt"
)

// maxSide bounds the height and width of a picture of any format, in pixels.
const maxSide = 1 << 14

// idxFile returns the name under which names holds the IDX file of a part ("train" or "t10k") and kind
// ("images-idx3" or "labels-idx1"), or "". Both spellings in use are known, and plain goes before gzip.
func idxFile(names map[string]bool, part, kind string) string {
	for _, suffix := range []string{"-ubyte", "-ubyte.gz"} {
		for _, dash := range []string{"-", "."} {
			name := part + "-" + kind[:len("images")] + dash + kind[len("images-"):] + suffix
			if names[name] {
				return name
			}
			if inner := name + "/" + name; names[inner] {
				return inner
			}
		}
	}
	return ""
}

func isIDX(names map[string]bool) bool { return len(idxSets(names)) > 0 }

func readIDX(dir string, names map[string]bool, o OpenOptions) (*Dataset, error) {
	sets := idxSets(names)
	if len(sets) > 1 {
		return nil, badFile(dir, "IDX files of %d sets, %q and %q among them, expected one set, in a folder of its own", len(sets), sets[0].part("train"), sets[1].part("train"))
	}
	set := sets[0]
	var classes labelling
	var note string
	var err error
	mapping := strings.TrimSuffix(set.prefix, "-") + "-mapping.txt"
	switch {
	case names[idxClassFile]:
		classes.names, note, err = readNames(filepath.Join(dir, idxClassFile), 0)
	case set.transposed() && names[mapping]:
		classes.names, classes.first, err = emnistNames(filepath.Join(dir, mapping))
		classes.known = err == nil
	}
	if err != nil {
		return nil, err
	}
	train, err := readIDXPart(dir, names, set.part("train"), set.transposed(), &classes, o.MaxBytes)
	if err != nil {
		return nil, err
	}
	d := &Dataset{Train: train}
	if note != "" {
		d.Notes = append(d.Notes, note)
	}
	if set.transposed() {
		d.Layout = set.part("train") + "-images, pictures turned upright"
	}
	for i, to := range []**Set{&d.Val, &d.Test} {
		part := set.given(names, partNames[i+1])
		if part == "" {
			continue
		}
		s, err := readIDXPart(dir, names, part, set.transposed(), &classes, o.MaxBytes)
		if err != nil {
			return nil, err
		}
		if s.H != train.H || s.W != train.W {
			return nil, &FormatError{
				File: filepath.Join(dir, idxFile(names, part, "images-idx3")), Offset: 8,
				Problem: fmt.Sprintf("pictures of %dx%d, expected %dx%d as in the training part", s.H, s.W, train.H, train.W),
			}
		}
		*to = s
	}
	return d, nil
}

// labelling tells what labels mean.
type labelling struct {
	names []string // of the classes; nil: not known yet
	first int      // label of the first class: 0, or 1 in files that count from 1
	known bool     // first is
}

// readIDXPart reads pictures and labels of a part, by what the names of its files begin with. Where the names of classes are not known, the labels themselves say
// what classes there are.
func readIDXPart(dir string, names map[string]bool, part string, transposed bool, classes *labelling, maxBytes int64) (*Set, error) {
	images, labels := idxFile(names, part, "images-idx3"), idxFile(names, part, "labels-idx1")
	if images == "" {
		return nil, badFile(dir, "no file %s-images-idx3-ubyte or %[1]s-images-idx3-ubyte.gz", part)
	}
	if labels == "" {
		return nil, badFile(dir, "no file %s-labels-idx1-ubyte or %[1]s-labels-idx1-ubyte.gz beside %s", part, images)
	}
	s := &Set{C: 1}
	err := withSource(filepath.Join(dir, images), func(src *source) error { return decodeIDXImages(src, s, maxBytes) })
	if err != nil {
		return nil, err
	}
	if transposed {
		if s.H != s.W {
			return nil, badFile(filepath.Join(dir, images), "pictures of %dx%d, expected square ones, which EMNIST stores column by column", s.H, s.W)
		}
		upend(s)
	}
	n := len(s.Pix) / (s.H * s.W)
	err = withSource(filepath.Join(dir, labels), func(src *source) error { return decodeIDXLabels(src, s, n, classes) })
	if err != nil {
		return nil, err
	}
	return s, nil
}

// decodeIDXImages reads one IDX array of pictures into s.H, s.W and s.Pix.
func decodeIDXImages(src *source, s *Set, maxBytes int64) error {
	start := src.off
	header, err := src.read(16, "the IDX header")
	if err != nil {
		return err
	}
	field := func(i int) uint32 { return binary.BigEndian.Uint32(header[4*i:]) }
	if field(0) != idxImageMagic {
		return src.fail(start, nil, "magic number %#08x, expected %#08x of IDX pictures (uint8, 3 dimensions)", field(0), idxImageMagic)
	}
	n, h, w := int64(field(1)), int64(field(2)), int64(field(3))
	if n == 0 {
		return src.fail(start+4, nil, "0 pictures, expected at least 1")
	}
	if h < 1 || h > maxSide || w < 1 || w > maxSide {
		return src.fail(start+8, nil, "pictures of %dx%d pixels, expected sides of 1 to %d", h, w, maxSide)
	}
	if n > maxBytes/(h*w) {
		return src.fail(start+4, nil, "%d pictures of %dx%d pixels, expected at most %d bytes in all", n, h, w, maxBytes)
	}
	s.H, s.W, s.C = int(h), int(w), 1
	s.Pix, err = src.read(n*h*w, "pixels")
	return err
}

// decodeIDXLabels reads one IDX array of n labels into s.Labels, as classes says, and completes that.
func decodeIDXLabels(src *source, s *Set, n int, classes *labelling) error {
	start := src.off
	header, err := src.read(8, "the IDX header")
	if err != nil {
		return err
	}
	if magic := binary.BigEndian.Uint32(header); magic != idxLabelMagic {
		return src.fail(start, nil, "magic number %#08x, expected %#08x of IDX labels (uint8, 1 dimension)", magic, idxLabelMagic)
	}
	if claim := binary.BigEndian.Uint32(header[4:]); int64(claim) != int64(n) {
		return src.fail(start+4, nil, "%d labels, expected %d, one for each picture", claim, n)
	}
	labels, err := src.read(int64(n), "labels")
	if err != nil {
		return err
	}
	if err := classes.complete(src, start+8, labels); err != nil {
		return err
	}
	s.Classes = classes.names
	s.Labels = make([]uint16, n)
	for i, label := range labels {
		if c := int(label) - classes.first; c < 0 || c >= len(s.Classes) {
			return src.fail(start+8+int64(i), nil, "label %d, expected less than the number of classes, %d, counted from %d", label, len(s.Classes), classes.first)
		}
		s.Labels[i] = uint16(int(label) - classes.first)
	}
	return nil
}

// complete finds out what is not known from the training labels, which start at byte start.
// Labels count from 1 where none is 0 and as many as there are names, or all up to the
// largest, occur.
func (l *labelling) complete(src *source, start int64, labels []byte) (err error) {
	if l.known {
		return nil
	}
	l.known = true
	if least, most := slices.Min(labels), slices.Max(labels); least == 1 && (l.names == nil || int(most) == len(l.names)) {
		l.first = 1
	}
	if l.names == nil {
		l.names, err = idxClasses(src, start, labels, l.first)
	}
	return err
}

// idxClasses names the classes of unnamed labels that start at byte start: by the labels from lowest on themselves, every
// one of which must occur, or by the published names where the labels are those of Fashion-MNIST.
func idxClasses(src *source, start int64, labels []byte, lowest int) ([]string, error) {
	if len(labels) == fashionTrainLen && crc32.ChecksumIEEE(labels) == fashionTrainCRC {
		return fashionClasses(), nil
	}
	var first [256]int
	for i := len(labels) - 1; i >= 0; i-- {
		first[labels[i]] = i + 1
	}
	var classes []string
	for label := range first {
		if first[label] == 0 {
			continue
		}
		if label != lowest+len(classes) {
			return nil, src.fail(start+int64(first[label]-1), nil,
				"label %d, but no picture is of class %d; expected every class to occur, or their names in %s",
				label, lowest+len(classes), idxClassFile)
		}
		classes = append(classes, strconv.Itoa(label))
	}
	return classes, nil
}
