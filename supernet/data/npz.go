package data

import (
	"archive/zip"
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// The arrays of a NumPy archive, by the names that data sets give them: those of MedMNIST,
// those of Keras, and pairs without parts.
var npzNames = []struct{ part, pictures, labels string }{
	{"train", "train_images", "train_labels"},
	{"val", "val_images", "val_labels"},
	{"test", "test_images", "test_labels"},
	{"train", "x_train", "y_train"},
	{"val", "x_val", "y_val"},
	{"test", "x_test", "y_test"},
	{"train", "images", "labels"},
	{"train", "x", "y"},
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

// readNPZ reads a NumPy archive: pictures as uint8, N x H x W or N x H x W x 1 or 3, labels
// as integers, N or N x 1, from 0 or 1 on.
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

// array is a file of one array of NumPy.
type array struct {
	name string
	open func() (io.ReadCloser, error) // nil: there is no such array
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

// readArrays reads the arrays of npzNames among files, by their names in lower case.
func readArrays(path string, files map[string]array, o OpenOptions) (*Dataset, error) {
	d := &Dataset{}
	var classes labelling
	for _, n := range npzNames {
		to := map[string]**Set{"train": &d.Train, "val": &d.Val, "test": &d.Test}[n.part]
		pictures, labels := files[n.pictures], files[n.labels]
		switch {
		case pictures.open == nil && labels.open == nil:
			continue
		case labels.open == nil && n.part == "test" && d.Train != nil:
			d.Notes = append(d.Notes, fmt.Sprintf("%s has no labels beside it and is not used", pictures.name))
			continue
		case pictures.open == nil || labels.open == nil:
			return nil, badFile(path, "one of the arrays %s and %s, expected both", n.pictures, n.labels)
		case n.part != "train" && d.Train == nil:
			return nil, badFile(path, "an array %s and no training pictures before it", n.pictures)
		case *to != nil:
			return nil, badFile(path, "an array %s beside others of the same part, expected one pair", n.pictures)
		}
		s, err := npzPart(pictures, labels, &classes, o.MaxBytes)
		if err != nil {
			return nil, &FormatError{File: path, Offset: NoOffset, Problem: fmt.Sprintf("arrays %s and %s cannot be used", n.pictures, n.labels), Err: err}
		}
		if t := d.Train; t != nil && (s.H != t.H || s.W != t.W || s.C != t.C) {
			return nil, badFile(path, "pictures of %dx%dx%d in %s, expected %dx%dx%d as in the training part", s.H, s.W, s.C, n.pictures, t.H, t.W, t.C)
		}
		*to = s
	}
	if d.Train == nil {
		return nil, badFile(path, "arrays %q, expected train_images and train_labels, or x_train and y_train", sortedKeys(files))
	}
	return d, nil
}

// sortedKeys returns the names that a map has.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// npzPart reads pictures and labels.
func npzPart(pictures, labels array, classes *labelling, maxBytes int64) (*Set, error) {
	p, err := readNPY(pictures, maxBytes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", pictures.name, err)
	}
	if len(p.shape) == 3 {
		p.shape = append(p.shape, 1)
	}
	if len(p.shape) != 4 || p.kind != "u1" || p.shape[3] != 1 && p.shape[3] != 3 || slices.Min(p.shape) < 1 || max(p.shape[1], p.shape[2]) > maxSide {
		return nil, fmt.Errorf("%s: type %s and shape %v; expected u1 (uint8) and N x H x W, or that x 1 or 3", pictures.name, p.kind, p.shape)
	}
	l, err := readNPY(labels, maxBytes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", labels.name, err)
	}
	numbers, err := l.integers()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", labels.name, err)
	}
	if len(numbers) != p.shape[0] {
		return nil, fmt.Errorf("%s: shape %v; expected one label for each of %d pictures", labels.name, l.shape, p.shape[0])
	}
	if !classes.known {
		least, most := slices.Min(numbers), slices.Max(numbers)
		if least < 0 || least > 1 || most >= maxClasses {
			return nil, fmt.Errorf("%s: labels from %d to %d; expected them to begin with 0 or 1", labels.name, least, most)
		}
		classes.known, classes.first = true, int(least)
		for c := least; c <= most; c++ {
			classes.names = append(classes.names, strconv.FormatInt(c, 10))
		}
	}
	s := &Set{H: p.shape[1], W: p.shape[2], C: p.shape[3], Classes: classes.names, Pix: p.bytes, Labels: make([]uint16, len(numbers))}
	for i, n := range numbers {
		if n < int64(classes.first) || n-int64(classes.first) >= int64(len(classes.names)) {
			return nil, fmt.Errorf("%s: label %d of picture %d; expected %d to %d as in the training part", labels.name, n, i, classes.first, classes.first+len(classes.names)-1)
		}
		s.Labels[i] = uint16(n - int64(classes.first))
	}
	return s, nil
}

// npy is an array as NumPy writes it.
type npy struct {
	kind  string // such as u1, i8
	order binary.ByteOrder
	shape []int
	bytes []byte
}

// npyHeader is the description before an array.
var npyHeader = regexp.MustCompile(`^\s*\{'descr':\s*'([<>|=])([a-z])([1-8])',\s*'fortran_order':\s*(True|False),\s*'shape':\s*\(([0-9, ]*)\),?\s*\}\s*$`)

// readNPY reads an array of at most so many bytes. Memory grows with what the archive
// holds, not with what it claims.
func readNPY(f array, maxBytes int64) (*npy, error) {
	r, err := f.open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	b := bufio.NewReader(r)
	var head [8]byte
	if _, err := io.ReadFull(b, head[:]); err != nil || string(head[:6]) != "\x93NUMPY" {
		return nil, fmt.Errorf("no array of NumPy (%v)", err)
	}
	size := make([]byte, 2)
	if head[6] >= 2 {
		size = make([]byte, 4)
	}
	if _, err := io.ReadFull(b, size); err != nil {
		return nil, err
	}
	length := int(binary.LittleEndian.Uint16(size))
	if len(size) == 4 {
		length = int(min(binary.LittleEndian.Uint32(size), 1<<16))
	}
	text := make([]byte, length)
	if _, err := io.ReadFull(b, text); err != nil {
		return nil, err
	}
	m := npyHeader.FindStringSubmatch(string(text))
	if m == nil || m[4] == "True" {
		return nil, fmt.Errorf("header %.200q; expected a plain array in C order", text)
	}
	a := &npy{kind: m[2] + m[3], order: binary.LittleEndian}
	if m[1] == ">" {
		a.order = binary.BigEndian
	}
	total := int64(m[3][0] - '0')
	for _, part := range strings.Split(m[5], ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		n, err := strconv.Atoi(part)
		if err != nil || n < 0 || n > math.MaxInt32 || n > 0 && total > maxBytes/int64(n) {
			return nil, fmt.Errorf("shape (%s); expected at most %d bytes in all", m[5], maxBytes)
		}
		total *= int64(n)
		a.shape = append(a.shape, n)
	}
	a.bytes, err = io.ReadAll(io.LimitReader(b, total))
	if err == nil && int64(len(a.bytes)) < total {
		err = io.ErrUnexpectedEOF
	}
	return a, err
}

// integers returns the values of an array of integers.
func (a *npy) integers() ([]int64, error) {
	n := 1
	for _, d := range a.shape {
		n *= d
	}
	if len(a.shape) < 1 || n != a.shape[0] || n == 0 || a.kind[0] != 'u' && a.kind[0] != 'i' {
		return nil, fmt.Errorf("type %s and shape %v; expected integers, N or N x 1", a.kind, a.shape)
	}
	width := len(a.bytes) / n
	out := make([]int64, n)
	for i := range out {
		b := a.bytes[i*width:][:width]
		switch a.kind {
		case "u1":
			out[i] = int64(b[0])
		case "i1":
			out[i] = int64(int8(b[0]))
		case "u2":
			out[i] = int64(a.order.Uint16(b))
		case "i2":
			out[i] = int64(int16(a.order.Uint16(b)))
		case "u4":
			out[i] = int64(a.order.Uint32(b))
		case "i4":
			out[i] = int64(int32(a.order.Uint32(b)))
		case "u8", "i8":
			out[i] = int64(a.order.Uint64(b))
		default:
			return nil, fmt.Errorf("type %s; expected integers", a.kind)
		}
	}
	return out, nil
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
