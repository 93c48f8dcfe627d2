package data

import (
	"slices"
	"strings"
	"testing"
)

// EMNIST is read as it is named, turned upright, and its classes are called as its mapping
// says.
func TestOpenEMNIST(t *testing.T) {
	train, test := randomSet(6, 3, 3, 1, 3), randomSet(3, 3, 3, 1, 3)
	for i := range train.Labels {
		train.Labels[i]++ // letters count from 1
	}
	for i := range test.Labels {
		test.Labels[i]++
	}
	files := map[string][]byte{"emnist-letters-mapping.txt": []byte("1 65 97\r\n2 66 98\n3 67 99\n")}
	var plain [4][]byte
	plain[0], plain[1] = idxOf(train)
	plain[2], plain[3] = idxOf(test)
	for i, name := range []string{"train-images-idx3", "train-labels-idx1", "test-images-idx3", "test-labels-idx1"} {
		files["emnist-letters-"+name+"-ubyte.gz"] = zipped(t, plain[i])
	}
	d, err := Open(tree(t, files), OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(d.Train.Classes, []string{"A", "B", "C"}) || d.Test.Len() != 3 || d.Train.Labels[4] != 1 || d.Test.Labels[2] != 2 || !strings.Contains(d.Layout, "upright") {
		t.Errorf("classes %q, %d test pictures, labels %v, layout %q", d.Train.Classes, d.Test.Len(), d.Train.Labels, d.Layout)
	}
	for i := range train.Len() {
		for y := range 3 {
			for x := range 3 {
				if d.Train.Image(i)[3*y+x] != train.Image(i)[3*x+y] {
					t.Fatalf("picture %d is not turned", i)
				}
			}
		}
	}
	if !d.Train.Written() {
		t.Error("letters may be mirrored")
	}
	delete(files, "emnist-letters-mapping.txt")
	if d, err := Open(tree(t, files), OpenOptions{}); err != nil || !slices.Equal(d.Train.Classes, []string{"1", "2", "3"}) {
		t.Errorf("without a mapping: %v", err)
	}
	files["emnist-letters-mapping.txt"] = []byte("1 65\n3 66\n")
	if _, err := Open(tree(t, files), OpenOptions{}); err == nil || !strings.Contains(err.Error(), "label 3 in line 2") {
		t.Errorf("a mapping with a gap: %v", err)
	}
	files["emnist-digits-train-images-idx3-ubyte"] = plain[0]
	if _, err := Open(tree(t, files), OpenOptions{}); err == nil || !strings.Contains(err.Error(), "IDX files of 2 sets") {
		t.Errorf("two sets: %v", err)
	}
}

// CIFAR-100 has two labels a picture; which counts is chosen. Other formats have one.
func TestCoarseLabels(t *testing.T) {
	s := randomSet(4, 32, 32, 3, 4)
	files := map[string][]byte{"train.bin": cifarOf(s, 17), "coarse_label_names.txt": []byte(strings.Repeat("group\n", 20))}
	for kind, want := range map[string]uint16{"": 3, LabelsFine: 3, LabelsCoarse: 17} {
		d, err := Open(tree(t, files), OpenOptions{Labels: kind})
		if err != nil || d.Train.Labels[3] != want || (len(d.Train.Classes) == 20) != (kind == LabelsCoarse) {
			t.Errorf("%q: %v", kind, err)
		}
	}
	if _, err := Open(tree(t, files), OpenOptions{Labels: "medium"}); err == nil {
		t.Error("medium labels are accepted")
	}
	if _, err := Open(named(t, "a/1.png", "b/1.png"), OpenOptions{Labels: LabelsCoarse}); err == nil || !strings.Contains(err.Error(), "CIFAR-100") {
		t.Errorf("coarse labels of folders: %v", err)
	}
	if _, err := Open(tree(t, map[string][]byte{"data_batch_1": nil, "batches.meta": nil}), OpenOptions{}); err == nil || !strings.Contains(err.Error(), "binary version") {
		t.Errorf("CIFAR for Python: %v", err)
	}
}
