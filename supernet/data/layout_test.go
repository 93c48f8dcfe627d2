package data

import (
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// Data sets are found as archives unpack them, and what was found is told.
func TestLayouts(t *testing.T) {
	p := pngOf(t, 4, 4, plainColor(1, 1, 1))
	for _, c := range []struct {
		files  []string
		layout string
		counts [3]int // train, val, test
	}{
		{[]string{"a/1.png", "b/1.png"}, "CLASS", [3]int{2, 0, 0}},
		{[]string{"pets/a/1.png", "pets/b/1.png", "LICENSE"}, "pets/CLASS", [3]int{2, 0, 0}},
		{[]string{"x/y/train/a/1.png", "x/y/test/a/1.png"}, "x/y/train/CLASS, test x/y/test/CLASS", [3]int{1, 0, 1}},
		{[]string{"train/a/1.png", "train/b/1.png", "val/b/1.png"}, "train/CLASS, validation val/CLASS", [3]int{2, 1, 0}},
		{[]string{"Training/a/1.png", "Testing/a/1.png", "valid/a/1.png", "valid/a/2.png"}, "Training/CLASS, validation valid/CLASS, test Testing/CLASS", [3]int{1, 2, 1}},
		{[]string{"seg_train/seg_train/a/1.png", "seg_test/seg_test/a/1.png"}, "seg_train/seg_train/CLASS, test seg_test/seg_test/CLASS", [3]int{1, 0, 1}},
		{[]string{"a/1.png", "a/thumbs.db", "a/Desktop.ini", "b/1.png", "__MACOSX/a/._1.png", "a/._1.png", "b/@eaDir/1.png", "b/.ipynb_checkpoints/1.png"}, "CLASS", [3]int{2, 0, 0}},
		{[]string{"a/1.png", "a/1.png~", "a/1.png_original", "a/1.png:Zone.Identifier", "a/IMG_1.AAE", "a/Icon\r", "b/1.png", "b/Thumbs.db:encryptable", "b/~$x.docx", "b/Picasa.ini", "__pycache__/x.pyc"}, "CLASS", [3]int{2, 0, 0}},
		{[]string{"art~/1.png", "art_original/1.png"}, "CLASS", [3]int{2, 0, 0}}, // folders may be called so
		{[]string{"bus/1.png", "train/1.png", "test/1.png"}, "CLASS", [3]int{3, 0, 0}},
		{[]string{"a/1.jfif", "a/2.JPE", "a/picture", "b/3.webp"}, "CLASS", [3]int{4, 0, 0}},
	} {
		files := map[string][]byte{}
		for _, name := range c.files {
			files[name] = p
		}
		d, err := Open(tree(t, files), OpenOptions{})
		if err != nil {
			t.Errorf("%q: %v", c.files, err)
			continue
		}
		n := func(s *Set) int {
			if s == nil {
				return 0
			}
			return s.Len()
		}
		if got := [3]int{n(d.Train), n(d.Val), n(d.Test)}; got != c.counts || d.Layout != c.layout {
			t.Errorf("%q: %v pictures, layout %q; want %v and %q", c.files, got, d.Layout, c.counts, c.layout)
		}
	}
}

// Folders may be called as patterns are.
func TestLayoutInFoldersCalledLikePatterns(t *testing.T) {
	p := pngOf(t, 4, 4, plainColor(1, 1, 1))
	dir := tree(t, map[string][]byte{"set [1]*/a/1.png": p, "set [1]*/b/1.png": p})
	for _, at := range []string{dir, filepath.Join(dir, "set [1]*")} {
		if d, err := Open(at, OpenOptions{}); err != nil || !slices.Equal(d.Train.Classes, []string{"a", "b"}) {
			t.Errorf("%s: %v", at, err)
		}
	}
}

// Tiny ImageNet is read as it is: pictures one folder deeper, validation labels in a list,
// a test part without labels that is not used, and said.
func TestTinyImageNet(t *testing.T) {
	p := pngOf(t, 4, 4, plainColor(1, 1, 1))
	files := map[string][]byte{
		"train/n01/images/n01_0.JPEG": p, "train/n01/n01_boxes.txt": []byte("n01_0.JPEG 0 0 9 9"),
		"train/n02/images/n02_0.JPEG": p, "train/n02/images/n02_1.JPEG": p,
		"val/images/val_0.JPEG": p, "val/images/val_1.JPEG": p, "val/val_annotations.txt": []byte("val_0.JPEG\tn02\t0\t0\t9\t9\nval_1.JPEG\tn01\t1\t1\t3\t3\n"),
		"test/images/test_0.JPEG": p, "wnids.txt": nil, "words.txt": nil,
	}
	d, err := Open(tree(t, files), OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if d.Train.Len() != 3 || d.Val == nil || !slices.Equal(d.Val.Labels, []uint16{1, 0}) || d.Test != nil || len(d.Notes) != 1 || !strings.Contains(d.Notes[0], "without labels") {
		t.Errorf("%d training pictures, validation %v, test %v, notes %q", d.Train.Len(), d.Val, d.Test, d.Notes)
	}
	files["val/val_annotations.txt"] = []byte("val_0.JPEG\tn03\n")
	if _, err := Open(tree(t, files), OpenOptions{}); err == nil || !strings.Contains(err.Error(), "val_annotations.txt") {
		t.Errorf("a class that there is not: %v", err)
	}
}

// A class is the same however its accents are spelt, as letters of their own (a Mac's
// archives) or not; names that are not UTF-8 are read as Latin-1. Two spellings of one name
// are refused.
func TestClassNamesAreNormalised(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("names need not be UTF-8 on Linux only")
	}
	p := pngOf(t, 4, 4, plainColor(1, 1, 1))
	d, err := Open(tree(t, map[string][]byte{"train/cafe\u0301/1.png": p, "train/th\xe9/1.png": p, "test/caf\u00e9/1.png": p}), OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(d.Train.Classes, []string{"caf\u00e9", "th\u00e9"}) || d.Test.Len() != 1 || d.Test.Labels[0] != 0 {
		t.Errorf("classes %q, test %v", d.Train.Classes, d.Test.Labels)
	}
	if _, err := Open(tree(t, map[string][]byte{"cafe\u0301/1.png": p, "caf\u00e9/1.png": p}), OpenOptions{}); err == nil || !strings.Contains(err.Error(), "two folders called") {
		t.Errorf("a class in two spellings: %v", err)
	}
}
