package data

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// cifarPickles are the files of CIFAR as Python has them, one pickle each: a dictionary of data, a
// row of 3072 bytes for each picture, a red, a green and a blue plane, and of labels.
type cifarPickles struct {
	train  []string
	test   string
	meta   string // with the names of classes; it may be missing
	labels string
	names  string
	n      int // classes
}

// maxPickle bounds a pickle, in bytes: the largest of CIFAR has 155 million.
const maxPickle = 1 << 28

func isCIFAR10Python(names map[string]bool) bool { return names["data_batch_1"] }

func isCIFAR100Python(names map[string]bool) bool {
	return names["train"] && names["test"] && names["meta"]
}

func readCIFAR10Python(dir string, names map[string]bool, o OpenOptions) (*Dataset, error) {
	c := cifarPickles{test: "test_batch", meta: "batches.meta", labels: "labels", names: "label_names", n: 10}
	const batches = 9
	for i := 1; i <= batches; i++ {
		file := "data_batch_" + strconv.Itoa(i)
		if names[file] && len(c.train) < i-1 {
			return nil, badFile(dir, "a file %s and none called data_batch_%d, expected training batches numbered from 1 on", file, i-1)
		}
		if names[file] {
			c.train = append(c.train, file)
		}
	}
	return c.read(dir, names, o)
}

func readCIFAR100Python(dir string, names map[string]bool, o OpenOptions) (*Dataset, error) {
	c := cifarPickles{train: []string{"train"}, test: "test", meta: "meta", labels: "fine_labels", names: "fine_label_names", n: 100}
	if o.Labels == LabelsCoarse {
		c.labels, c.names, c.n = "coarse_labels", "coarse_label_names", 20
	}
	return c.read(dir, names, o)
}

func (c cifarPickles) read(dir string, names map[string]bool, o OpenOptions) (*Dataset, error) {
	classes := make([]string, c.n)
	for i := range classes {
		classes[i] = strconv.Itoa(i)
	}
	if names[c.meta] {
		if err := c.readNames(filepath.Join(dir, c.meta), classes); err != nil {
			return nil, err
		}
	}
	d := &Dataset{Train: &Set{H: cifarSide, W: cifarSide, C: 3, Classes: classes}}
	for _, file := range c.train {
		if err := c.readBatch(filepath.Join(dir, file), d.Train, o.MaxBytes); err != nil {
			return nil, err
		}
	}
	if names[c.test] {
		d.Test = &Set{H: cifarSide, W: cifarSide, C: 3, Classes: classes}
		if err := c.readBatch(filepath.Join(dir, c.test), d.Test, o.MaxBytes); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// readPickledDict reads a file that holds a dictionary.
func readPickledDict(path string) (pickledDict, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	defer f.Close()
	var text strings.Builder
	n, err := io.Copy(&text, io.LimitReader(f, maxPickle+1))
	if err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	if n > maxPickle {
		return nil, badFile(path, "more than %d bytes, expected a batch of CIFAR", maxPickle)
	}
	v, err := unpickle(text.String())
	if err != nil {
		return nil, &FormatError{File: path, Offset: NoOffset, Problem: "no pickle that can be read, expected a batch of CIFAR, or use its binary version", Err: err}
	}
	d, ok := v.(pickledDict)
	if !ok {
		return nil, badFile(path, "a pickle that is no dictionary, expected one of CIFAR")
	}
	return d, nil
}

// readNames reads the names of the classes.
func (c cifarPickles) readNames(path string, classes []string) error {
	d, err := readPickledDict(path)
	if err != nil {
		return err
	}
	list, ok := d[c.names].(*pickledList)
	if !ok || len(list.items) != c.n {
		return badFile(path, "no list %s of %d names", c.names, c.n)
	}
	for i, v := range list.items {
		name, err := shortText(v)
		if err != nil || name == "" {
			return badFile(path, "%s has no name in place %d, expected one", c.names, i)
		}
		classes[i] = className(name)
	}
	return nil
}

// readBatch appends the pictures of a file.
func (c cifarPickles) readBatch(path string, s *Set, maxBytes int64) error {
	d, err := readPickledDict(path)
	if err != nil {
		return err
	}
	a, ok := d["data"].(*pickledArray)
	if !ok || a.kind != "u1" || a.fortran || len(a.shape) != 2 || a.shape[1] != int64(cifarImage) {
		return badFile(path, "no array data of N x %d bytes, expected one of uint8", cifarImage)
	}
	n, _ := a.shape[0].(int64)
	labels, ok := d[c.labels].(*pickledList)
	if !ok || n < 1 || int64(len(labels.items)) != n {
		return badFile(path, "no list %s of as many labels as data has pictures, expected one", c.labels)
	}
	if n > (maxBytes-int64(len(s.Pix)))/cifarImage {
		return badFile(path, "%d pictures, expected at most %d bytes of pixels in all", n, maxBytes)
	}
	pix, err := a.content(int(n) * cifarImage)
	if err != nil {
		return &FormatError{File: path, Offset: NoOffset, Problem: "data cannot be used", Err: err}
	}
	for i, v := range labels.items {
		label, ok := v.(int64)
		if !ok || label < 0 || label >= int64(c.n) {
			return badFile(path, "label %d (%T) of picture %d, expected a number from 0 to %d", label, v, i, c.n-1)
		}
		s.Labels = append(s.Labels, uint16(label))
		s.Pix = appendInterleaved(s.Pix, pix[i*cifarImage:][:cifarImage])
	}
	return nil
}
