package data

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func jpegOf(t *testing.T, h, w int, c color.Color) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.Set(x, y, c)
		}
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, m, &jpeg.Options{Quality: 100}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestOpenFolder(t *testing.T) {
	ramp := func(y, x int) color.NRGBA { return color.NRGBA{uint8(10 * y), uint8(20 * x), 7, 255} }
	dir := tree(t, map[string][]byte{
		"dog/b.png":     pngOf(t, 2, 3, plainColor(1, 2, 3)),
		"dog/a.PNG":     pngOf(t, 2, 3, ramp),
		"cat/z.jpeg":    jpegOf(t, 2, 3, color.Gray{90}),
		"cat/.DS_Store": nil,
		".git/x":        nil,
		"readme.txt":    nil,
	})
	d, err := Open(dir, OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	want := &Set{H: 2, W: 3, C: 3, Labels: []uint16{0, 1, 1}, Pix: slices.Concat(
		bytes.Repeat([]byte{90}, 18),
		[]byte{0, 0, 7, 0, 20, 7, 0, 40, 7, 10, 0, 7, 10, 20, 7, 10, 40, 7},
		bytes.Repeat([]byte{1, 2, 3}, 6),
	)}
	sameSet(t, "train", d.Train, want)
	if d.Test != nil || d.Format != "folder" || !slices.Equal(d.Train.Classes, []string{"cat", "dog"}) {
		t.Errorf("test %v, format %s, classes %q", d.Test, d.Format, d.Train.Classes)
	}
}

func TestOpenFolderWithParts(t *testing.T) {
	dir := tree(t, map[string][]byte{
		"train/a/1.png": pngOf(t, 9, 5, plainColor(200, 200, 200)),
		"train/b/1.png": pngOf(t, 4, 4, plainColor(100, 100, 100)),
		"test/b/1.png":  pngOf(t, 1, 1, plainColor(50, 50, 50)),
	})
	d, err := Open(dir, OpenOptions{Size: 4, Gray: true})
	if err != nil {
		t.Fatal(err)
	}
	sameSet(t, "train", d.Train, &Set{H: 4, W: 4, C: 1, Labels: []uint16{0, 1}, Pix: slices.Concat(
		bytes.Repeat([]byte{200}, 16), bytes.Repeat([]byte{100}, 16))})
	sameSet(t, "test", d.Test, &Set{H: 4, W: 4, C: 1, Labels: []uint16{1}, Pix: bytes.Repeat([]byte{50}, 16)})
}

// Classes may be called train and test: only folders in train make it a part.
func TestOpenFolderClassNamedTrain(t *testing.T) {
	p := pngOf(t, 2, 2, plainColor(1, 1, 1))
	d, err := Open(tree(t, map[string][]byte{"train/1.png": p, "bus/1.png": p}), OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(d.Train.Classes, []string{"bus", "train"}) {
		t.Errorf("classes %q, want bus and train", d.Train.Classes)
	}
}

func TestOpenFolderLinks(t *testing.T) {
	dir := tree(t, map[string][]byte{"a/1.png": pngOf(t, 2, 2, plainColor(1, 1, 1))})
	other := tree(t, map[string][]byte{"1.png": pngOf(t, 2, 2, plainColor(2, 2, 2))})
	if err := os.Symlink(other, filepath.Join(dir, "b")); err != nil {
		t.Skip(err)
	}
	d, err := Open(dir, OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if d.Train.Len() != 2 || d.Train.Image(1)[0] != 2 {
		t.Errorf("%d pictures, want 2, the second behind a link", d.Train.Len())
	}
}

func TestOpenFolderErrors(t *testing.T) {
	good := pngOf(t, 4, 6, plainColor(1, 2, 3))
	for _, c := range []struct {
		what  string
		files map[string][]byte
		blame string
		text  string
	}{
		{"mixed sizes", map[string][]byte{"a/1.png": good, "b/2.png": pngOf(t, 6, 4, plainColor(1, 1, 1))}, "2.png", "6x4 pixels, expected 4x6"},
		{"truncated", map[string][]byte{"a/1.png": good, "a/2.png": good[:len(good)-20]}, "2.png", "unexpected EOF"},
		{"not a picture", map[string][]byte{"a/1.png": good, "b/2.jpg": []byte("hello")}, "2.jpg", "expected a PNG, JPEG"},
		{"empty picture", map[string][]byte{"a/1.png": nil}, "1.png", "expected a PNG, JPEG"},
		{"stray file", map[string][]byte{"a/1.png": good, "a/notes.txt": nil}, "notes.txt", "expected only PNG"},
		{"folder in a class", map[string][]byte{"a/1.png": good, "a/more/2.png": good}, "more", "expected pictures only"},
		{"empty class", map[string][]byte{"a/1.png": good, "b/.keep": nil}, "b", "an empty folder"},
		{"new class in test", map[string][]byte{"train/a/1.png": good, "test/z/1.png": good}, "z", "does not have"},
		{"fourth part", map[string][]byte{"train/a/1.png": good, "val/a/1.png": good, "extra/a/1.png": good}, "extra", "expected only parts"},
		{"two parts of one role", map[string][]byte{"train/a/1.png": good, "Training/a/1.png": good}, "train", "a train part beside Training"},
		{"parts without classes", map[string][]byte{"train/1.png": good, "test/2.png": good}, "001", "a folder of pictures for each class"},
		{"no training part", map[string][]byte{"val/a/1.png": good, "test/a/2.png": good}, "001", "none called train"},
		{"large", map[string][]byte{"a/1.png": pngOf(t, 20, 225, plainColor(1, 1, 1))}, "1.png", "expected --size"},
		{"bomb", map[string][]byte{"a/1.png": good, "a/2.png": claim(good, 8000, 8000)}, "2.png", "8000x8000 pixels in"},
		{"giant", map[string][]byte{"a/1.png": claim(good, 100000, 100000)}, "1.png", "expected 1 to 67108864"},
	} {
		t.Run(c.what, func(t *testing.T) {
			_, err := Open(tree(t, c.files), OpenOptions{})
			wantFault(t, err, c.blame, NoOffset, c.text)
		})
	}
	_, err := Open(tree(t, map[string][]byte{"a/1.png": good, "a/2.png": good}), OpenOptions{MaxBytes: 143})
	wantFault(t, err, "1.png", NoOffset, "expected at most 143 bytes")
}

// Of several bad pictures, the first by name is reported, however many goroutines read.
func TestOpenFolderReportsFirstError(t *testing.T) {
	files := map[string][]byte{}
	for i := range 60 {
		files[fmt.Sprintf("a/%02d.png", i)] = pngOf(t, 3, 3, plainColor(1, 1, 1))
		if i >= 41 {
			files[fmt.Sprintf("a/%02d.png", i)] = []byte("bad")
		}
	}
	dir := tree(t, files)
	for range 20 {
		_, err := Open(dir, OpenOptions{})
		wantFault(t, err, "41.png", NoOffset, "expected a PNG, JPEG")
	}
}
