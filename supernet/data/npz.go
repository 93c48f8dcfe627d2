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

// npzOf returns the archive that path is, the only one that the folder path holds, or that folder, if it holds several; ""
// for others.
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
			return path
		}
		found = filepath.Join(path, e.Name())
	}
	return found
}

// readNPZ reads a NumPy archive: pictures as readPictures has them, labels as readLabels has them. In a folder
// of several archives each holds one array, which is called as its file is (kmnist-train-imgs.npz).
func readNPZ(_, path string, o OpenOptions) (*Dataset, error) {
	archives := []string{path}
	if !isFile(path) {
		entries, err := os.ReadDir(path)
		if err != nil {
			return nil, fmt.Errorf("data: %w", err)
		}
		archives = nil
		for _, e := range entries {
			if !isClutter(e.Name()) && strings.EqualFold(filepath.Ext(e.Name()), ".npz") {
				archives = append(archives, filepath.Join(path, e.Name()))
			}
		}
	}
	files := map[string]array{}
	for _, archive := range archives {
		z, err := zip.OpenReader(archive)
		if err != nil {
			return nil, &FormatError{File: archive, Offset: NoOffset, Problem: "unreadable, expected a NumPy archive", Err: err}
		}
		defer z.Close()
		if len(archives) > 1 && len(z.File) != 1 {
			return nil, badFile(archive, "%d arrays in one of several archives, expected one in each, or one archive", len(z.File))
		}
		for _, f := range z.File {
			name := strings.TrimSuffix(f.Name, ".npy")
			if len(archives) > 1 {
				name = stem(archive)
			}
			files[strings.ToLower(name)] = array{name, f.Open}
		}
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

// readArrays reads the arrays of a data set among files, by their names in lower case.
func readArrays(path string, files map[string]array, o OpenOptions) (*Dataset, error) {
	pairs, notes, err := pairArrays(path, files)
	if err != nil {
		return nil, err
	}
	b := arrayReader{d: &Dataset{Notes: notes}, maxBytes: o.MaxBytes}
	for i, to := range []**Set{&b.d.Train, &b.d.Val, &b.d.Test} {
		p, found := pairs[partNames[i]]
		if !found {
			continue
		}
		s, err := b.part(files[p.pictures], files[p.labels])
		if err != nil {
			return nil, &FormatError{File: path, Offset: NoOffset, Problem: fmt.Sprintf("arrays %s and %s cannot be used", p.pictures, p.labels), Err: err}
		}
		if t := b.d.Train; t != nil && (s.H != t.H || s.W != t.W || s.C != t.C) {
			return nil, badFile(path, "pictures of %dx%dx%d in %s, expected %dx%dx%d as in the training part", s.H, s.W, s.C, p.pictures, t.H, t.W, t.C)
		}
		*to = s
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
