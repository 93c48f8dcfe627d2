package data

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// flatParts are folders of pictures without folders of classes in them, by role; train is there.
type flatParts map[string]string

// findFlat looks for pictures that lie in dir, in the only folder in it, or in folders called as
// parts, with no folders beside them. It returns nil for others.
func findFlat(dir string) flatParts {
	folders, err := subfolders(dir)
	if err != nil {
		return nil
	}
	if len(folders) == 0 {
		if hasPictures(dir) {
			return flatParts{"train": dir}
		}
		return nil
	}
	parts := flatParts{}
	for _, name := range folders {
		path, role := filepath.Join(dir, name), roleOf(name)
		if len(folders) == 1 && role == "" {
			role = "train"
		}
		inner, err := subfolders(path)
		if err == nil && len(inner) == 1 && strings.EqualFold(inner[0], name) && !hasPictures(path) { // train/train/cat.0.jpg
			path = filepath.Join(path, inner[0])
			inner, err = subfolders(path)
		}
		if err != nil || len(inner) > 0 || role == "" || parts[role] != "" || !hasPictures(path) {
			return nil
		}
		parts[role] = path
	}
	if parts["train"] == "" || hasPictures(dir) {
		return nil
	}
	if len(folders) == 1 && roleOf(folders[0]) == "" { // or it is the only class
		list, err := picturesOf(parts["train"], parts)
		if err != nil {
			return nil
		}
		if _, err := guessPattern(dir, list); err != nil {
			return nil
		}
	}
	return parts
}

// hasPictures reports whether files called as pictures lie in dir itself.
func hasPictures(dir string) bool {
	entries, err := os.ReadDir(dir)
	return err == nil && slices.ContainsFunc(entries, func(e os.DirEntry) bool {
		return !e.IsDir() && !isClutter(e.Name()) && isPictureName(e.Name())
	})
}

// readNamed reads pictures whose classes stand in their names, by the pattern of o or, without
// one, by the only guess that fits.
func readNamed(dir string, o OpenOptions) (*Dataset, error) {
	parts, lists, err := listNamed(dir, o.LabelPattern != "")
	if err != nil {
		return nil, err
	}
	d := &Dataset{}
	pattern, err := d.choosePattern(dir, lists["train"], o.LabelPattern)
	if err != nil {
		return nil, err
	}
	d.Layout = fmt.Sprintf("classes in file names by %s", pattern)
	named := map[string][]listRow{}
	for role, list := range lists {
		if named[role], err = labelled(parts[role], list, pattern, role == "train"); err != nil {
			return nil, err
		}
	}
	classes := labelsOf(named["train"])
	if len(classes) > maxClasses {
		return nil, badFile(dir, "%d different labels in file names by %q, expected at most %d", len(classes), pattern, maxClasses)
	}
	var numbers [3][]listedPicture
	for i, role := range partNames {
		if parts[role] == "" {
			continue
		}
		var unknown string
		if numbers[i], unknown = classNumbers(named[role], classes); len(numbers[i]) == 0 {
			why := "pictures without labels"
			if unknown != "" {
				why = fmt.Sprintf("names of classes that the training part does not have, such as %q,", unknown)
			}
			d.Notes = append(d.Notes, fmt.Sprintf("%s has %s and is not used", parts[role], why))
		}
	}
	return loadParts(d, classes, numbers, o)
}

// listNamed returns the folders of pictures under dir by role, and what lies in each. With a
// pattern given there may be folders in them too.
func listNamed(dir string, given bool) (parts flatParts, lists map[string][]string, err error) {
	if parts = findFlat(dir); parts == nil || given {
		if parts, err = namedParts(dir); err != nil {
			return nil, nil, err
		}
	}
	lists = map[string][]string{}
	for role, path := range parts {
		if lists[role], err = picturesOf(path, parts); err != nil {
			return nil, nil, err
		}
	}
	return parts, lists, nil
}

// choosePattern returns the pattern that is given or, without one, the only guess that fits
// the training pictures, which it notes.
func (d *Dataset) choosePattern(dir string, list []string, given string) (labelPattern, error) {
	if given != "" {
		return parseLabelPattern(given)
	}
	p, err := guessPattern(dir, list)
	if err != nil {
		return p, err
	}
	first, last := list[0], list[len(list)-1]
	d.Notes = append(d.Notes, fmt.Sprintf("classes are guessed from file names, by %q: %s is of class %q, %s of %q; a folder for each class, a csv file, or label-pattern (--label-pattern) would say it for sure",
		p, filepath.Base(first), p.label(first), filepath.Base(last), p.label(last)))
	return p, nil
}

// labelled returns the pictures of a part with the labels in their names: of all, or of none,
// which the training part must not be.
func labelled(part string, list []string, p labelPattern, train bool) ([]listRow, error) {
	var rows []listRow
	for _, path := range list {
		label := p.label(path)
		if label == "" && train {
			return nil, badFile(path, "a name in which the pattern of labels %q finds nothing", p)
		}
		if label != "" {
			rows = append(rows, listRow{path, label})
		}
	}
	if n := len(rows); n > 0 && n < len(list) {
		return nil, badFile(part, "%d of %d names in which the pattern of labels %q finds nothing, expected all or none", len(list)-n, len(list), p)
	}
	return rows, nil
}

// classNumbers returns pictures with the numbers of their classes; none, and a label that is not
// among the classes, if there is such a label.
func classNumbers(rows []listRow, classes []string) (list []listedPicture, unknown string) {
	number := make(map[string]int, len(classes))
	for i, name := range classes {
		number[name] = i
	}
	for _, r := range rows {
		label, known := number[r.label]
		if !known {
			return nil, r.label
		}
		list = append(list, listedPicture{path: r.file, label: label})
	}
	return list, ""
}

// namedParts returns dir, or the folders in it that are called as parts.
func namedParts(dir string) (flatParts, error) {
	folders, err := subfolders(dir)
	if err != nil {
		return nil, err
	}
	parts := flatParts{}
	for _, name := range folders {
		if role := roleOf(name); role != "" && parts[role] == "" {
			parts[role] = filepath.Join(dir, name)
		}
	}
	if parts["train"] == "" {
		return flatParts{"train": dir}, nil
	}
	return parts, nil
}

// picturesOf returns the pictures in and below dir, by path.
func picturesOf(dir string, parts flatParts) ([]string, error) {
	var list []string
	err := walkPictures(dir, func(path, _ string) { list = append(list, path) })
	if err == nil && len(list) == 0 && dir == parts["train"] {
		err = badFile(dir, "no pictures, expected %s files", formats)
	}
	slices.Sort(list)
	return list, err
}
