package data

import (
	"fmt"
	"slices"
	"strings"
)

// Words in the names of arrays that hold pictures, and labels, as data sets and people call them: MedMNIST (train_images,
// train_labels), Keras (x_train, y_train), scikit-learn (data, target). The part stands before or behind, or nowhere.
var (
	pictureArrays = []string{"images", "x", "data", "imgs", "image"}
	labelArrays   = []string{"labels", "y", "target", "targets", "label"}
)

// arrayPair is the pictures and the labels of a part, by the names of their arrays; "" if there are none.
type arrayPair struct{ pictures, labels string }

// readArrayName tells what an array of a name in lower case holds: of which part (training, if it says none), pictures or
// labels, and what stands before that, such as the name of the data set. known is false of others.
func readArrayName(name string) (set, part string, pictures, known bool) {
	words := strings.FieldsFunc(name, func(c rune) bool { return strings.ContainsRune("_-. ", c) })
	if len(words) == 3 {
		set, words = words[0], words[1:]
	}
	kind := -1
	for i, w := range words {
		switch {
		case slices.Contains(pictureArrays, w) || slices.Contains(labelArrays, w):
			kind = i
		case roleOf(w) != "":
			part = roleOf(w)
		default:
			return "", "", false, false
		}
	}
	if kind < 0 || len(words) > 2 || len(words) == 2 && part == "" {
		return "", "", false, false
	}
	if part == "" {
		part = "train"
	}
	return set, part, slices.Contains(pictureArrays, words[kind]), true
}

// pairArrays finds pictures with labels among the names of arrays, by part. An array without the
// other is an error, unless it holds pictures of a test part, and so are two of a kind. Arrays that are not used are noted.
func pairArrays(path string, files map[string]array) (pairs map[string]arrayPair, notes []string, err error) {
	sets := map[string]map[string]arrayPair{} // by what stands before, and part
	var unused []string
	for _, name := range sortedKeys(files) {
		set, part, pictures, known := readArrayName(name)
		if !known {
			unused = append(unused, files[name].name)
			continue
		}
		if sets[set] == nil {
			sets[set] = map[string]arrayPair{}
		}
		p := sets[set][part]
		of := &p.labels
		if pictures {
			of = &p.pictures
		}
		if *of != "" {
			return nil, nil, badFile(path, "an array %s beside others of the same part, such as %s, expected one pair", name, *of)
		}
		*of = name
		sets[set][part] = p
	}
	if len(sets) > 1 {
		return nil, nil, badFile(path, "arrays of several sets, called %q before their parts, expected those of one", sortedKeys(sets))
	}
	for _, pairs = range sets { // the only one
	}
	for _, part := range partNames {
		p, found := pairs[part]
		switch {
		case !found || p.pictures != "" && p.labels != "":
		case part == "test" && p.pictures != "" && pairs["train"].labels != "":
			notes = append(notes, fmt.Sprintf("%s has no labels beside it and is not used", files[p.pictures].name))
			delete(pairs, part)
		default:
			return nil, nil, badFile(path, "one of the arrays of the %s part, %s, and no other, expected both, such as %[2]s and %s", part, p.pictures+p.labels, p.other())
		}
	}
	if pairs["train"].pictures == "" {
		names := sortedKeys(files)
		return nil, nil, badFile(path, "arrays %q, expected train_images and train_labels, or x_train and y_train", names[:min(len(names), 12)])
	}
	if len(unused) > 0 {
		notes = append(notes, fmt.Sprintf("arrays %q are not used", unused[:min(len(unused), 12)]))
	}
	return pairs, notes, nil
}

// other returns what the array that is missing would be called.
func (p arrayPair) other() string {
	from, to, name := pictureArrays, labelArrays, p.pictures
	if p.pictures == "" {
		from, to, name = labelArrays, pictureArrays, p.labels
	}
	words := strings.FieldsFunc(name, func(c rune) bool { return strings.ContainsRune("_-. ", c) })
	for _, w := range words {
		if at := slices.Index(from, w); at >= 0 {
			return strings.Replace(name, w, to[at], 1)
		}
	}
	return to[0]
}
