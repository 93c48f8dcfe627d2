package data

import (
	"archive/zip"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// The arrays of a NumPy archive, by the names that data sets give them: those of MedMNIST,
// those of Keras, and pairs without parts, such as that of scikit-learn.
var npzNames = []struct{ part, pictures, labels string }{
	{"train", "train_images", "train_labels"},
	{"val", "val_images", "val_labels"},
	{"test", "test_images", "test_labels"},
	{"train", "x_train", "y_train"},
	{"val", "x_val", "y_val"},
	{"test", "x_test", "y_test"},
	{"train", "images", "labels"},
	{"train", "x", "y"},
	{"train", "data", "target"},
}

// npzOf returns the archive that path is, or the only one that the folder path holds; "" for
// others.
func npzOf(path string) string {
	if strings.EqualFold(filepath.Ext(path), ".npz") && isFile(path) {
		return path
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return ""
	}
	found := ""
	for _, e := range entries {
		if isClutter(e.Name()) || !strings.EqualFold(filepath.Ext(e.Name()), ".npz") {
			continue
		}
		if found != "" {
			return ""
		}
		found = filepath.Join(path, e.Name())
	}
	return found
}

// readNPZ reads a NumPy archive: pictures as readPictures has them, labels as readLabels has them.
func readNPZ(_, path string, o OpenOptions) (*Dataset, error) {
	z, err := zip.OpenReader(path)
	if err != nil {
		return nil, &FormatError{File: path, Offset: NoOffset, Problem: "unreadable, expected a NumPy archive", Err: err}
	}
	defer z.Close()
	files := map[string]array{}
	for _, f := range z.File {
		files[strings.ToLower(strings.TrimSuffix(f.Name, ".npy"))] = array{f.Name, f.Open}
	}
	return readArrays(path, files, o)
}

// npyFolderOf returns the folder that dir is, if it holds arrays of NumPy and no folders; "" for
// others.
func npyFolderOf(dir string) string {
	entries, err := os.ReadDir(dir)
	if err != nil || !slices.ContainsFunc(entries, func(e os.DirEntry) bool { return isNPY(e.Name()) }) {
		return ""
	}
	if folders, err := subfolders(dir); err != nil || len(folders) > 0 {
		return ""
	}
	return dir
}

func isNPY(name string) bool {
	return !isClutter(name) && strings.EqualFold(filepath.Ext(name), ".npy")
}

// readNPYFolder reads arrays that are files of their own, x_train.npy, y_train.npy and so on, as
// readNPZ reads those of an archive.
func readNPYFolder(_, dir string, o OpenOptions) (*Dataset, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	files := map[string]array{}
	for _, e := range entries {
		if name := e.Name(); isNPY(name) {
			path := filepath.Join(dir, name)
			files[strings.ToLower(name[:len(name)-len(".npy")])] = array{name, func() (io.ReadCloser, error) { return os.Open(path) }}
		}
	}
	return readArrays(dir, files, o)
}

// pairing is which arrays of npzNames there are.
type pairing struct {
	pairs []int    // of npzNames, with pictures and labels
	notes []string // pictures of a part that have no labels
}

// pair finds pictures with labels among the names of arrays. An array without the other is an
// error, unless it has found one, or holds pictures of a test part.
func pair(path string, files map[string]array) (p pairing, err error) {
	used := map[string]bool{}
	for i, n := range npzNames {
		if files[n.pictures].open != nil && files[n.labels].open != nil {
			p.pairs = append(p.pairs, i)
			used[n.pictures], used[n.labels] = true, true
		}
	}
	for _, n := range npzNames {
		pictures, labels := files[n.pictures].open != nil, files[n.labels].open != nil
		switch {
		case pictures == labels, used[n.pictures], used[n.labels]:
		case pictures && n.part == "test" && len(p.pairs) > 0:
			p.notes = append(p.notes, fmt.Sprintf("%s has no labels beside it and is not used", files[n.pictures].name))
		default:
			return p, badFile(path, "one of the arrays %s and %s, expected both", n.pictures, n.labels)
		}
	}
	return p, nil
}

// readArrays reads the arrays of npzNames among files, by their names in lower case.
func readArrays(path string, files map[string]array, o OpenOptions) (*Dataset, error) {
	found, err := pair(path, files)
	if err != nil {
		return nil, err
	}
	b := arrayReader{d: &Dataset{Notes: found.notes}, maxBytes: o.MaxBytes}
	for _, i := range found.pairs {
		n := npzNames[i]
		to := map[string]**Set{"train": &b.d.Train, "val": &b.d.Val, "test": &b.d.Test}[n.part]
		switch {
		case n.part != "train" && b.d.Train == nil:
			return nil, badFile(path, "an array %s and no training pictures before it", n.pictures)
		case *to != nil:
			return nil, badFile(path, "an array %s beside others of the same part, expected one pair", n.pictures)
		}
		s, err := b.part(files[n.pictures], files[n.labels])
		if err != nil {
			return nil, &FormatError{File: path, Offset: NoOffset, Problem: fmt.Sprintf("arrays %s and %s cannot be used", n.pictures, n.labels), Err: err}
		}
		if t := b.d.Train; t != nil && (s.H != t.H || s.W != t.W || s.C != t.C) {
			return nil, badFile(path, "pictures of %dx%dx%d in %s, expected %dx%dx%d as in the training part", s.H, s.W, s.C, n.pictures, t.H, t.W, t.C)
		}
		*to = s
	}
	if b.d.Train == nil {
		names := sortedKeys(files)
		return nil, badFile(path, "arrays %q, expected train_images and train_labels, or x_train and y_train", names[:min(len(names), 12)])
	}
	return b.d, nil
}

// arrayReader reads the parts of a data set from arrays.
type arrayReader struct {
	d        *Dataset
	maxBytes int64
	levels   *levels        // of the training part
	classes  []string       // of the training part
	number   map[string]int // of each class
}

// part reads pictures and labels; the first part is that for training.
func (b *arrayReader) part(pictures, labels array) (*Set, error) {
	s, l, shape, err := readPictures(pictures, b.maxBytes, b.levels)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", pictures.name, err)
	}
	texts, err := readLabels(labels, shape.n)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", labels.name, err)
	}
	if b.levels == nil {
		b.levels, b.number = l, map[string]int{}
		rows := make([]listRow, len(texts))
		for i, text := range texts {
			rows[i].label = text
		}
		if b.classes = labelsOf(rows); len(b.classes) > maxClasses {
			return nil, fmt.Errorf("%s: %d different labels; expected at most %d", labels.name, len(b.classes), maxClasses)
		}
		for i, name := range b.classes {
			b.number[name] = i
		}
		b.describe(pictures.name, shape)
	}
	s.Classes, s.Labels = b.classes, make([]uint16, len(texts))
	for i, text := range texts {
		n, known := b.number[text]
		if !known {
			return nil, fmt.Errorf("%s: label %s of picture %d; expected one of the %d of the training part", labels.name, text, i, len(b.classes))
		}
		s.Labels[i] = uint16(n)
	}
	return s, nil
}

// describe tells how the training pictures were read, and whether they use few of 16 bits.
func (b *arrayReader) describe(name string, p pictureArray) {
	order := "N x H x W x C"
	if p.planes {
		order = "N x C x H x W"
	}
	b.d.Layout = fmt.Sprintf("%s, %s, white is %v", name, order, b.levels.high)
	if note := lowRange(int(b.levels.top), 1, 1); b.levels.deep && note != "" {
		b.d.Notes = append(b.d.Notes, note)
	}
}

// sortedKeys returns the names that a map has.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
