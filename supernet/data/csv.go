package data

import (
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Names of the columns of a list of pictures, in any letter case.
var (
	fileColumns  = []string{"file", "filename", "file_name", "filepath", "path", "image", "image_id", "image_name", "img", "id", "name"}
	labelColumns = []string{"label", "labels", "class", "class_name", "target", "category", "species", "breed", "diagnosis"}
)

// maxList bounds a list of pictures, in bytes.
const maxList = 256 << 20

// listOf returns the csv file that says which class the pictures under dir are of, where
// folders do not: the only one there is, or the one that is called labels or train.
func listOf(dir string) string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return ""
	}
	var found []string
	for _, e := range entries {
		if !isClutter(e.Name()) && strings.EqualFold(filepath.Ext(e.Name()), ".csv") {
			found = append(found, e.Name())
		}
	}
	found = slices.DeleteFunc(found, func(name string) bool { return pixelColumns(filepath.Join(dir, name)) != nil })
	if len(found) > 1 {
		found = slices.DeleteFunc(found, func(name string) bool {
			stem := strings.ToLower(strings.TrimSuffix(name, filepath.Ext(name)))
			return stem != "labels" && stem != "train" && stem != "train_labels"
		})
	}
	if len(found) != 1 {
		return ""
	}
	if l, err := findLayout(dir); err == nil {
		if classes, err := subfolders(l.train); err != nil || len(classes) > 1 {
			return ""
		}
	}
	return filepath.Join(dir, found[0])
}

// readList reads pictures whose classes stand in a csv file beside them.
func readList(dir, list string, o OpenOptions) (*Dataset, error) {
	rows, err := listRows(list)
	if err != nil {
		return nil, err
	}
	places, err := picturesUnder(dir)
	if err != nil {
		return nil, err
	}
	d := &Dataset{Layout: filepath.Base(list)}
	var found []listRow // with paths for files
	listed := map[string]bool{}
	missing, first := 0, ""
	for _, r := range rows {
		path := places[filepath.ToSlash(r.file)]
		switch {
		case path == "":
			if missing++; first == "" {
				first = r.file
			}
			continue
		case listed[path]:
			return nil, badFile(list, "%q twice, expected each picture once, with one label", r.file)
		}
		listed[path] = true
		found = append(found, listRow{path, r.label})
	}
	if len(found) == 0 {
		return nil, badFile(list, "%d files, of which none is there, the first %q; expected names of pictures under %s, with or without ending", len(rows), first, dir)
	}
	if missing > 0 {
		d.Notes = append(d.Notes, fmt.Sprintf("%d of %d files that %s lists are not there, the first: %s", missing, len(rows), filepath.Base(list), first))
	}
	classes := labelsOf(found)
	if len(classes) > maxClasses {
		return nil, badFile(list, "%d different labels, expected at most %d", len(classes), maxClasses)
	}
	number := make(map[string]int, len(classes))
	for i, name := range classes {
		number[name] = i
	}
	files := make([]listedPicture, len(found))
	for i, r := range found {
		files[i] = listedPicture{r.file, number[r.label]}
	}
	shape, err := folderShape(files, o)
	if err != nil {
		return nil, err
	}
	b := loading{shape: shape, classes: classes, o: o, d: d, groups: newGrouping(o.Group)}
	b.expect(len(files))
	if d.Train, err = b.load(files); err != nil {
		return nil, err
	}
	return b.finish()
}

// labelsOf returns the different labels: in the order of their numbers where all are whole
// numbers, else of their names.
func labelsOf(rows []listRow) (labels []string) {
	numbers := make(map[string]int, len(rows))
	for _, r := range rows {
		labels = append(labels, r.label)
		if n, err := strconv.Atoi(r.label); err == nil {
			numbers[r.label] = n
		}
	}
	slices.Sort(labels)
	labels = slices.Compact(labels)
	if len(numbers) == len(labels) {
		slices.SortStableFunc(labels, func(a, b string) int { return cmp.Compare(numbers[a], numbers[b]) })
	}
	return labels
}

// listRow is a line of a list.
type listRow struct{ file, label string }

// listRows reads a csv file with a column of file names and one of labels, which the first
// line names; without such a line they are the first two.
func listRows(path string) ([]listRow, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxList))
	if err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	return parseList(path, text)
}

// parseList reads the content of a csv file.
func parseList(path string, text []byte) ([]listRow, error) {
	plain, err := unmarked(text)
	if err != nil {
		return nil, &FormatError{File: path, Offset: 0, Problem: "unreadable, expected a list of pictures", Err: err}
	}
	r := csv.NewReader(strings.NewReader(plain))
	r.FieldsPerRecord, r.LazyQuotes, r.TrimLeadingSpace = -1, true, true
	if head, _, _ := strings.Cut(plain, "\n"); !strings.Contains(head, ",") && strings.Contains(head, ";") {
		r.Comma = ';'
	}
	var rows []listRow
	fileAt, labelAt := 0, 1
	for n := 0; ; n++ {
		line, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, &FormatError{File: path, Offset: NoOffset, Problem: "unreadable, expected a list of pictures and labels", Err: err}
		}
		if n == 0 {
			f, l := columnOf(line, fileColumns), columnOf(line, labelColumns)
			if f >= 0 && l >= 0 {
				fileAt, labelAt = f, l
				continue
			}
		}
		if len(line) <= max(fileAt, labelAt) || line[fileAt] == "" || line[labelAt] == "" {
			return nil, badFile(path, "line %d has no file or no label in columns %d and %d, expected both; columns are called %v and %v", n+1, fileAt+1, labelAt+1, fileColumns, labelColumns)
		}
		rows = append(rows, listRow{strings.TrimSpace(line[fileAt]), strings.TrimSpace(line[labelAt])})
	}
	if len(rows) == 0 {
		return nil, badFile(path, "no lines, expected a file name and a label in each")
	}
	return rows, nil
}

func columnOf(line, names []string) int {
	for _, name := range names {
		if at := slices.IndexFunc(line, func(s string) bool { return strings.EqualFold(strings.TrimSpace(s), name) }); at >= 0 {
			return at
		}
	}
	return -1
}

// picturesUnder returns the pictures in dir and its folders by their path from dir, by their
// name, and both without ending. A name that several have is not among them; those in
// folders called as a test or validation part go by their path alone, as such parts often
// number their pictures from 0 again.
func picturesUnder(dir string) (map[string]string, error) {
	places, twice := map[string]string{}, map[string]bool{}
	put := func(name, path string) {
		if other, known := places[name]; known && other != path {
			twice[name] = true
		}
		places[name] = path
	}
	err := walkPictures(dir, func(path, rel string) {
		names := []string{rel, filepath.Base(path)}
		if top, _, inside := strings.Cut(rel, "/"); inside && roleOf(top) != "" && roleOf(top) != "train" {
			names = names[:1]
		}
		for _, name := range names {
			put(name, path)
			put(strings.TrimSuffix(name, filepath.Ext(name)), path)
		}
	})
	for name := range twice {
		delete(places, name)
	}
	return places, err
}

// walkPictures calls f with each file in and below dir that is called as pictures are, by its
// path and by its path from dir with slashes.
func walkPictures(dir string, f func(path, rel string)) error {
	return filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("data: %w", err)
		}
		if path != dir && isClutter(e.Name()) {
			if e.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if e.IsDir() || !isPictureName(e.Name()) {
			return nil
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return fmt.Errorf("data: %w", err)
		}
		f(path, filepath.ToSlash(rel))
		return nil
	})
}
