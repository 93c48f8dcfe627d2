package data

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// A csv file beside pictures tells their classes, where folders do not.
func TestOpenList(t *testing.T) {
	p := func(v uint8) []byte { return pngOf(t, 2, 2, plainColor(v, v, v)) }
	for name, c := range map[string]struct {
		list    string
		folder  string
		classes []string
	}{
		"labels.csv":     {"file,label\na.png,dog\nb.png,cat\nc.png,dog\n", "", []string{"cat", "dog"}},
		"train.csv":      {"\ufeffsplit,Image_ID,Species\r\nx,a,10\r\nx,b,9\r\nx,c,10\r\n", "train/", []string{"9", "10"}},
		"no head.csv":    {"img/a.png,1\nimg/b.png,0\nimg/c.png,1\n", "img/", []string{"0", "1"}},
		"semicolons.csv": {"path;class\n\"img/deep/a.png\";dog\nb;cat\nc;dog\nnone.png;cat\n", "img/deep/", []string{"cat", "dog"}},
	} {
		files := map[string][]byte{name: []byte(c.list), "readme.txt": nil}
		for i, f := range []string{"a", "b", "c"} {
			files[c.folder+f+".png"] = p(uint8(10 * i))
		}
		d, err := Open(tree(t, files), OpenOptions{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if d.Format != "list" || !slices.Equal(d.Train.Classes, c.classes) || !slices.Equal(d.Train.Labels, []uint16{1, 0, 1}) || d.Train.Image(1)[0] != 10 {
			t.Errorf("%s: %s of %q, labels %v", name, d.Format, d.Train.Classes, d.Train.Labels)
		}
		if noted := len(d.Notes) == 1 && strings.Contains(d.Notes[0], "1 of 4 files"); noted != (name == "semicolons.csv") {
			t.Errorf("%s: notes %q", name, d.Notes)
		}
	}
	mixed := map[string][]byte{"labels.csv": []byte("id,label\n0,1a\n1,10\n2,9\n3,10\n")}
	for i := range 4 { // the test part has the same names
		mixed[fmt.Sprintf("train/%d.png", i)], mixed[fmt.Sprintf("test/%d.png", i)] = p(uint8(10*i)), p(200)
	}
	d, err := Open(tree(t, mixed), OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(d.Train.Classes, []string{"10", "1a", "9"}) || !slices.Equal(d.Train.Labels, []uint16{1, 0, 2, 0}) || d.Train.Image(3)[0] != 30 {
		t.Errorf("classes %q, labels %v", d.Train.Classes, d.Train.Labels)
	}
	for want, list := range map[string]string{"twice": "file,label\na.png,x\na,y\n", "none is there": "file,label\nz.png,dog\n", "no lines": "file,label\n", "line 2 has no": "file,label\na.png\n", "UTF-16": "\xff\xfef\x00"} {
		if _, err := Open(tree(t, map[string][]byte{"l.csv": []byte(list), "a.png": p(1)}), OpenOptions{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; want %q", list, err, want)
		}
	}
	d, err = Open(tree(t, map[string][]byte{"cat/a.png": p(1), "dog/b.png": p(2), "notes.csv": []byte("a,b\n")}), OpenOptions{})
	if err != nil || d.Format != "folder" {
		t.Errorf("a csv file beside class folders: %v", err)
	}
}
