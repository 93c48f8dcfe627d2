package data

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// npyOf writes an array as NumPy does.
func npyOf(descr, shape string, values []byte) []byte {
	head := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", descr, shape)
	head += strings.Repeat(" ", 63-(10+len(head))%64) + "\n"
	b := append([]byte("\x93NUMPY\x01\x00"), binary.LittleEndian.AppendUint16(nil, uint16(len(head)))...)
	return append(append(b, head...), values...)
}

func npzWith(t *testing.T, arrays map[string][]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, a := range arrays {
		w, err := z.Create(name + ".npy")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(a); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// NumPy archives of MedMNIST and of Keras are read, labels counted from 0 or 1, of any
// integer type.
func TestOpenNPZ(t *testing.T) {
	wide := func(order binary.AppendByteOrder, labels ...uint64) (b []byte) {
		for _, l := range labels {
			b = order.AppendUint64(b, l)
		}
		return b
	}
	med := npzWith(t, map[string][]byte{
		"train_images": npyOf("|u1", "3, 1, 2, 3", []byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18}), "train_labels": npyOf("|u1", "3, 1", []byte{0, 2, 1}),
		"val_images": npyOf("|u1", "1, 1, 2, 3", []byte{9, 9, 9, 9, 9, 9}), "val_labels": npyOf("|u1", "1, 1", []byte{2}),
		"test_images": npyOf("|u1", "1, 1, 2, 3", []byte{8, 8, 8, 8, 8, 8}), "test_labels": npyOf("|u1", "1, 1", []byte{0}),
	})
	d, err := Open(tree(t, map[string][]byte{"med.npz": med}), OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if d.Format != "npz" || !slices.Equal(d.Train.Labels, []uint16{0, 2, 1}) || d.Train.C != 3 || d.Val.Len() != 1 || d.Test.Image(0)[0] != 8 || !slices.Equal(d.Train.Classes, []string{"0", "1", "2"}) {
		t.Errorf("%s: %+v, %+v, %+v", d.Format, d.Train, d.Val, d.Test)
	}
	keras := npzWith(t, map[string][]byte{
		"x_train": npyOf("|u1", "2, 2, 2", []byte{1, 2, 3, 4, 5, 6, 7, 8}), "y_train": npyOf("<i8", "2,", wide(binary.LittleEndian, 1, 2)),
		"x_test": npyOf("|u1", "1, 2, 2", []byte{1, 1, 1, 1}), "y_test": npyOf(">u8", "1,", wide(binary.BigEndian, 2)),
	})
	path := filepath.Join(tree(t, map[string][]byte{"k.npz": keras, "other.txt": nil}), "k.npz")
	if d, err = Open(path, OpenOptions{}); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(d.Train.Classes, []string{"1", "2"}) || !slices.Equal(d.Train.Labels, []uint16{0, 1}) || d.Test.Labels[0] != 1 || d.Train.H != 2 || d.Train.C != 1 {
		t.Errorf("%+v, %+v", d.Train, d.Test)
	}
	good := map[string][]byte{"x_train": npyOf("|u1", "2, 2, 2", make([]byte, 8)), "y_train": npyOf("|u1", "2,", []byte{0, 1})}
	for name, change := range map[string]map[string][]byte{
		"one of the arrays": {"y_train": nil},
		"float":             {"x_train": npyOf("<c8", "1, 1, 1", make([]byte, 8))},
		"N x H x W":         {"x_train": npyOf("|u1", "8", make([]byte, 8))},
		"unexpected EOF":    {"x_train": npyOf("|u1", "2, 20, 20", make([]byte, 8))},
		"at most":           {"x_train": npyOf("|u1", "2000000000, 2000000000, 20", make([]byte, 8))},
		"one label for":     {"y_train": npyOf("|u1", "3,", []byte{0, 1, 0})},
		"plain array":       {"y_train": []byte("\x93NUMPY\x01\x00\x05\x00{'a'}")},
		"no array":          {"y_train": []byte("hello, world")},
		"expected train":    {"x_train": nil, "y_train": nil, "z": npyOf("|u1", "1,", []byte{0})},
	} {
		arrays := map[string][]byte{}
		for k, v := range good {
			arrays[k] = v
		}
		for k, v := range change {
			if arrays[k] = v; v == nil {
				delete(arrays, k)
			}
		}
		if name == "float" {
			name = "type c8"
		}
		if _, err := Open(tree(t, map[string][]byte{"a.npz": npzWith(t, arrays)}), OpenOptions{}); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// An array that claims a picture of many values costs no more than what there is of it.
func TestClaimedArraysAreNotBelieved(t *testing.T) {
	dir := tree(t, map[string][]byte{"x_train.npy": npyOf("<f8", "2, 4000, 4000, 3", make([]byte, 800)), "y_train.npy": npyOf("|S4000", "2,", nil)})
	var err error
	if got := spent(func() { _, err = Open(dir, OpenOptions{}) }); err == nil || !strings.Contains(err.Error(), "row 0 of 2: unexpected EOF") || got > 4<<20 {
		t.Errorf("%d bytes allocated, %v", got, err)
	}
}

// FuzzNPZ reads any archive without panic.
func FuzzNPZ(f *testing.F) {
	f.Add(npyOf("|u1", "2, 2, 2", make([]byte, 8)), npyOf("<i2", "2,", []byte{0, 0, 1, 0}))
	f.Add([]byte("\x93NUMPY\x02\x00\xff\xff\xff\xff"), []byte{})
	f.Add(npyOf(">f2", "2, 3, 1, 2", make([]byte, 24)), npyOf("<U2", "2, 1", []byte("a\x00\x00\x00b\x00\x00\x00c\x00\x00\x00\x00\x00\x00\x00")))
	f.Add(npyOf("|b1", "2, 16", make([]byte, 32)), npyOf("<f8", "2, 2", make([]byte, 32)))
	f.Fuzz(func(t *testing.T, x, y []byte) {
		path := filepath.Join(tree(t, map[string][]byte{"a.npz": npzWith(t, map[string][]byte{"x_train": x, "y_train": y})}), "a.npz")
		if d, err := Open(path, OpenOptions{MaxBytes: 1 << 20}); err == nil {
			if err := d.Train.Validate(); err != nil {
				t.Error(err)
			}
		}
	})
}

// Arrays may be files of their own; a test part without labels is passed over.
func TestOpenNPYFolder(t *testing.T) {
	x, y := npyOf("|u1", "4, 2, 2", []byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}), npyOf("|u1", "4,", []byte{0, 1, 1, 0})
	for _, files := range []map[string][]byte{
		{"X_train.npy": x, "y_train.npy": y, "x_test.npy": x, "y_test.npy": y},
		{"train_images.npy": x, "train_labels.npy": y, "test_images.npy": x},
		{"images.npy": x, "labels.npy": y},
		{"X.npy": x, "y.npy": y},
	} {
		d, err := Open(tree(t, files), OpenOptions{})
		if err != nil {
			t.Errorf("%d files: %v", len(files), err)
			continue
		}
		if d.Format != "npy" || d.Train.Len() != 4 || d.Train.Image(2)[1] != 9 || d.Train.Labels[2] != 1 || (d.Test != nil) != (len(files) == 4) || (len(d.Notes) > 0) != (len(files) == 3) {
			t.Errorf("%d files: %s of %d pictures, notes %q", len(files), d.Format, d.Train.Len(), d.Notes)
		}
	}
	for want, files := range map[string]map[string][]byte{
		"expected both":        {"x_train.npy": x},
		"beside others":        {"x_train.npy": x, "y_train.npy": y, "x.npy": x, "y.npy": y},
		"expected train_image": {"pictures.npy": x},
	} {
		if _, err := Open(tree(t, files), OpenOptions{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v; want %q", err, want)
		}
	}
}
