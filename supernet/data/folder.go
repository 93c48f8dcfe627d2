package data

import (
	"bytes"
	"fmt"
	"image"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// listedPicture is a picture of a class, not yet read.
type listedPicture struct {
	path  string
	label int
	stray bool // is called, and begins, as no picture does
}

// readFolder reads a folder of pictures for each class, all together or in parts for
// training, validation and test; see layout. Classes and pictures are in the order of their
// names.
func readFolder(dir, _ string, o OpenOptions) (*Dataset, error) {
	l, err := findLayout(dir)
	if err != nil {
		return nil, err
	}
	d := &Dataset{Notes: l.unused}
	classes, err := subfolders(l.train)
	if err != nil {
		return nil, err
	}
	for i, name := range classes {
		classes[i] = className(name)
	}
	slices.Sort(classes)
	for i := 1; i < len(classes); i++ {
		if classes[i] == classes[i-1] {
			return nil, badFile(l.train, "two folders called %q, spelt in different ways, expected one", classes[i])
		}
	}
	if len(classes) > maxClasses {
		return nil, badFile(l.train, "%d folders, expected at most %d classes", len(classes), maxClasses)
	}
	folders, err := subfolders(l.train)
	if err != nil {
		return nil, err
	}
	if inside, err := partsInside(l.train, folders); err != nil || inside != nil {
		if err != nil {
			return nil, err
		}
		return d.readInside(l.train, folders, inside, classes, o)
	}
	var lists [3][]listedPicture
	for i, part := range []*string{&l.train, &l.val, &l.test} {
		if *part == "" {
			continue
		}
		if lists[i], err = d.listPart(part, classes, i == 0); err != nil {
			return nil, err
		}
	}
	root := dir
	if len(tablesIn(root)) == 0 { // or they lie in the only folder in it
		if root, err = unwrapped(dir); err != nil {
			return nil, err
		}
	}
	tables, err := d.tablesBeside(root)
	if err != nil {
		return nil, err
	}
	if err := tables.contradicted(lists[0], classes); err != nil {
		return nil, err
	}
	d.Layout = l.describe(dir)
	if lists, err = d.takeTables(l, tables, lists, classes); err != nil {
		return nil, err
	}
	return loadParts(d, classes, lists, o)
}

// takeTables gives parts of a folder what tables beside it tell: the classes of those without folders of classes, and,
// where folders tell no parts, parts.
func (d *Dataset) takeTables(l layout, tables folderTables, lists [3][]listedPicture, classes []string) ([3][]listedPicture, error) {
	for _, role := range sortedKeys(l.flat) {
		at := slices.Index(partNames, role)
		var by string
		if lists[at], by = tables.flatPart(role, l.flat[role], classes); by == "" {
			d.Notes = append(d.Notes, fmt.Sprintf("%s has no folders of classes and is not used", l.flat[role]))
			continue
		}
		d.Layout += fmt.Sprintf(", %s by %s", map[string]string{"val": "validation", "test": "test"}[role], by)
	}
	if len(lists[1])+len(lists[2]) > 0 {
		return lists, nil
	}
	divided, by, notes, err := tables.divide(lists[0])
	if err != nil || by == nil {
		return lists, err
	}
	for c, name := range classes {
		if !slices.ContainsFunc(divided[0], func(p listedPicture) bool { return p.label == c }) {
			return lists, fmt.Errorf("data: by %s no training pictures are left of class %q, expected some", strings.Join(by, ", "), name)
		}
	}
	d.Layout += ", parts by " + strings.Join(by, ", ")
	d.Notes = append(d.Notes, notes...)
	return divided, nil
}

// readInside reads pictures whose parts are folders in those of their classes.
func (d *Dataset) readInside(dir string, folders []string, parts []map[string]string, classes []string, o OpenOptions) (*Dataset, error) {
	var lists [3][]listedPicture
	for i, folder := range folders {
		for k, role := range partNames {
			path := parts[i][role]
			if path == "" {
				continue
			}
			before := len(lists[k])
			var err error
			if lists[k], err = appendPictures(lists[k], path, slices.Index(classes, className(folder))); err != nil {
				return nil, err
			}
			if len(lists[k]) == before {
				return nil, badFile(path, "an empty folder, expected %s pictures of its class", formats)
			}
		}
	}
	var names []string
	for k, role := range partNames {
		if len(lists[k]) > 0 {
			names = append(names, "CLASS/"+role)
		}
	}
	d.Layout = strings.Join(names, ", ")
	return loadParts(d, classes, lists, o)
}

// listPart returns the pictures of a part. Where they are of no known classes, which those of the
// training part must not be, it notes so and returns none; a part whose folder is none of its
// own is set to "".
func (d *Dataset) listPart(part *string, classes []string, train bool) ([]listedPicture, error) {
	folders, err := subfolders(*part)
	if err != nil {
		return nil, err
	}
	if !train && slices.Equal(folders, []string{tinyImages}) && !slices.Contains(classes, tinyImages) {
		list, err := tinyPart(*part, classes)
		if err == nil && list == nil {
			d.Notes = append(d.Notes, fmt.Sprintf("%s has pictures without labels and is not used", *part))
		}
		return list, err
	}
	if !train && len(folders) == 1 && namesNoClass(folders[0]) && !slices.Contains(classes, className(folders[0])) {
		d.Notes = append(d.Notes, fmt.Sprintf("%s, the only folder of that part, is no class of the training part and is not used", filepath.Join(*part, folders[0])))
		*part = ""
		return nil, nil
	}
	return listPictures(*part, folders, classes)
}

// listPictures returns the pictures of the folders dir/CLASS, where every folder must be one of classes and hold at
// least one picture and nothing else.
func listPictures(dir string, folders, classes []string) ([]listedPicture, error) {
	labels := make(map[string]int, len(classes))
	for i, class := range classes {
		labels[class] = i
	}
	var files []listedPicture
	for _, folder := range folders {
		path := filepath.Join(dir, folder)
		label, known := labels[className(folder)] // archives made on a Mac spell accents as letters of their own
		if !known {
			return nil, badFile(path, "a class that the training part does not have")
		}
		before := len(files)
		var err error
		if files, err = appendPictures(files, path, label); err != nil {
			return nil, err
		}
		if len(files) == before {
			return nil, badFile(path, "an empty folder, expected %s pictures of its class", formats)
		}
	}
	if len(files) == 0 {
		return nil, badFile(dir, "no folders, expected one with %s pictures for each class", formats)
	}
	return files, nil
}

func appendPictures(files []listedPicture, dir string, label int) ([]listedPicture, error) {
	if inner := filepath.Join(dir, tinyImages); isFolderAt(inner) {
		dir = inner
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	for _, e := range entries {
		if isClutter(e.Name()) {
			continue
		}
		path := filepath.Join(dir, e.Name())
		folder, err := isFolder(dir, e)
		switch {
		case err != nil:
			return nil, err
		case folder:
			return nil, badFile(path, "a folder in a class folder, expected pictures only")
		}
		stray := !isPictureName(e.Name()) && !isForeignName(e.Name()) && !looksLikeAPicture(path)
		files = append(files, listedPicture{path: path, label: label, stray: stray})
	}
	return files, nil
}

func isFolderAt(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// looksLikeAPicture reports whether a file of another name begins as pictures do.
func looksLikeAPicture(path string) bool {
	head, err := headOf(path)
	if err != nil {
		return false
	}
	_, _, err = image.DecodeConfig(bytes.NewReader(head))
	return err == nil
}

// headOf returns how a file begins.
func headOf(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, 4096))
}
