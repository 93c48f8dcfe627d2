package data

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

const cifar10Names = "airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n"

func TestOpenCIFAR10(t *testing.T) {
	train, test := randomSet(7, 32, 32, 3, 10), randomSet(3, 32, 32, 3, 10)
	dir := tree(t, map[string][]byte{
		"data_batch_1.bin": cifarOf(train.Subset([]int{0, 1, 2, 3})),
		"data_batch_2.bin": cifarOf(train.Subset([]int{4, 5, 6})),
		"test_batch.bin":   cifarOf(test),
		"batches.meta.txt": []byte(cifar10Names),
		"readme.html":      nil,
	})
	d, err := Open(dir, OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	sameSet(t, "train", d.Train, train)
	sameSet(t, "test", d.Test, test)
	if d.Format != "cifar10" || d.Train.Classes[9] != "truck" || d.Name != base(dir) {
		t.Errorf("format %s, name %s, classes %q", d.Format, d.Name, d.Train.Classes)
	}
}

func TestOpenCIFAR100(t *testing.T) {
	train := randomSet(4, 32, 32, 3, 26)
	train.Labels = []uint16{99, 0, 7, 42}
	d, err := Open(tree(t, map[string][]byte{"train.bin": cifarOf(train, 19)}), OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	sameSet(t, "train", d.Train, train)
	if d.Test != nil || d.Format != "cifar100" || len(d.Train.Classes) != 100 || d.Train.Classes[99] != "99" {
		t.Errorf("format %s, test %v, %d classes", d.Format, d.Test, len(d.Train.Classes))
	}
}

func TestOpenCIFARErrors(t *testing.T) {
	s := randomSet(2, 32, 32, 3, 2)
	ten, hundred := cifarOf(s), cifarOf(s, 0)
	with := func(b []byte, off int, v byte) []byte {
		c := bytes.Clone(b)
		c[off] = v
		return c
	}
	for _, c := range []struct {
		what  string
		files map[string][]byte
		blame string
		off   int64
		text  string
	}{
		{"empty", map[string][]byte{"data_batch_1.bin": nil}, "data_batch_1.bin", 0, "expected 3073 more bytes"},
		{"truncated", map[string][]byte{"data_batch_1.bin": ten[:4000]}, "data_batch_1.bin", 4000, "expected 2146 more bytes of a CIFAR record"},
		{"trailing", map[string][]byte{"data_batch_1.bin": ten, "test_batch.bin": append(bytes.Clone(ten), 1)}, "test_batch.bin", 6147, "expected 3072 more bytes"},
		{"label", map[string][]byte{"data_batch_1.bin": with(ten, 3073, 10)}, "data_batch_1.bin", 3073, "label 10, expected less than the number of classes, 10"},
		{"coarse label", map[string][]byte{"train.bin": with(hundred, 3074, 20)}, "train.bin", 3074, "classes, 20"},
		{"fine label", map[string][]byte{"train.bin": with(hundred, 3075, 100)}, "train.bin", 3075, "classes, 100"},
		{"gap", map[string][]byte{"data_batch_1.bin": ten, "data_batch_3.bin": ten}, "", -1, "no file data_batch_2.bin"},
		{"only test", map[string][]byte{"test_batch.bin": ten}, "", -1, "no file data_batch_1.bin"},
		{"names", map[string][]byte{"data_batch_1.bin": ten, "batches.meta.txt": []byte("a\nb\n")}, "batches.meta.txt", -1, "2 class names, expected 10"},
	} {
		t.Run(c.what, func(t *testing.T) {
			dir := tree(t, c.files)
			_, err := Open(dir, OpenOptions{})
			if c.blame == "" {
				c.blame = base(dir)
			}
			wantFault(t, err, c.blame, c.off, c.text)
		})
	}
	_, err := Open(tree(t, map[string][]byte{"data_batch_1.bin": ten}), OpenOptions{MaxBytes: 5000})
	wantFault(t, err, "data_batch_1.bin", 3073, "expected at most 5000 bytes")
}

func TestOpenErrors(t *testing.T) {
	cifar := cifarOf(randomSet(2, 32, 32, 3, 2))
	both := tree(t, map[string][]byte{"data_batch_1.bin": cifar, "train-images-idx3-ubyte": nil})
	_, err := Open(both, OpenOptions{})
	wantFault(t, err, base(both), NoOffset, "several formats (idx, cifar10)")
	empty := t.TempDir()
	_, err = Open(empty, OpenOptions{})
	wantFault(t, err, base(empty), NoOffset, "no data set, expected IDX")
	one := tree(t, map[string][]byte{"data_batch_1.bin": cifar})
	_, err = Open(one, OpenOptions{Size: 28})
	wantFault(t, err, base(one), NoOffset, "size 28 is asked for")
	_, err = Open(one, OpenOptions{Gray: true})
	wantFault(t, err, base(one), NoOffset, "grey is asked for")
	if _, err := Open(one, OpenOptions{Size: 32}); err != nil {
		t.Errorf("the size that it has: %v", err)
	}
	_, err = Open(one, OpenOptions{Size: -1, MaxBytes: -1})
	if err == nil || !strings.Contains(err.Error(), "size is -1") || !strings.Contains(err.Error(), "limit is -1") {
		t.Errorf("got %v, want both fields named", err)
	}
	if _, err := Open(one+"/none", OpenOptions{}); err == nil || !strings.Contains(err.Error(), "none") {
		t.Errorf("missing directory: got %v", err)
	}
}

// Whatever the bytes: no panic, and what is accepted is the input, read back.
func FuzzCIFAR(f *testing.F) {
	ten := cifarOf(randomSet(2, 32, 32, 3, 2))
	f.Add(ten, false)
	f.Add(ten[:3074], true)
	f.Add(cifarOf(randomSet(1, 32, 32, 3, 1), 3), true)
	f.Fuzz(func(t *testing.T, b []byte, hundred bool) {
		layout := cifarLayout{labels: []int{10}}
		if hundred {
			layout.labels, layout.counts = []int{20, 100}, 1
		}
		s := &Set{H: cifarSide, W: cifarSide, C: 3, Classes: make([]string, 100)}
		if layout.decode(&source{name: "batch", r: bytes.NewReader(b)}, s, 1<<30) != nil {
			return
		}
		if err := s.Validate(); err != nil {
			t.Fatal(err)
		}
		var back []byte
		for i := range s.Len() {
			var lead []byte
			if hundred {
				lead = b[i*3074 : i*3074+1]
			}
			back = slices.Concat(back, cifarOf(s.Subset([]int{i}), lead...))
		}
		if !bytes.Equal(back, b) {
			t.Fatalf("accepted input of %d bytes does not read back", len(b))
		}
	})
}
