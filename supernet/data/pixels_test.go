package data

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// row returns n numbers, v and what follows, each after a comma.
func row(n int, v uint8) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, ",%d", v+uint8(i))
	}
	return b.String()
}

// Csv files with the pixels of a picture in each line are read as pictures.
func TestOpenPixels(t *testing.T) {
	head := "label"
	for i := range 16 {
		head += ",pixel" + strconv.Itoa(i)
	}
	fer := "emotion,pixels,Usage\n"
	for i, use := range []string{"Training", "Training", "PublicTest", "PrivateTest", "PrivateTest"} {
		fer += strconv.Itoa(i%2) + ",\"" + strings.ReplaceAll(row(16, uint8(i))[1:], ",", " ") + "\"," + use + "\n"
	}
	for name, c := range map[string]struct {
		files   map[string]string
		side, c int
		counts  [3]int
		classes string
		note    string
	}{
		"kaggle":  {map[string]string{"train.csv": head + "\n9" + row(16, 0) + "\n10" + row(16, 100) + "\n9" + row(16, 3), "test.csv": head[6:] + "\n" + row(16, 7)[1:], "sample_submission.csv": "ImageId,Label\n1,0\n"}, 4, 1, [3]int{3, 0, 0}, "9 10", "no column of labels"},
		"both":    {map[string]string{"sign_mnist_train.csv": "\ufeff" + head + "\r\n1" + row(16, 0) + "\r\n0" + row(16, 9) + "\r\n", "sign_mnist_test.csv": head + "\n1" + row(16, 5)}, 4, 1, [3]int{2, 0, 1}, "0 1", ""},
		"no head": {map[string]string{"mnist_train.csv": "1" + row(16, 0) + "\n0" + row(16, 100) + "\n", "mnist_test.csv": "0" + row(16, 5) + "\n"}, 4, 1, [3]int{2, 0, 1}, "0 1", ""},
		"colour":  {map[string]string{"hmnist.csv": strings.TrimPrefix(strings.ReplaceAll(row(48, 0), ",", ",p"), ",") + ",label\n" + row(48, 0)[1:] + ",1\n" + row(48, 9)[1:] + ",0\n"}, 4, 3, [3]int{2, 0, 0}, "0 1", ""},
		"index":   {map[string]string{"a.csv": "," + head + "\n0,9" + row(16, 0) + "\n1,8" + row(16, 9) + "\n"}, 4, 1, [3]int{2, 0, 0}, "8 9", ""},
		"text":    {map[string]string{"a.csv": strings.ReplaceAll(head+"\ndog"+row(16, 0)+"\ncat"+row(16, 9)+"\n", ",", ";")}, 4, 1, [3]int{2, 0, 0}, "cat dog", ""},
		"fer":     {map[string]string{"fer2013.csv": fer}, 4, 1, [3]int{2, 1, 2}, "0 1", ""},
	} {
		files := map[string][]byte{}
		for n, text := range c.files {
			files[n] = []byte(text)
		}
		d, err := Open(tree(t, files), OpenOptions{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var counts [3]int
		for i, s := range []*Set{d.Train, d.Val, d.Test} {
			if s != nil {
				if counts[i] = s.Len(); s.Validate() != nil {
					t.Errorf("%s: %v", name, s.Validate())
				}
			}
		}
		if d.Format != "pixels" || d.Train.H != c.side || d.Train.C != c.c || counts != c.counts || strings.Join(d.Train.Classes, " ") != c.classes || !slices.Equal(d.Train.Image(0)[:3], []uint8{0, 1, 2}) || (c.note == "") != (len(d.Notes) == 0) || !strings.Contains(strings.Join(d.Notes, " "), c.note) {
			t.Errorf("%s: %s, %v pictures of %dx%dx%d, classes %q, notes %q", name, d.Format, counts, d.Train.H, d.Train.W, d.Train.C, d.Train.Classes, d.Notes)
		}
	}
	for want, text := range map[string]string{
		"256":                 head + "\n1" + row(15, 0) + ",7\n0" + row(15, 1) + ",256\n",
		"0.5":                 head + "\n1" + row(15, 0) + ",7\n0" + row(15, 1) + ",0.5\n",
		"no label":            head + "\n1" + row(16, 0) + "\n" + row(16, 1) + "\n",
		"wrong number of":     head + "\n1" + row(16, 0) + "\n1" + row(17, 1) + "\n",
		"no column of labels": head[6:] + "\n" + row(16, 0)[1:] + "\n",
	} {
		if _, err := Open(tree(t, map[string][]byte{"train.csv": []byte(text)}), OpenOptions{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v; want %q", err, want)
		}
	}
	two := map[string][]byte{"a.csv": []byte(head + "\n1" + row(16, 0)), "b.csv": []byte(head + "\n1" + row(16, 0))}
	if _, err := Open(tree(t, two), OpenOptions{}); err == nil {
		t.Error("two csv files of pixels without a part in their names are accepted")
	}
}
