package data

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Roles of folders beside each other, by the names that data sets give them.
var roles = []struct {
	name  string
	words []string
}{
	{"train", []string{"train", "training", "seg_train", "trainset", "trainingset", "traindata", "trainimages", "trainingimages"}},
	{"val", []string{"val", "valid", "validation", "dev", "seg_val", "valset", "validset", "validationset", "valdata", "valimages", "validate"}},
	{"test", []string{"test", "test1", "testing", "seg_test", "testset", "testingset", "testdata", "testimages"}},
}

// roleOf returns which part of a data set a folder of that name holds; "" for others.
func roleOf(name string) string {
	for _, r := range roles {
		if lower := strings.ToLower(name); slices.Contains(r.words, lower) || slices.Contains(r.words, plainer.Replace(lower)) {
			return r.name
		}
	}
	return ""
}

// layout is where the parts of a data set in folders are; each holds a folder per class.
// val and test are "" where there is none.
type layout struct {
	train, val, test string
	flat             map[string]string // folders of parts without folders of classes in them, by role
	unused           []string          // folders beside them without pictures of known classes, and why they are not used
}

// describe tells a person what was found.
func (l layout) describe(dir string) string {
	name := func(path string) string {
		rel, err := filepath.Rel(dir, path)
		if err != nil || rel == "." {
			return "CLASS"
		}
		return filepath.ToSlash(filepath.Join(rel, "CLASS"))
	}
	text := name(l.train)
	if l.val != "" {
		text += ", validation " + name(l.val)
	}
	if l.test != "" {
		text += ", test " + name(l.test)
	}
	return text
}

// beside are the folders in a folder: those called as parts, by role, and the others.
type beside struct {
	dir    string
	found  map[string]string // name by role
	inner  map[string]string // path by role, of the folder of classes, or of the only folder in it
	split  int               // how many of them have folders
	others []string
}

// findBeside looks at the folders in dir.
func findBeside(dir string) (b beside, err error) {
	folders, err := subfolders(dir)
	if err != nil {
		return b, err
	}
	b = beside{dir: dir, found: map[string]string{}, inner: map[string]string{}}
	for _, name := range folders {
		role := roleOf(name)
		if role == "" {
			b.others = append(b.others, name)
			continue
		}
		if first, twice := b.found[role]; twice {
			return b, badFile(filepath.Join(dir, name), "a %s part beside %s, expected one", role, first)
		}
		b.found[role] = name
		path, err := unwrapped(filepath.Join(dir, name))
		if err != nil {
			return b, err
		}
		classes, err := subfolders(path)
		if err != nil {
			return b, err
		}
		if b.inner[role] = path; len(classes) > 0 {
			b.split++
		}
	}
	return b, nil
}

// findLayout looks for the folders of classes under dir: in it or one folder deeper, all
// together or in parts.
func findLayout(dir string) (layout, error) {
	dir, err := unwrapped(dir)
	if err != nil {
		return layout{}, err
	}
	b, err := findBeside(dir)
	if err != nil {
		return layout{}, err
	}
	switch {
	case b.split == 0 && len(b.others) > 0: // classes, of which one may be called train
		return layout{train: dir}, drawn(dir, b.others)
	case b.split == 0 && len(b.found) > 1:
		return layout{}, badFile(dir, "folders %s with no folders in them, expected a folder of pictures for each class in each",
			quoted(b.found))
	case b.split == 0:
		return layout{train: dir}, nil
	case b.found["train"] == "":
		return layout{}, badFile(dir, "folders %s and none called train, expected one", quoted(b.found))
	}
	return b.layout()
}

// layout returns that of parts beside each other, of which one is for training.
func (b beside) layout() (layout, error) {
	l := layout{train: b.inner["train"], flat: map[string]string{}}
	for _, name := range b.others {
		why, err := needless(filepath.Join(b.dir, name))
		if err != nil {
			return layout{}, err
		}
		if why == "" {
			return layout{}, badFile(filepath.Join(b.dir, name), "a folder beside %s, expected only parts called train, val and test there", b.found["train"])
		}
		l.unused = append(l.unused, why)
	}
	for _, role := range partNames {
		if b.found[role] == "" {
			continue
		}
		classes, err := subfolders(b.inner[role])
		switch {
		case err != nil:
			return layout{}, err
		case len(classes) > 0:
		case role == "train":
			return layout{}, badFile(filepath.Join(b.dir, b.found[role]), "no folders, expected one with pictures for each class")
		case isFile(filepath.Join(b.dir, b.found[role], tinyLabels)):
			return layout{}, badFile(filepath.Join(b.dir, b.found[role], tinyLabels), "a list without a folder %s beside it", tinyImages)
		default:
			l.flat[role] = b.inner[role]
			b.inner[role] = ""
		}
	}
	l.val, l.test = b.inner["val"], b.inner["test"]
	return l, nil
}

