package data

import (
	"fmt"
	"io/fs"
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
	unused           []string // folders beside them without pictures of known classes, and why they are not used
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

// findLayout looks for the folders of classes under dir: in it or one folder deeper, all
// together or in parts.
func findLayout(dir string) (layout, error) {
	dir, err := unwrapped(dir)
	if err != nil {
		return layout{}, err
	}
	folders, err := subfolders(dir)
	if err != nil {
		return layout{}, err
	}
	found, others := map[string]string{}, []string(nil)
	for _, name := range folders {
		role := roleOf(name)
		if role == "" {
			others = append(others, name)
			continue
		}
		if first, twice := found[role]; twice {
			return layout{}, badFile(filepath.Join(dir, name), "a %s part beside %s, expected one", role, first)
		}
		found[role] = name
	}
	inner, split := map[string]string{}, 0
	for role, name := range found {
		path, err := unwrapped(filepath.Join(dir, name))
		if err != nil {
			return layout{}, err
		}
		classes, err := subfolders(path)
		if err != nil {
			return layout{}, err
		}
		if inner[role] = path; len(classes) > 0 {
			split++
		}
	}
	switch {
	case split == 0 && len(others) > 0:
		return layout{train: dir}, nil // classes, of which one may be called train
	case split == 0 && len(found) > 1:
		return layout{}, badFile(dir, "folders %s with no folders in them, expected a folder of pictures for each class in each",
			quoted(found))
	case split == 0:
		return layout{train: dir}, nil
	case found["train"] == "":
		return layout{}, badFile(dir, "folders %s and none called train, expected one", quoted(found))
	}
	l := layout{train: inner["train"]}
	for _, name := range others {
		why, err := needless(filepath.Join(dir, name))
		if err != nil {
			return layout{}, err
		}
		if why == "" {
			return layout{}, badFile(filepath.Join(dir, name), "a folder beside %s, expected only parts called train, val and test there", found["train"])
		}
		l.unused = append(l.unused, why)
	}
	for _, role := range []string{"train", "val", "test"} {
		if found[role] == "" {
			continue
		}
		classes, err := subfolders(inner[role])
		switch {
		case err != nil:
			return layout{}, err
		case len(classes) > 0:
		case role == "train":
			return layout{}, badFile(filepath.Join(dir, found[role]), "no folders, expected one with pictures for each class")
		case isFile(filepath.Join(dir, found[role], tinyLabels)):
			return layout{}, badFile(filepath.Join(dir, found[role], tinyLabels), "a list without a folder %s beside it", tinyImages)
		default:
			l.unused = append(l.unused, fmt.Sprintf("%s has no folders of classes and is not used", inner[role]))
			inner[role] = ""
		}
	}
	l.val, l.test = inner["val"], inner["test"]
	return l, nil
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
		inside, err := os.ReadDir(inner)
		if err != nil {
			return "", fmt.Errorf("data: %w", err)
		}
		if len(folders) == 0 || slices.ContainsFunc(inside, func(e fs.DirEntry) bool { return !isClutter(e.Name()) && isPictureName(e.Name()) }) {
			return dir, nil // a class
		}
		dir = inner
	}
	return dir, nil
}

// subfolders returns the names of the folders in dir, sorted; clutter does not count, links do.
func subfolders(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	var names []string
	for _, e := range entries {
		folder, err := isFolder(dir, e)
		if err != nil {
			return nil, err
		}
		if folder {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

func isFolder(dir string, e fs.DirEntry) (bool, error) {
	if isClutter(e.Name()) {
		return false, nil
	}
	if e.Type()&fs.ModeSymlink == 0 {
		return e.IsDir(), nil
	}
	info, err := os.Stat(filepath.Join(dir, e.Name()))
	if err != nil {
		return false, fmt.Errorf("data: %w", err)
	}
	return info.IsDir(), nil
}

// isClutter reports whether name is what systems, archives and notebooks leave behind, in
// any letter case; hidden names are.
func isClutter(name string) bool {
	switch strings.ToLower(name) {
	case "thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx", "@eadir", "#recycle", "$recycle.bin", "system volume information", "lost+found":
		return true
	}
	return strings.HasPrefix(name, ".")
}

// isPictureName reports whether a file is called as pictures are.
func isPictureName(name string) bool {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm", ".pnm":
		return true
	}
	return false
}
