package data

import (
	"fmt"
	"path/filepath"
	"strings"
)

// folderTables are the tables beside folders of classes that name pictures and their classes.
type folderTables struct {
	lists  []listed
	places *places
}

// tablesBeside reads the tables in dir. What cannot be used is noted.
func (d *Dataset) tablesBeside(dir string) (b folderTables, err error) {
	tables := tablesIn(dir)
	if len(tables) == 0 {
		return b, nil
	}
	if b.places, err = findPlaces(dir); err != nil {
		return b, err
	}
	for _, path := range sortedKeys(tables) {
		t, err := readTable(path)
		if err == nil {
			l := listed{table: t, part: tables[path]}
			if l.listColumns, err = t.columnsOf(func(cell string) bool { return b.places.find(cell, l.part) != "" }); err == nil {
				b.lists = append(b.lists, l)
				continue
			}
		}
		d.Notes = append(d.Notes, fmt.Sprintf("%s is not used (%v)", filepath.Base(path), err))
	}
	return b, nil
}

// contradicted returns an error if a table beside folders of pictures tells other classes than
// the folders do: files are the pictures with the numbers of their folders, classes the names.
// Tables that tell no classes do not count.
func (b folderTables) contradicted(files []listedPicture, classes []string) error {
	folder := make(map[string]string, len(files))
	for _, f := range files {
		folder[f.path] = classes[f.label]
	}
	for _, l := range b.lists {
		if l.oneHot == nil && l.label != columnOf(l.head, labelColumns) {
			continue
		}
		if file := l.contradiction(b.places, folder); file != "" {
			return badFile(l.path, "classes of pictures (%s) that are not those of the folders, such as that of %s, expected one of both; to take those of the list, give it instead of the folder (--data %s), for those of the folders move it away", strings.TrimPrefix(l.describe(), ", "), file, filepath.Base(l.path))
		}
	}
	return nil
}

// contradiction returns the first picture of a list whose label others have that lie in another
// folder, or in whose folder others lie that have another label; "" if there is none.
func (l listed) contradiction(places *places, folder map[string]string) string {
	label, home := map[string]string{}, map[string]string{} // of each folder, and of each label
	for n, row := range l.rows {
		said, err := l.labelIn(n, l.listColumns)
		in := folder[places.find(cell(row, l.file), l.part)]
		if err != nil || said == "" || in == "" {
			continue
		}
		if other, known := label[in]; known && other != said {
			return cell(row, l.file)
		}
		if f, known := home[said]; known && f != in {
			return cell(row, l.file)
		}
		label[in], home[said] = said, in
	}
	return ""
}
