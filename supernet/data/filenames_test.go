package data

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// named writes pictures with these names, the i-th of value i.
func named(t *testing.T, names ...string) string {
	t.Helper()
	files := map[string][]byte{}
	for i, n := range names {
		files[n] = pngOf(t, 2, 2, plainColor(uint8(i), 0, 0))
	}
	return tree(t, files)
}

// Classes that stand in file names are found by a pattern or, where names can be read in one
// way only, without; what was guessed is told.
func TestClassesInFileNames(t *testing.T) {
	for _, c := range []struct {
		pattern string
		names   []string
		classes string
		counts  [3]int
		note    string
	}{
		{"", []string{"cat.0.png", "cat.1.png", "dog.0.png", "dog.1.png"}, "cat dog", [3]int{4, 0, 0}, "classes are guessed"},
		{"", []string{"dog_12.png", "dog_2.png", "cat (1).png", "cat (2).png"}, "cat dog", [3]int{4, 0, 0}, `dog_2.png of "dog"`},
		{"", []string{"cat1.png", "cat2.png", "Dog10.png", "Dog3.png"}, "Dog cat", [3]int{4, 0, 0}, "guessed"},
		{"", []string{"0001_cat.png", "0002_cat.png", "0003_dog.png", "0004_dog.png"}, "cat dog", [3]int{4, 0, 0}, "guessed"},
		{"", []string{"7_0001.png", "7_0002.png", "10_0003.png", "10_4.png"}, "7 10", [3]int{4, 0, 0}, "guessed"},
		{"", []string{"train/cat.0.png", "train/cat.1.png", "train/dog.0.png", "train/dog.1.png", "test1/1.png", "test1/2.png"}, "cat dog", [3]int{4, 0, 0}, "test1 has pictures without labels"},
		{"", []string{"train/train/a1.png", "train/train/a2.png", "train/train/b1.png", "train/train/b2.png", "test/b9.png"}, "a b", [3]int{4, 0, 1}, "guessed"},
		{"", []string{"all/a1.png", "all/a2.png", "all/b1.png", "all/b2.png"}, "a b", [3]int{4, 0, 0}, "guessed"},
		{`^(\d)_`, []string{"7_jackson_0.png", "7_theo_1.png", "3_theo_0.png"}, "3 7", [3]int{3, 0, 0}, ""},
		{`_(?P<label>[a-z]+)_(\d)`, []string{"x/7_jackson_0.png", "y/7_theo_1.png", "x/3_theo_0.png"}, "jackson theo", [3]int{3, 0, 0}, ""},
		{`^(\d)_`, []string{"train/1_a.png", "train/2_b.png", "val/2_c.png", "test/1_d.png", "test/1_e.png"}, "1 2", [3]int{2, 1, 2}, ""},
	} {
		d, err := Open(named(t, c.names...), OpenOptions{LabelPattern: c.pattern})
		if err != nil {
			t.Errorf("%q: %v", c.names, err)
			continue
		}
		var counts [3]int
		for i, s := range []*Set{d.Train, d.Val, d.Test} {
			if s != nil {
				counts[i] = s.Len()
			}
		}
		if got := strings.Join(d.Train.Classes, " "); got != c.classes || counts != c.counts || d.Format != "names" || !strings.Contains(strings.Join(d.Notes, "\n"), c.note) || c.note == "" && len(d.Notes) > 0 {
			t.Errorf("%q: %s of classes %q, %v pictures, notes %q; want %q and %v, a note with %q", c.names, d.Format, got, counts, d.Notes, c.classes, c.counts, c.note)
		}
	}
	d, err := Open(named(t, "b_1.png", "a_1.png", "b_2.png", "a_2.png"), OpenOptions{})
	if err != nil || !slices.Equal(d.Train.Labels, []uint16{0, 0, 1, 1}) || d.Train.Image(0)[0] != 1 || d.Train.Image(2)[0] != 0 {
		t.Errorf("pictures are not in the order of their names: %v", err)
	}
}

