package data

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// divide cuts pictures in folders of classes into the parts that tables beside them tell, each by its name (train.csv,
// test.csv) or in a column. Pictures that no table names are left out, with a note, where a table names those for training;
// else they are for training. It returns the names of the tables; none where no table tells a part besides training.
func (b folderTables) divide(all []listedPicture) (lists [3][]listedPicture, by []string, notes []string, err error) {
	told := map[string]string{} // part, by path
	counts := map[string]int{}
	for _, l := range b.lists {
		if !l.tellsParts() && l.part == "" {
			continue
		}
		for n, row := range l.rows {
			path := b.places.find(cell(row, l.file), l.part)
			if n == 0 && l.head != nil || path == "" {
				continue
			}
			part := l.listColumns.part(row, l.part)
			if other, twice := told[path]; twice && other != part {
				return lists, nil, nil, badFile(l.path, "line %d has %q in the %s part, which is told to be in the %s part as well, expected one", l.line[n], cell(row, l.file), part, other)
			}
			told[path] = part
			counts[part]++
		}
		by = append(by, filepath.Base(l.path))
	}
	if counts["val"]+counts["test"] == 0 {
		return lists, nil, nil, nil
	}
	left := 0
	for _, p := range all {
		part := told[p.path]
		if part == "" && counts["train"] == 0 {
			part = "train"
		}
		if at := slices.Index(partNames, part); at >= 0 {
			lists[at] = append(lists[at], p)
		} else {
			left++
		}
	}
	if left > 0 {
		notes = append(notes, fmt.Sprintf("%d of %d pictures are in no part by %s and are not used", left, len(all), strings.Join(by, ", ")))
	}
	return lists, by, notes, nil
}

// flatPart returns the pictures of a part that lie in a folder without folders of classes, with the classes that tables
// beside it tell, and the name of such a table; none if no table tells them, or one tells a class that there is not.
func (b folderTables) flatPart(role, dir string, classes []string) (files []listedPicture, by string) {
	for _, l := range b.lists {
		for n, row := range l.rows {
			if n == 0 && l.head != nil || l.listColumns.part(row, l.part) != role {
				continue
			}
			path := b.places.find(cell(row, l.file), role)
			if path == "" || !within(path, dir) {
				continue
			}
			said, err := l.labelIn(n, l.listColumns)
			label := slices.Index(classes, said)
			if err != nil || label < 0 {
				return nil, ""
			}
			files, by = append(files, listedPicture{path: path, label: label}), filepath.Base(l.path)
		}
	}
	return files, by
}
