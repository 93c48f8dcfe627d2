package data

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Parts may lie in the folders of their classes.
func TestPartsInsideClasses(t *testing.T) {
	p := func(v uint8) []byte { return pngOf(t, 1, 1, plainColor(v, 0, 0)) }
	files := map[string][]byte{
		"cat/Train/1.png": p(1), "cat/test/1.png": p(2), "cat/valid/1.png": p(3),
		"dog/Train/1.png": p(4), "dog/Train/2.png": p(5), "dog/test/1.png": p(6),
	}
	d, err := Open(tree(t, files), OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range []struct {
		set         *Set
		red, labels []int
	}{{d.Train, []int{1, 4, 5}, []int{0, 1, 1}}, {d.Val, []int{3}, []int{0}}, {d.Test, []int{2, 6}, []int{0, 1}}} {
		var red, labels []int
		for n := range c.set.Len() {
			red, labels = append(red, int(c.set.Image(n)[0])), append(labels, int(c.set.Labels[n]))
		}
		if !slices.Equal(red, c.red) || !slices.Equal(labels, c.labels) {
			t.Errorf("part %d: pictures %v of %v; want %v of %v", i, red, labels, c.red, c.labels)
		}
	}
	if !slices.Equal(d.Train.Classes, []string{"cat", "dog"}) || d.Layout != "CLASS/train, CLASS/val, CLASS/test" {
		t.Errorf("classes %q, layout %q", d.Train.Classes, d.Layout)
	}
	files["dog/3.png"] = p(7)
	if _, err := Open(tree(t, files), OpenOptions{}); err == nil || !strings.Contains(err.Error(), "a folder in a class folder") {
		t.Errorf("a class with pictures beside parts: %v", err)
	}
}

// What is no data set is refused by what it is; files that are no pictures are left out where bad
// ones are.
func TestWhatIsNoDataSet(t *testing.T) {
	p := pngOf(t, 1, 1, plainColor(0, 0, 0))
	for _, c := range []struct {
		files      map[string][]byte
		give, want string
	}{
		{map[string][]byte{"pets.zip": []byte("PK\x03\x04")}, "pets.zip", "a ZIP archive"},
		{map[string][]byte{"pets.zip": []byte("PK\x03\x04"), "readme.txt": []byte("hi")}, "", "pets.zip, a ZIP archive"},
		{map[string][]byte{"pets.tar.gz": []byte("\x1f\x8b\x08\x00")}, "", "pets.tar.gz, a gzip archive"},
		{map[string][]byte{"train_32x32.mat": []byte("MATLAB 5.0 MAT-file")}, "", "train_32x32.mat, a MATLAB file"},
		{map[string][]byte{"a.tfrecord": []byte("\x10\x00")}, "", "a.tfrecord, a TFRecord file"},
		{map[string][]byte{"1.png": p, "2.png": p, "labels.xlsx": []byte("PK\x03\x04"), "readme.txt": nil}, "", "labels.xlsx is not read"},
		{map[string][]byte{"train/1.png": p, "train/2.png": p, "train/metadata.jsonl": []byte("{}"), "test/3.png": p}, "", "metadata.jsonl is not read"},
		{map[string][]byte{"x.png": p}, "x.png", "a picture, expected the folder"},
		{map[string][]byte{"images/1.png": p, "masks/1.png": p}, "", "pictures and what is drawn of each"},
		{map[string][]byte{"JPEGImages/1.png": p, "Annotations/1.xml": nil}, "", "pictures and what is drawn of each"},
	} {
		_, err := Open(filepath.Join(tree(t, c.files), c.give), OpenOptions{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v; want %q", err, c.want)
		}
	}
	dir := tree(t, map[string][]byte{"a/1.png": p, "a/notes.json": []byte("{}"), "b/1.png": p})
	if d, err := Open(dir, OpenOptions{SkipBad: true}); err != nil || d.Train.Len() != 2 || !strings.Contains(strings.Join(d.Notes, " "), "notes.json") {
		t.Errorf("a file that is no picture, left out: %v", err)
	}
}

// Links to folders of pictures elsewhere are followed, those that lead in circles are not, and
// those that lead nowhere are named.
func TestLinks(t *testing.T) {
	dir := tree(t, map[string][]byte{"l.csv": []byte("file,label\npics/1.png,x\n2.png,y\n")})
	elsewhere := tree(t, map[string][]byte{"1.png": pngOf(t, 1, 1, plainColor(1, 0, 0)), "2.png": pngOf(t, 1, 1, plainColor(2, 0, 0))})
	if err := os.Symlink(elsewhere, filepath.Join(dir, "pics")); err != nil {
		t.Skip(err)
	}
	circle := tree(t, map[string][]byte{"l.csv": []byte("file,label\n1.png,x\n"), "1.png": pngOf(t, 1, 1, plainColor(1, 0, 0))})
	if err := os.Symlink(".", filepath.Join(circle, "again")); err != nil {
		t.Fatal(err)
	}
	if d, err := Open(circle, OpenOptions{}); err != nil || d.Train.Len() != 1 {
		t.Errorf("a link in a circle: %v", err)
	}
	link := filepath.Join(t.TempDir(), "set")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	d, err := Open(link, OpenOptions{})
	if err != nil || d.Train.Len() != 2 || d.Train.Image(1)[0] != 2 {
		t.Errorf("a list with linked pictures: %v", err)
	}
	broken := tree(t, map[string][]byte{"a/1.png": pngOf(t, 1, 1, plainColor(1, 0, 0))})
	if err := os.Symlink("/nowhere/x.png", filepath.Join(broken, "a", "x.png")); err != nil {
		t.Fatal(err)
	}
	_, err = Open(broken, OpenOptions{})
	wantFault(t, err, "x.png", NoOffset, "a link that leads nowhere")
}
