package data

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

const (
	cifarSide  = 32
	cifarPlane = cifarSide * cifarSide
	cifarImage = 3 * cifarPlane
)

// cifarLayout tells the two CIFAR formats apart. A record is the label bytes, then a red, a green and a blue plane.
type cifarLayout struct {
	labels []int    // number of classes of each label byte
	counts int      // which label byte counts
	names  string   // optional file of class names, one a line
	train  []string // files of the training part
	test   string   // file of the test part
}

func isCIFAR10(names map[string]bool) bool {
	return cifarBatchCount(names) > 0 || names["test_batch.bin"]
}

func isCIFAR100(names map[string]bool) bool { return names["train.bin"] }

func cifarBatchCount(names map[string]bool) int {
	n := 0
	for name := range names {
		number, ok := strings.CutPrefix(name, "data_batch_")
		if ok && strings.HasSuffix(number, ".bin") {
			n++
		}
	}
	return n
}

// readCIFAR10 expects the training batches to be numbered 1, 2, ... without a gap.
func readCIFAR10(dir string, names map[string]bool, o OpenOptions) (*Dataset, error) {
	layout := cifarLayout{labels: []int{10}, names: "batches.meta.txt", test: "test_batch.bin"}
	for i := range max(1, cifarBatchCount(names)) {
		layout.train = append(layout.train, "data_batch_"+strconv.Itoa(i+1)+".bin")
	}
	return layout.read(dir, names, o)
}

// The values of OpenOptions.Labels, for CIFAR-100.
const (
	LabelsFine   = "fine"   // 100 classes
	LabelsCoarse = "coarse" // 20 groups of them
)

// LabelKinds lists the values of OpenOptions.Labels.
func LabelKinds() []string { return []string{LabelsFine, LabelsCoarse} }

func readCIFAR100(dir string, names map[string]bool, o OpenOptions) (*Dataset, error) {
	layout := cifarLayout{
		labels: []int{20, 100}, counts: 1, names: "fine_label_names.txt", train: []string{"train.bin"}, test: "test.bin",
	}
	if o.Labels == LabelsCoarse {
		layout.counts, layout.names = 0, "coarse_label_names.txt"
	}
	return layout.read(dir, names, o)
}

func (l cifarLayout) read(dir string, names map[string]bool, o OpenOptions) (*Dataset, error) {
	classes, note, err := l.classes(dir, names)
	if err != nil {
		return nil, err
	}
	for _, file := range l.train {
		if !names[file] {
			return nil, badFile(dir, "no file %s, expected training batches numbered from 1 on", file)
		}
	}
	d := &Dataset{}
	if note != "" {
		d.Notes = append(d.Notes, note)
	}
	if d.Train, err = l.readPart(dir, l.train, classes, o.MaxBytes); err != nil {
		return nil, err
	}
	if names[l.test] {
		if d.Test, err = l.readPart(dir, []string{l.test}, classes, o.MaxBytes); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// classes returns the names beside the data, or the numbers of the classes when there are none, and what should be known
// of how the names were read.
func (l cifarLayout) classes(dir string, names map[string]bool) (classes []string, note string, err error) {
	n := l.labels[l.counts]
	if names[l.names] {
		return readNames(filepath.Join(dir, l.names), n)
	}
	classes = make([]string, n)
	for i := range classes {
		classes[i] = strconv.Itoa(i)
	}
	return classes, "", nil
}

func (l cifarLayout) readPart(dir string, files, classes []string, maxBytes int64) (*Set, error) {
	s := &Set{H: cifarSide, W: cifarSide, C: 3, Classes: classes}
	s.reserve(l.storedRecords(dir, files, maxBytes))
	for _, file := range files {
		err := withSource(filepath.Join(dir, file), func(src *source) error { return l.decode(src, s, maxBytes) })
		if err != nil {
			return nil, err
		}
	}
	return s, nil
}

// storedRecords estimates the number of records from the sizes of the files; a file that cannot be asked counts as
// empty here and fails when it is read.
func (l cifarLayout) storedRecords(dir string, files []string, maxBytes int64) int {
	var size int64
	for _, file := range files {
		if info, err := os.Stat(filepath.Join(dir, file)); err == nil {
			size += info.Size()
		}
	}
	return int(min(size, maxBytes) / int64(len(l.labels)+cifarImage))
}

// reserve makes room for n pictures in an empty set.
func (s *Set) reserve(n int) {
	s.Pix = make([]uint8, 0, n*s.H*s.W*s.C)
	s.Labels = make([]uint16, 0, n)
}

// decode appends the records of src to s. A file of no records is an error.
func (l cifarLayout) decode(src *source, s *Set, maxBytes int64) error {
	record := make([]byte, len(l.labels)+cifarImage)
	for {
		k, err := io.ReadFull(src.r, record)
		switch {
		case errors.Is(err, io.EOF) && src.off > 0:
			return nil
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return src.short(int64(k), int64(len(record)), "a CIFAR record", io.EOF)
		case err != nil:
			return src.short(int64(k), int64(len(record)), "a CIFAR record", err)
		}
		for i, n := range l.labels {
			if int(record[i]) >= n {
				return src.fail(src.off+int64(i), nil, "label %d, expected less than the number of classes, %d", record[i], n)
			}
		}
		if int64(len(s.Pix)) > maxBytes-cifarImage {
			return src.fail(src.off, nil, "another picture, expected at most %d bytes of pixels in all", maxBytes)
		}
		s.Labels = append(s.Labels, uint16(record[l.counts]))
		s.Pix = appendInterleaved(s.Pix, record[len(l.labels):])
		src.off += int64(len(record))
	}
}

// appendInterleaved appends a picture stored as three planes, [C][H][W], as [H][W][C].
func appendInterleaved(dst, planes []uint8) []uint8 {
	red, green, blue := planes[:cifarPlane], planes[cifarPlane:2*cifarPlane], planes[2*cifarPlane:]
	for i := range cifarPlane {
		dst = append(dst, red[i], green[i], blue[i])
	}
	return dst
}
