package data

import (
	"archive/zip"
	"bytes"
	"strings"
	"testing"
)

// Arrays are known by words for pictures, labels and parts in their names, in either order; others are told of.
func TestNamesOfArrays(t *testing.T) {
	x, y := npyOf("|u1", "4, 2, 2", []byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}), npyOf("|u1", "4,", []byte{0, 1, 1, 0})
	for names, want := range map[string]string{
		"train_x train_y test_x test_y":                 "train test",
		"x_train y_train x_valid y_valid x_test y_test": "train val test",
		"train_data train_labels test_data test_labels": "train test",
		"data labels":                           "train",
		"images targets":                        "train",
		"kmnist-train-imgs kmnist-train-labels": "train",
		"X Y description":                       `train arrays ["description"] are not used`,
		"x_train y_train x_test":                "train x_test has no labels beside it",
		"x_train":                               "such as x_train and y_train",
		"y_train":                               "such as y_train and x_train",
		"a_x_train a_y_train b_x_train b_y_train": `several sets, called ["a" "b"]`,
		"x_train y_train x y":                     "beside others",
		"x_val y_val":                             "expected train_images",
		"x_train y_train images labels":           "beside others",
		"cat dog":                                 "expected train_images",
	} {
		arrays, archives := map[string][]byte{}, map[string][]byte{}
		for _, n := range strings.Fields(names) {
			arrays[n] = x
			if _, _, pictures, known := readArrayName(strings.ToLower(n)); known && !pictures {
				arrays[n] = y
			}
			archives[n+".npz"] = archiveOf(t, arrays[n])
		}
		files := map[string][]byte{}
		for n, a := range arrays {
			files[n+".npy"] = a
		}
		for what, dir := range map[string]string{"one archive": tree(t, map[string][]byte{"a.npz": npzWith(t, arrays)}), "an archive each": tree(t, archives), "files": tree(t, files)} {
			d, err := Open(dir, OpenOptions{})
			got := ""
			if err != nil {
				got = err.Error()
			} else {
				for i, s := range []*Set{d.Train, d.Val, d.Test} {
					if s != nil && s.Len() == 4 && s.Labels[2] == 1 {
						got += " " + partNames[i]
					}
				}
				got = strings.TrimSpace(got + " " + strings.Join(d.Notes, " "))
			}
			got = strings.ReplaceAll(got, ".npy", "")
			if len(arrays) == 1 && what == "an archive each" { // which is one archive of an array that is called arr_0
				continue
			}
			if got != want && (!strings.Contains(want, " ") || !strings.Contains(got, strings.TrimPrefix(want, "train "))) {
				t.Errorf("%s, %s: %q; want %q", names, what, got, want)
			}
		}
	}
}

// archiveOf is what savez of NumPy makes of an array without a name.
func archiveOf(t *testing.T, a []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create("arr_0.npy")
	if err == nil {
		_, err = w.Write(a)
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
