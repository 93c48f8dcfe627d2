package data

import (
	"path/filepath"
	"strings"
)

// contradicted returns an error if a table beside folders of pictures tells other classes than
// the folders do: files are the pictures with the numbers of their folders, classes the names.
// Tables that tell no classes do not count.
func contradicted(dir string, files []listedPicture, classes []string) error {
	tables := tablesIn(dir)
	if len(tables) == 0 {
		return nil
	}
	places, err := findPlaces(dir)
	if err != nil {
		return err
	}
	folder := make(map[string]string, len(files))
	for _, f := range files {
		folder[f.path] = classes[f.label]
	}
	for _, path := range sortedKeys(tables) {
		t, err := readTable(path)
		if err != nil {
			continue
		}
		c, err := t.columnsOf(func(cell string) bool { return places.find(cell, tables[path]) != "" })
		if err != nil || c.oneHot == nil && (c.label < 0 || c.label != columnOf(c.head, labelColumns)) {
			continue
		}
		if file := t.contradiction(c, places, tables[path], folder); file != "" {
			return badFile(path, "classes of pictures (%s) that are not those of the folders, such as that of %s, expected one of both; to take those of the list, give it instead of the folder (--data %s), for those of the folders move it away", strings.TrimPrefix(c.describe(), ", "), file, filepath.Base(path))
		}
	}
	return nil
}

// contradiction returns the first picture of a list whose label others have that lie in another
// folder, or in whose folder others lie that have another label; "" if there is none.
func (t *table) contradiction(c listColumns, places *places, part string, folder map[string]string) string {
	label, home := map[string]string{}, map[string]string{} // of each folder, and of each label
	for n, row := range t.rows {
		said, err := t.labelIn(n, c)
		in := folder[places.find(cell(row, c.file), part)]
		if err != nil || said == "" || in == "" {
			continue
		}
		if l, known := label[in]; known && l != said {
			return cell(row, c.file)
		}
		if f, known := home[said]; known && f != in {
			return cell(row, c.file)
		}
		label[in], home[said] = said, in
	}
	return ""
}
