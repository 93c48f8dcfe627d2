package data

import (
	"bytes"
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// idxTree returns the files of an IDX data set of 5 training and 3 test pictures of 4x3 pixels.
func idxTree() (map[string][]byte, *Set, *Set) {
	train, test := randomSet(5, 4, 3, 1, 3), randomSet(3, 4, 3, 1, 3)
	files := map[string][]byte{}
	files["train-images-idx3-ubyte"], files["train-labels-idx1-ubyte"] = idxOf(train)
	files["t10k-images-idx3-ubyte"], files["t10k-labels-idx1-ubyte"] = idxOf(test)
	return files, train, test
}

func sameSet(t *testing.T, what string, got, want *Set) {
	t.Helper()
	if got == nil {
		t.Fatalf("%s: nil", what)
	}
	if err := got.Validate(); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	if got.H != want.H || got.W != want.W || got.C != want.C {
		t.Fatalf("%s: %dx%dx%d, want %dx%dx%d", what, got.H, got.W, got.C, want.H, want.W, want.C)
	}
	if !bytes.Equal(got.Pix, want.Pix) || !slices.Equal(got.Labels, want.Labels) {
		t.Fatalf("%s: pixels or labels differ", what)
	}
}

func TestOpenIDX(t *testing.T) {
	plain, train, test := idxTree()
	packed := map[string][]byte{}
	for name, content := range plain {
		packed[name+".gz"] = zipped(t, content)
	}
	dotted := map[string][]byte{
		"train-images.idx3-ubyte":   plain["train-images-idx3-ubyte"],
		"train-labels.idx1-ubyte":   plain["train-labels-idx1-ubyte"],
		"t10k-images.idx3-ubyte.gz": packed["t10k-images-idx3-ubyte.gz"],
		"t10k-labels.idx1-ubyte":    plain["t10k-labels-idx1-ubyte"],
	}
	for name, files := range map[string]map[string][]byte{"plain": plain, "gzip": packed, "dotted": dotted} {
		d, err := Open(tree(t, files), OpenOptions{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		sameSet(t, name+" train", d.Train, train)
		sameSet(t, name+" test", d.Test, test)
		if d.Format != "idx" || !slices.Equal(d.Train.Classes, []string{"0", "1", "2"}) {
			t.Errorf("%s: format %s, classes %q", name, d.Format, d.Train.Classes)
		}
	}
}

func TestOpenIDXNamesAndMissingTest(t *testing.T) {
	files, train, _ := idxTree()
	delete(files, "t10k-images-idx3-ubyte")
	delete(files, "t10k-labels-idx1-ubyte")
	files["classes.txt"] = []byte("shirt\r\n\n bag \nboot\nhat")
	d, err := Open(tree(t, files), OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	sameSet(t, "train", d.Train, train)
	if d.Test != nil || !slices.Equal(d.Train.Classes, []string{"shirt", "bag", "boot", "hat"}) {
		t.Errorf("test part %v, classes %q", d.Test, d.Train.Classes)
	}
	files["val-images-idx3-ubyte"], files["val-labels-idx1-ubyte"] = idxOf(train)
	if d, err = Open(tree(t, files), OpenOptions{}); err != nil {
		t.Fatal(err)
	}
	sameSet(t, "validation", d.Val, train)
	files["classes.txt"] = []byte("th\xe9\nbag\nboot\nhat\n")
	if d, err = Open(tree(t, files), OpenOptions{}); err != nil {
		t.Fatal(err)
	}
	if d.Train.Classes[0] != "thé" || len(d.Notes) != 1 || !strings.Contains(d.Notes[0], "classes.txt is not UTF-8") {
		t.Errorf("classes %q, notes %q", d.Train.Classes, d.Notes)
	}
}

func TestOpenIDXErrors(t *testing.T) {
	const somewhere = -2 // a byte, but which one is the decompressor's affair
	const images, labels, testLabels = "train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-labels-idx1-ubyte"
	whole, _, _ := idxTree()
	at := func(name string, off int, b ...byte) []byte { // the file with some bytes replaced
		c := bytes.Clone(whole[name])
		copy(c[off:], b)
		return c
	}
	packed := zipped(t, whole[images])
	torn := bytes.Clone(packed)
	torn[len(torn)-6] ^= 1 // in the checksum
	for _, c := range []struct {
		what, file string
		content    []byte
		blame      string
		off        int64
		text       string
	}{
		{"empty file", images, nil, images, 0, "expected 16 more bytes of the IDX header"},
		{"short header", images, whole[images][:10], images, 10, "expected 6 more bytes"},
		{"truncated pixels", images, whole[images][:70], images, 70, "expected 6 more bytes of pixels"},
		{"trailing bytes", images, append(at(images, 0), 0), images, 76, "expected the end"},
		{"label magic", images, at(images, 3, 1), images, 0, "0x00000801, expected 0x00000803"},
		{"type", images, at(images, 2, 0xd), images, 0, "magic number"},
		{"no pictures", images, at(images, 4, 0, 0, 0, 0), images, 4, "expected at least 1"},
		{"huge count", images, at(images, 4, 0xff, 0xff, 0xff, 0xff), images, 4, "expected at most 4294967296 bytes"},
		{"large count", images, at(images, 4, 0x0f, 0, 0, 0), images, 76, "the file ends"},
		{"huge side", images, at(images, 8, 0xff), images, 8, "sides of 1 to 16384"},
		{"zero side", images, at(images, 12, 0, 0, 0, 0), images, 8, "4x0 pixels"},
		{"count mismatch", labels, idxBytes(idxLabelMagic, []uint32{4}, make([]byte, 4)), labels, 4, "4 labels, expected 5"},
		{"truncated labels", labels, whole[labels][:11], labels, 11, "expected 2 more bytes of labels"},
		{"trailing labels", labels, append(at(labels, 0), 0), labels, 13, "expected the end"},
		{"label with a gap below", labels, at(labels, 9, 200), labels, 9, "label 200, but no picture is of class 3"},
		{"label out of range", testLabels, at(testLabels, 10, 3), testLabels, 10, "label 3, expected less than the number of classes, 3"},
		{"other shape of test part", "t10k-images-idx3-ubyte", at("t10k-images-idx3-ubyte", 8, 0, 0, 0, 3, 0, 0, 0, 4), "t10k-images-idx3-ubyte", 8, "3x4, expected 4x3"},
		{"gzip that is none", images + ".gz", whole[images], images + ".gz", 0, "expected gzip data"},
		{"truncated gzip", images + ".gz", packed[:len(packed)-20], images + ".gz", somewhere, "more bytes of pixels"},
		{"gzip checksum", images + ".gz", torn, images + ".gz", 76, "invalid checksum"},
		{"no labels", labels, nil, "", -1, "beside train-images-idx3-ubyte"},
		{"empty names", "classes.txt", []byte("\n"), "classes.txt", -1, "0 class names"},
		{"long names", "classes.txt", bytes.Repeat([]byte("a"), maxNameBytes+1), "classes.txt", maxNameBytes, "expected the end"},
		{"too few names", "classes.txt", []byte("a\nb"), labels, 10, "label 2, expected less than the number of classes, 2"},
	} {
		t.Run(c.what, func(t *testing.T) {
			files, _, _ := idxTree()
			files[c.file] = c.content
			switch c.what {
			case "gzip that is none", "truncated gzip", "gzip checksum":
				delete(files, images)
			case "no labels":
				delete(files, labels)
			}
			dir := tree(t, files)
			_, err := Open(dir, OpenOptions{})
			if c.blame == "" {
				c.blame = base(dir)
			}
			if fault := (*FormatError)(nil); c.off == somewhere && errors.As(err, &fault) && fault.Offset >= 0 {
				c.off = fault.Offset
			}
			wantFault(t, err, c.blame, c.off, c.text)
		})
	}
}

// A header that claims 3 GiB must not cost memory that the file does not back, packed or not.
func TestIDXClaimCostsNoMemory(t *testing.T) {
	hostile := idxBytes(idxImageMagic, []uint32{3 << 10, 1 << 10, 1 << 10}, make([]byte, 100))
	for name, content := range map[string][]byte{"": hostile, ".gz": zipped(t, hostile)} {
		dir := tree(t, map[string][]byte{"train-images-idx3-ubyte" + name: content, "train-labels-idx1-ubyte": nil})
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Open(dir, OpenOptions{})
		runtime.ReadMemStats(&after)
		wantFault(t, err, "train-images-idx3-ubyte"+name, 116, "the file ends")
		if cost := after.TotalAlloc - before.TotalAlloc; cost > 1<<20 {
			t.Errorf("%q: %d bytes allocated for a file of %d", name, cost, len(content))
		}
	}
}

// A limit below the size of the pictures must be refused before they are read.
func TestOpenIDXLimit(t *testing.T) {
	files, _, _ := idxTree()
	_, err := Open(tree(t, files), OpenOptions{MaxBytes: 59})
	wantFault(t, err, "train-images-idx3-ubyte", 4, "expected at most 59 bytes")
	if _, err := Open(tree(t, files), OpenOptions{MaxBytes: 60}); err != nil {
		t.Errorf("limit of exactly the size: %v", err)
	}
}

// Whatever the bytes: no panic, no memory beyond the input, and what is accepted is the input, read back.
func FuzzIDX(f *testing.F) {
	images, labels := idxOf(randomSet(3, 2, 2, 1, 2))
	f.Add(images, labels)
	f.Add(images[:20], labels)
	f.Add(idxBytes(idxImageMagic, []uint32{1 << 31, 1 << 14, 1 << 14}, nil), labels)
	f.Fuzz(func(t *testing.T, images, labels []byte) {
		var s Set
		src := &source{name: "images", r: bytes.NewReader(images), size: int64(len(images))}
		if decodeIDXImages(src, &s, 1<<30) != nil || src.end() != nil {
			return
		}
		src = &source{name: "labels", r: bytes.NewReader(labels), size: int64(len(labels))}
		if decodeIDXLabels(src, &s, len(s.Pix)/(s.H*s.W), new(labelling)) != nil || src.end() != nil {
			return
		}
		if err := s.Validate(); err != nil {
			t.Fatal(err)
		}
		if i, l := idxOf(&s); !bytes.Equal(i, images) || !bytes.Equal(l, labels) {
			t.Fatalf("accepted input does not read back: %x %x", images, labels)
		}
	})
}

// Class lists may begin with the byte order mark of Windows; UTF-16 is refused in words. IDX
// files may lie in folders of their own names.
func TestOddIDX(t *testing.T) {
	images, labels := idxOf(&Set{H: 1, W: 1, C: 1, Classes: []string{"0", "1"}, Pix: []uint8{1, 2}, Labels: []uint16{0, 1}})
	files := map[string][]byte{
		"train-images-idx3-ubyte/train-images-idx3-ubyte": images, "train-labels-idx1-ubyte/train-labels-idx1-ubyte": labels,
		"classes.txt": []byte("\ufeffcat\r\ndog\r\n"),
	}
	d, err := Open(tree(t, files), OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(d.Train.Classes, []string{"cat", "dog"}) || d.Train.Len() != 2 {
		t.Errorf("%d pictures of %q", d.Train.Len(), d.Train.Classes)
	}
	files["classes.txt"] = []byte("\xff\xfec\x00")
	if _, err := Open(tree(t, files), OpenOptions{}); err == nil || !strings.Contains(err.Error(), "UTF-16") {
		t.Errorf("UTF-16: %v", err)
	}
}

// IDX labels may count from 1, as EMNIST's letters do, with names or without.
func TestIDXLabelsFromOne(t *testing.T) {
	images, labels := idxOf(&Set{H: 1, W: 1, C: 1, Pix: []uint8{1, 2, 3}, Labels: []uint16{1, 3, 2}})
	test, testLabels := idxOf(&Set{H: 1, W: 1, C: 1, Pix: []uint8{9}, Labels: []uint16{3}})
	files := map[string][]byte{"train-images-idx3-ubyte": images, "train-labels-idx1-ubyte": labels, "t10k-images-idx3-ubyte": test, "t10k-labels-idx1-ubyte": testLabels}
	for _, want := range [][]string{{"1", "2", "3"}, {"A", "B", "C"}} {
		if want[0] == "A" {
			files["classes.txt"] = []byte("A\nB\nC\n")
		}
		d, err := Open(tree(t, files), OpenOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(d.Train.Classes, want) || !slices.Equal(d.Train.Labels, []uint16{0, 2, 1}) || d.Test.Labels[0] != 2 {
			t.Errorf("classes %q, labels %v and %v", d.Train.Classes, d.Train.Labels, d.Test.Labels)
		}
	}
}