// Names that tell nothing, or can be read in several ways, are refused in words.
func TestNamesThatTellNoClass(t *testing.T) {
	for _, c := range []struct {
		pattern, want string
		names         []string
	}{
		{"", "nothing that says their classes", []string{"IMG_0001.png", "IMG_0002.png", "IMG_0003.png"}},
		{"", "nothing that says their classes", []string{"20230101_1.png", "20230101_2.png", "20230102_1.png", "20230102_2.png"}},
		{"", "in several ways, 4 classes such as", []string{"7_jackson_0.png", "7_jackson_1.png", "7_theo_0.png", "7_theo_1.png", "3_theo_0.png", "3_theo_1.png", "3_jackson_0.png", "3_jackson_1.png"}},
		{"", "nothing that says", []string{"cat.png", "dog.png"}},
		{`^(\d)_`, "finds nothing", []string{"7_a.png", "b.png"}},
		{`^(\d)_`, "expected all or none", []string{"train/7_a.png", "train/6_a.png", "test/b.png", "test/6_a.png"}},
		{`^\d_`, "0 groups", []string{"7_a.png"}},
		{`^(\d)_(a)`, "2 groups", []string{"7_a.png"}},
		{`^(`, "no regular expression", []string{"7_a.png"}},
	} {
		_, err := Open(named(t, c.names...), OpenOptions{LabelPattern: c.pattern})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q by %q: %v; want %q", c.names, c.pattern, err, c.want)
		}
	}
}

// Parts whose pictures nothing says the classes of are left out, and said; samples too.
func TestPartsWithoutLabelsAreLeftOut(t *testing.T) {
	base := []string{"train/a/1.png", "train/b/1.png"}
	for _, c := range []struct {
		more   []string
		note   string
		counts [3]int
	}{
		{[]string{"test/1.png", "test/2.png"}, "test has no folders of classes", [3]int{2, 0, 0}},
		{[]string{"test/test/1.png"}, "is no class of the training part", [3]int{2, 0, 0}},
		{[]string{"test/unknown/1.png", "val/b/3.png"}, "is no class of the training part", [3]int{2, 1, 0}},
		{[]string{"pred/pred/1.png", "pred/pred/2.png", "test/a/1.png"}, "pred has no folders of classes", [3]int{2, 0, 1}},
		{[]string{"trainingSample/a/1.png", "trainingSample/b/1.png"}, "called a sample", [3]int{2, 0, 0}},
	} {
		d, err := Open(named(t, append(c.more, base...)...), OpenOptions{})
		if err != nil {
			t.Errorf("%q: %v", c.more, err)
			continue
		}
		var counts [3]int
		for i, s := range []*Set{d.Train, d.Val, d.Test} {
			if s != nil {
				counts[i] = s.Len()
			}
		}
		if counts != c.counts || len(d.Notes) != 1 || !strings.Contains(d.Notes[0], c.note) {
			t.Errorf("%q: %v pictures, notes %q; want %v and %q", c.more, counts, d.Notes, c.counts, c.note)
		}
	}
	for _, more := range [][]string{{"extra/a/1.png", "extra/c/1.png"}, {"test/a/1.png", "test/c/1.png"}} {
		if _, err := Open(named(t, append(more, base...)...), OpenOptions{}); err == nil {
			t.Errorf("%q is accepted", more)
		}
	}
	kaggle := []string{"testSet/testSet/img_1.png"}
	for i := range 10 {
		kaggle = append(kaggle, fmt.Sprintf("trainingSet/trainingSet/%d/img_%d.png", i, i), fmt.Sprintf("trainingSample/trainingSample/%d/img_%d.png", i, i))
	}
	d, err := Open(named(t, kaggle...), OpenOptions{})
	if err != nil || d.Train.Len() != 10 || d.Test != nil || len(d.Notes) != 2 {
		t.Errorf("MNIST as Kaggle has it: %+v, %v", d, err)
	}
}
