package data

import (
	"fmt"
	"slices"
	"strings"
)

// Names of the columns of a list of pictures, in lower case without blanks and dashes, the likeliest first.
var (
	fileColumns  = []string{"file", "filename", "filepath", "filepaths", "filenames", "path", "paths", "image", "imageid", "imagename", "imagepath", "images", "img", "imgname", "imgpath", "idcode", "id", "name", "picture", "photo"}
	labelColumns = []string{"label", "labels", "class", "classname", "classlabel", "target", "category", "species", "breed", "diagnosis", "dx", "classid"}
	splitColumns = []string{"split", "set", "subset", "partition", "dataset", "usage", "phase"}
)

// listColumns says where the rows of a list have what.
type listColumns struct {
	file, label, split int
	oneHot             []int // columns of classes, of which a row marks one; label is -1 then
	head               []string
}

// describe tells which columns of a list count.
func (c listColumns) describe() string {
	if c.head == nil {
		return ""
	}
	var what []string
	if c.oneHot != nil {
		what = append(what, fmt.Sprintf("a column for each of %d classes", len(c.oneHot)))
	} else {
		what = append(what, fmt.Sprintf("classes in column %s", c.head[c.label]))
	}
	if c.split >= 0 {
		what = append(what, fmt.Sprintf("parts in column %s", c.head[c.split]))
	}
	return ", " + strings.Join(what, ", ")
}

// mostLooked bounds how many rows are looked at to tell which column names the pictures.
const mostLooked = 1000

// mostShown bounds how many cells of a row an error shows.
const mostShown = 12

// columnsOf tells the columns of a list. Its first row names them, unless a picture is called as
// one of its cells. found reports whether a picture is called so.
func (t *table) columnsOf(found func(cell string) bool) (listColumns, error) {
	c := listColumns{file: -1, label: -1, split: -1}
	if len(t.rows) == 0 {
		return c, badFile(t.path, "no lines, expected a file name and a label in each")
	}
	rows, width := t.rows, len(t.rows[0])
	if !slices.ContainsFunc(rows[0], found) {
		c.head, rows = rows[0], rows[1:]
	}
	if len(rows) == 0 {
		return c, badFile(t.path, "no lines but the names of columns, expected a file name and a label in each")
	}
	if c.file = fileColumn(c.head, rows, width, found); c.file < 0 {
		return c, badFile(t.path, "%d lines, and no column of names of pictures, of which none is there, the first row %q; expected names of pictures beside the list, with or without ending, or a label and the pixels of a square picture", len(t.rows), t.rows[0][:min(width, mostShown)])
	}
	c.split = c.splitColumn(rows)
	if c.label = columnOf(c.head, labelColumns); c.label == c.file {
		c.label = -1
	}
	if c.label >= 0 {
		return c, nil
	}
	if c.oneHot = c.marks(rows); len(c.oneHot) > 1 {
		return c, nil
	}
	c.oneHot = nil
	var others []int
	for at := range width {
		if at != c.file && at != c.split {
			others = append(others, at)
		}
	}
	if len(others) != 1 {
		return c, badFile(t.path, "columns %q and none of labels, expected one beside that of the names, one called %v, or one for each class", t.rows[0], labelColumns)
	}
	c.label = others[0]
	return c, nil
}

// fileColumn returns the column in which most cells name pictures; of several, the one that is
// called so. It returns -1 where no cell does.
func fileColumn(head []string, rows [][]string, width int, found func(cell string) bool) int {
	counts := make([]int, width)
	for _, row := range rows[:min(len(rows), mostLooked)] {
		for at := range counts {
			if v := cell(row, at); v != "" && found(v) {
				counts[at]++
			}
		}
	}
	most := slices.Max(counts)
	if most == 0 {
		return -1
	}
	for _, name := range fileColumns {
		if at := columnOf(head, []string{name}); at >= 0 && counts[at] == most {
			return at
		}
	}
	return slices.Index(counts, most)
}

// splitColumn returns the column that says of every row which part it is of; -1 if there is none.
func (c listColumns) splitColumn(rows [][]string) int {
	for _, name := range splitColumns {
		at := columnOf(c.head, []string{name})
		if at >= 0 && at != c.file && !slices.ContainsFunc(rows, func(row []string) bool { return partOf(cell(row, at)) == "" }) {
			return at
		}
	}
	return -1
}

// usages are what FER2013 calls the parts.
var usages = map[string]string{"publictest": "val", "privatetest": "test"}

// partOf returns the part that a cell names; "" for others.
func partOf(cell string) string {
	if part := usages[strings.ToLower(cell)]; part != "" {
		return part
	}
	return roleOf(cell)
}

// Cells that mark the class of a row, and those of the others.
var (
	markedCells = []string{"1", "1.0", "true", "yes"}
	clearCells  = []string{"0", "0.0", "false", "no"}
)

// marks returns the columns with names in which every cell is a mark or none.
func (c listColumns) marks(rows [][]string) (at []int) {
	for i := range c.head {
		mark := func(row []string) bool {
			v := strings.ToLower(cell(row, i))
			return slices.Contains(markedCells, v) || slices.Contains(clearCells, v)
		}
		if i != c.file && i != c.split && !slices.ContainsFunc(rows, func(row []string) bool { return !mark(row) }) {
			at = append(at, i)
		}
	}
	return at
}

// labelIn returns the label of a row; "" if it has none.
func (t *table) labelIn(n int, c listColumns) (string, error) {
	row := t.rows[n]
	if c.oneHot == nil {
		return cell(row, c.label), nil
	}
	var names []string
	for _, at := range c.oneHot {
		if slices.Contains(markedCells, strings.ToLower(row[at])) {
			names = append(names, c.head[at])
		}
	}
	if len(names) != 1 {
		return "", badFile(t.path, "line %d marks %d of the classes %q, expected one: a picture has one class", t.line[n], len(names), c.names())
	}
	return names[0], nil
}

func (c listColumns) names() (names []string) {
	for _, at := range c.oneHot {
		names = append(names, c.head[at])
	}
	return names
}