// Words for pictures, and for what is drawn or noted of each, in the names of folders that data
// sets for other tasks have beside each other.
var (
	pictureWords = []string{"image", "images", "imgs", "jpegimages", "pictures", "photos"}
	drawnWords   = []string{"mask", "masks", "label", "labels", "annotation", "annotations", "segmentation", "segmentations", "groundtruth", "gt", "trimaps", "bboxes"}
)

// drawn returns an error where folders are no classes, but pictures and what is drawn of them.
func drawn(dir string, folders []string) error {
	called := func(words []string) int {
		return slices.IndexFunc(folders, func(name string) bool { return slices.Contains(words, plainer.Replace(strings.ToLower(name))) })
	}
	if p, d := called(pictureWords), called(drawnWords); p >= 0 && d >= 0 {
		return badFile(dir, "folders %s and %s, pictures and what is drawn of each, expected a folder of pictures for each class", folders[p], folders[d])
	}
	return nil
}

// partsInside returns the parts that every class folder in dir holds, and nothing else, by path: a
// layout such as cat/train, cat/test, dog/train, dog/test. It is nil for others.
func partsInside(dir string, classes []string) (parts []map[string]string, err error) {
	for _, class := range classes {
		path := filepath.Join(dir, class)
		folders, err := subfolders(path)
		if err != nil {
			return nil, err
		}
		in := map[string]string{}
		for _, name := range folders {
			if role := roleOf(name); role != "" {
				in[role] = filepath.Join(path, name)
			}
		}
		if in["train"] == "" || len(in) < len(folders) || hasPictures(path) {
			return nil, nil
		}
		parts = append(parts, in)
	}
	return parts, nil
}

// unknownWords are what folders of pictures without labels are called.
var unknownWords = []string{"unknown", "unlabeled", "unlabelled", "nolabel", "images", "image", "imgs", "pictures", "data", "all", "files"}

// namesNoClass reports whether a folder in a part is called as those of pictures without
// labels are.
func namesNoClass(name string) bool {
	return roleOf(name) != "" || slices.Contains(unknownWords, plainer.Replace(strings.ToLower(name)))
}

// sampleWords are what folders are called that repeat a few pictures of others.
var sampleWords = []string{"sample", "samples", "trainingsample", "trainsample", "example", "examples"}

// needless says why a folder beside the parts of a data set may be left out: it has no
// folders, so that nothing says what classes its pictures are of, or repeats others. It is
// empty for other folders.
func needless(dir string) (why string, err error) {
	if slices.Contains(sampleWords, plainer.Replace(strings.ToLower(filepath.Base(dir)))) {
		return fmt.Sprintf("%s is called a sample and is not used", dir), nil
	}
	inner, err := unwrapped(dir)
	if err != nil {
		return "", err
	}
	folders, err := subfolders(inner)
	if err != nil || len(folders) > 1 {
		return "", err
	}
	if len(folders) == 1 { // seg_pred/seg_pred
		if deeper, err := subfolders(filepath.Join(inner, folders[0])); err != nil || len(deeper) > 0 || !strings.EqualFold(folders[0], filepath.Base(inner)) && !strings.EqualFold(folders[0], tinyImages) {
			return "", err
		}
	}
	return fmt.Sprintf("%s has no folders of classes and is not used", dir), nil
}

func quoted(names map[string]string) string {
	var list []string
	for _, name := range names {
		list = append(list, name)
	}
	slices.Sort(list)
	return strings.Join(list, " and ")
}

// deepest bounds how many folders are looked into that hold nothing but one folder.
const deepest = 4

// unwrapped returns the folder itself or, where it holds one folder and no files, and that
// one folders again, as unpacked archives do, that one.
func unwrapped(dir string) (string, error) {
	for range deepest {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return "", fmt.Errorf("data: %w", err)
		}
		var only string
		for _, e := range entries {
			if isClutter(e.Name()) {
				continue
			}
			folder, err := isFolder(dir, e)
			if err != nil {
				return "", err
			}
			if !folder && !isPictureName(e.Name()) {
				continue // a licence or a readme
			}
			if !folder || only != "" {
				return dir, nil
			}
			only = e.Name()
		}
		if only == "" || roleOf(only) == "train" && roleOf(filepath.Base(dir)) != "train" {
			return dir, nil
		}
		inner := filepath.Join(dir, only)
		folders, err := subfolders(inner)
		if err != nil {
			return "", err
		}
		if len(folders) == 0 || hasPictures(inner) {
			return dir, nil // a class
		}
		dir = inner
	}
	return dir, nil
}
