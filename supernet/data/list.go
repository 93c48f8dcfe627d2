package data

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// listOf returns the folder whose pictures have their classes in tables, where folders do not
// tell them: dir, the only folder in it, as unpacked archives have it, or that of the table that dir is.
func listOf(dir string) string {
	if isFile(dir) {
		return when(isTableName(filepath.Base(dir)), dir)
	}
	for range deepest {
		folders, err := subfolders(dir)
		if len(tablesIn(dir)) > 0 || err != nil || len(folders) != 1 || roleOf(folders[0]) != "" || hasPictures(dir) {
			break
		}
		dir = filepath.Join(dir, folders[0])
	}
	if len(tablesIn(dir)) == 0 {
		return ""
	}
	l, err := findLayout(dir)
	if err != nil {
		return dir
	}
	if classes, err := subfolders(l.train); err != nil || len(classes) > 1 && !archiveParts(classes) {
		return ""
	}
	return dir
}

// archiveParts reports whether folders are called as the parts of an archive that comes in several:
// by names with "part" that differ in numbers alone.
func archiveParts(names []string) bool {
	bare := func(name string) string {
		return strings.Map(func(c rune) rune {
			if c >= '0' && c <= '9' {
				return -1
			}
			return c
		}, name)
	}
	return !slices.ContainsFunc(names, func(n string) bool { return !strings.Contains(bare(n), "part") || bare(n) != bare(names[0]) })
}

// listed is a table that tells classes of pictures of a part.
type listed struct {
	*table
	listColumns
	part string // as its name, or the folder it is in, says; "" if they say nothing
}

// tablesIn returns the tables that may tell classes of pictures by path, each with the part that
// its name tells: those in dir, or in folders of parts in it where there are none.
func tablesIn(dir string) map[string]string {
	found := map[string]string{}
	add := func(folder, part string) {
		entries, err := os.ReadDir(folder)
		if err != nil {
			return
		}
		for _, e := range entries {
			path, stem := filepath.Join(folder, e.Name()), strings.ToLower(e.Name())
			if e.IsDir() || !isTableName(e.Name()) || strings.Contains(stem, "submission") || pixelColumns(path) != nil {
				continue
			}
			if found[path] = part; part == "" {
				found[path] = partNamed(stem)
			}
		}
	}
	if add(dir, ""); len(found) == 0 {
		folders, err := subfolders(dir)
		if err != nil {
			return nil
		}
		for _, name := range folders {
			if role := roleOf(name); role != "" {
				add(filepath.Join(dir, name), role)
			}
		}
	}
	return found
}

// noPart takes out words that hold the names of parts and say none.
var noPart = strings.NewReplacer("latest", "", "contest", "", "greatest", "", "interval", "", "values", "", "value", "", "constraint", "")

// partNamed returns the part that the name of a file tells, anywhere in it; "" if it tells none, or several.
func partNamed(name string) (part string) {
	lower := noPart.Replace(strings.ToLower(name))
	for _, r := range roles {
		switch {
		case !strings.Contains(lower, r.name):
		case part != "":
			return ""
		default:
			part = r.name
		}
	}
	return part
}

// chooseLists reads tables and returns those that count: one for each part, or one for all.
func (b *lister) chooseLists(tables map[string]string) ([]listed, error) {
	var found []listed
	var first error
	for _, path := range sortedKeys(tables) {
		t, err := readTable(path)
		if err == nil {
			l := listed{table: t, part: tables[path]}
			if l.listColumns, err = t.columnsOf(func(cell string) bool { return b.places.find(cell, l.part) != "" }); err == nil {
				found = append(found, l)
				if t.foreign != "" {
					b.d.Notes = append(b.d.Notes, notUTF8(path, t.foreign))
				}
				b.d.Notes = append(b.d.Notes, l.unused...)
				continue
			}
		}
		if first == nil {
			first = err
		}
		b.d.Notes = append(b.d.Notes, fmt.Sprintf("%s is not used (%v)", filepath.Base(path), err))
	}
	parts := slices.DeleteFunc(slices.Clone(found), func(l listed) bool { return l.part == "" })
	if !slices.ContainsFunc(parts, func(l listed) bool { return l.part == "train" }) {
		parts = slices.DeleteFunc(found, func(l listed) bool { return l.part != "" })
	}
	if named := slices.DeleteFunc(slices.Clone(parts), func(l listed) bool { return !strings.EqualFold(stem(l.path), "labels") }); len(named) == 1 && parts[0].part == "" {
		parts = named
	}
	for i, l := range parts {
		if at := slices.IndexFunc(parts, func(o listed) bool { return o.part == l.part }); at < i {
			return nil, badFile(l.path, "a list of pictures beside %s, expected one, or one of each part, called after train, val and test", filepath.Base(parts[at].path))
		}
	}
	if len(parts) == 0 && first == nil {
		return nil, badFile(b.dir, "lists of pictures and none for training, expected one called train")
	}
	if len(parts) == 0 {
		return nil, first
	}
	return parts, nil
}

func stem(path string) string { return strings.TrimSuffix(filepath.Base(path), filepath.Ext(path)) }

// lister reads pictures whose classes stand in tables.
type lister struct {
	dir    string
	d      *Dataset
	places *places
	rows   map[string][]listRow // by part
	seen   map[string]string    // labels, by path of the picture
	again  int                  // rows that repeat others
}

