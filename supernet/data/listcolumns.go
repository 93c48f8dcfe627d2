package data

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

// Names of the columns of a list of pictures, in lower case without blanks and dashes, the likeliest first.
var (
	fileColumns  = []string{"file", "filename", "filepath", "filepaths", "filenames", "path", "paths", "image", "imageid", "imagename", "imagepath", "images", "img", "imgname", "imgpath", "idcode", "id", "name", "picture", "photo", "url", "imageurl", "fileurl"}
	labelColumns = []string{"label", "labels", "class", "classname", "classlabel", "target", "category", "species", "breed", "diagnosis", "dx", "choice", "classid"}
	splitColumns = []string{"split", "set", "subset", "partition", "dataset", "usage", "phase"}
	foldColumns  = []string{"fold", "folds", "kfold", "cvfold"}
	lineColumns  = []string{"", "unnamed:0", "index"} // of the number of a row, as pandas and others write it
	// columns that say of each row, by a mark, whether it is of a part
	partColumns = []struct{ part, name string }{
		{"train", "istrain"},
		{"train", "istraining"},
		{"train", "istrainingimage"},
		{"val", "isvalid"},
		{"val", "isval"},
		{"val", "isvalidation"},
		{"test", "istest"},
	}
)

// listColumns says where the rows of a list have what.
type listColumns struct {
	file, label, split int
	marked             map[string]int // columns that mark the rows of a part, by part; nil: none do
	oneHot             []int          // columns of classes, of which a row marks one; label is -1 then
	head               []string
	unused             []string // what should be known of columns that might tell parts
}

// tellsParts reports whether a column or several say which part a row is of.
func (c listColumns) tellsParts() bool { return c.split >= 0 || c.marked != nil }

// part returns the part that a row says it is of; otherwise, where no column tells it; "" if it is none of three that are marked.
func (c listColumns) part(row []string, otherwise string) string {
	switch {
	case c.split >= 0:
		return partOf(cell(row, c.split))
	case c.marked == nil:
		return otherwise
	}
	for _, part := range []string{"test", "val", "train"} {
		if at, known := c.marked[part]; known && slices.Contains(markedCells, strings.ToLower(cell(row, at))) {
			return part
		}
	}
	for _, part := range []string{"train", "test", "val"} { // of none that is marked, so of one that has no marks
		if _, known := c.marked[part]; !known {
			return part
		}
	}
	return ""
}

// describe tells which columns of a list count.
func (c listColumns) describe() string {
	if c.head == nil {
		if c.split >= 0 {
			return fmt.Sprintf(", parts in column %d", c.split+1)
		}
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
	for _, part := range sortedKeys(c.marked) {
		what = append(what, fmt.Sprintf("marks of the %s part in column %s", part, c.head[c.marked[part]]))
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
		return c, badFile(t.path, "%d lines, and no column of names of pictures, of which none is there just once, the first row %q; expected names of pictures beside the list, with or without ending, or a label and the pixels of a square picture", len(t.rows), t.rows[0][:min(width, mostShown)])
	}
	var err error
	if c.split, err = t.splitColumn(&c, rows); err != nil {
		return c, err
	}
	if c.split < 0 {
		c.marked = c.partMarks(rows)
	}
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
		if at != c.file && at != c.split && !c.isPartMark(at) && (c.head == nil || at != columnOf(c.head, lineColumns)) {
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

// splitColumn returns the column that says of every row which part it is of; -1 if there is none. One that
// is called so and says it of some rows is an error; one that says it of none is noted, and so are folds.
func (t *table) splitColumn(c *listColumns, rows [][]string) (int, error) {
	if c.head == nil {
		for at := range rows[0] {
			if len(rows[0]) > 2 && at != c.file && t.firstOfNoPart(rows, at) < 0 {
				return at, nil
			}
		}
		return -1, nil
	}
	for _, name := range splitColumns {
		at := columnOf(c.head, []string{name})
		if at < 0 || at == c.file {
			continue
		}
		odd := t.firstOfNoPart(rows, at)
		switch {
		case odd < 0:
			return at, nil
		case slices.ContainsFunc(rows, func(row []string) bool { return partOf(cell(row, at)) != "" }):
			return -1, badFile(t.path, "line %d has %q in column %q, which says the part of other lines, expected train, val or test", t.line[len(t.rows)-len(rows)+odd], cell(rows[odd], at), c.head[at])
		}
		c.unused = append(c.unused, fmt.Sprintf("column %q of %s has no names of parts, but such as %q, and is not used", c.head[at], filepath.Base(t.path), cell(rows[odd], at)))
	}
	if at := columnOf(c.head, foldColumns); at >= 0 {
		c.unused = append(c.unused, fmt.Sprintf("column %q of %s is not used: parts are drawn anew, across folds", c.head[at], filepath.Base(t.path)))
	}
	return -1, nil
}

// firstOfNoPart returns the first row that names no part in a column; -1 if all do.
func (t *table) firstOfNoPart(rows [][]string, at int) int {
	return slices.IndexFunc(rows, func(row []string) bool { return partOf(cell(row, at)) == "" })
}

// partMarks returns the columns of marks that are called after parts; nil if there are none.
func (c listColumns) partMarks(rows [][]string) (marked map[string]int) {
	for _, p := range partColumns {
		at := columnOf(c.head, []string{p.name})
		if at < 0 || slices.ContainsFunc(rows, func(row []string) bool { return !isMark(cell(row, at)) }) {
			continue
		}
		if marked == nil {
			marked = map[string]int{}
		}
		marked[p.part] = at
	}
	return marked
}

func (c listColumns) isPartMark(at int) bool {
	return slices.Contains(slices.Collect(maps.Values(c.marked)), at)
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

func isMark(cell string) bool {
	lower := strings.ToLower(cell)
	return slices.Contains(markedCells, lower) || slices.Contains(clearCells, lower)
}

// marks returns the columns with names in which every cell is a mark or none.
func (c listColumns) marks(rows [][]string) (at []int) {
	for i := range c.head {
		if i != c.file && i != c.split && !c.isPartMark(i) && !slices.ContainsFunc(rows, func(row []string) bool { return !isMark(cell(row, i)) }) {
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