// listRow is a picture of a list, or its file, and its label.
type listRow struct{ file, label string }

// readList reads pictures whose classes stand in tables beside them.
func readList(_, dir string, o OpenOptions) (*Dataset, error) {
	tables := map[string]string{}
	if isFile(dir) {
		tables[dir] = ""
		dir = filepath.Dir(dir)
	} else {
		tables = tablesIn(dir)
	}
	places, err := findPlaces(dir)
	if err != nil {
		return nil, err
	}
	b := &lister{dir: dir, d: &Dataset{}, places: places, rows: map[string][]listRow{}, seen: map[string]string{}}
	lists, err := b.chooseLists(tables)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, l := range lists {
		if err := b.add(l); err != nil {
			return nil, err
		}
		name, err := filepath.Rel(dir, l.path)
		if err != nil {
			return nil, fmt.Errorf("data: %w", err)
		}
		names = append(names, filepath.ToSlash(name)+l.describe())
	}
	b.d.Layout = strings.Join(names, "; ")
	return b.finish(lists[0].path, o)
}

// add adds the pictures of a list.
func (b *lister) add(l listed) error {
	missing, first, rows := 0, "", 0
	left, err := l.unlabelled()
	if err != nil {
		return err
	}
	for n, row := range l.rows {
		if n == 0 && l.head != nil {
			continue
		}
		rows++
		file := cell(row, l.file)
		part := l.listColumns.part(row, l.part)
		if left[part] > 0 {
			continue
		}
		label, err := l.labelIn(n, l.listColumns)
		if err != nil {
			return err
		}
		switch {
		case file == "" || label == "":
			return badFile(l.path, "line %d has no file or no label in columns %d and %d, expected both", l.line[n], l.file+1, l.label+1)
		case part == "" && l.tellsParts():
			return badFile(l.path, "line %d is of no part by the marks in its columns, expected one", l.line[n])
		}
		path := b.places.find(file, part)
		if path == "" {
			if missing++; first == "" {
				first = file
			}
			continue
		}
		switch other, twice := b.seen[path]; {
		case twice && other != label:
			return badFile(l.path, "line %d has %q twice, as %q and as %q, expected each picture once, with one label", l.line[n], file, other, label)
		case twice:
			b.again++
			continue
		}
		b.seen[path] = label
		if part == "" {
			part = b.partAt(path)
		}
		b.rows[part] = append(b.rows[part], listRow{path, label})
	}
	if missing > 0 {
		b.d.Notes = append(b.d.Notes, fmt.Sprintf("%d of %d files that %s lists are not there, or there more than once, the first: %s", missing, rows, filepath.Base(l.path), first))
	}
	for _, part := range sortedKeys(left) {
		b.d.Notes = append(b.d.Notes, fmt.Sprintf("%d lines of the %s part in %s have no labels and are not used", left[part], part, filepath.Base(l.path)))
	}
	return nil
}

// unlabelled returns how many rows the validation and the test part have, by part, where none of them has a label.
func (l listed) unlabelled() (map[string]int, error) {
	none := map[string]int{}
	if l.oneHot != nil {
		return none, nil
	}
	labels := map[string]bool{"train": true, "": true}
	for n, row := range l.rows {
		if n == 0 && l.head != nil {
			continue
		}
		label, err := l.labelIn(n, l.listColumns)
		if err != nil {
			return nil, err
		}
		part := l.listColumns.part(row, l.part)
		labels[part] = labels[part] || label != ""
		none[part]++
	}
	maps.DeleteFunc(none, func(part string, _ int) bool { return labels[part] })
	return none, nil
}

// partAt returns the part that the folders tell which a picture is in; training where they tell
// none.
func (b *lister) partAt(path string) string {
	if rel, err := filepath.Rel(b.dir, path); err == nil {
		if part := partIn(filepath.ToSlash(rel)); part != "" {
			return part
		}
	}
	return "train"
}

// finish numbers the classes and reads the pictures.
func (b *lister) finish(list string, o OpenOptions) (*Dataset, error) {
	if len(b.rows["train"]) == 0 {
		return nil, badFile(list, "no pictures for training, expected some")
	}
	var all []listRow
	for _, part := range partNames {
		all = append(all, b.rows[part]...)
	}
	if err := plainLabels(list, all); err != nil {
		return nil, err
	}
	var lists [3][]listedPicture
	classes := labelsOf(all[:len(b.rows["train"])])
	if len(classes) > maxClasses {
		return nil, badFile(list, "%d different labels, expected at most %d", len(classes), maxClasses)
	}
	for i, part := range partNames {
		var unknown string
		if lists[i], unknown = classNumbers(all[:len(b.rows[part])], classes); unknown != "" {
			return nil, badFile(list, "label %q of the %s part, which the training part does not have", unknown, part)
		}
		all = all[len(b.rows[part]):]
	}
	if b.again > 0 {
		b.d.Notes = append(b.d.Notes, fmt.Sprintf("%d lines repeat others and are not used", b.again))
	}
	used := 0
	for at := range b.seen {
		if b.partAt(at) == "train" {
			used++
		}
	}
	if n := b.places.of[""] + b.places.of["train"]; used < n {
		b.d.Notes = append(b.d.Notes, fmt.Sprintf("%d of %d pictures have no label in %s and are not used", n-used, n, filepath.Base(list)))
	}
	return loadParts(b.d, classes, lists, o)
}
