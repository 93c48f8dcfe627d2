package data

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// labelGroup is the name of the group of a label pattern that is the label, where it has
// several.
const labelGroup = "label"

// labelGuesses are patterns of file names that people give pictures whose classes stand in
// the name. The class is the group.
var labelGuesses = []string{
	`^(.*\pL.*?)[ ._-]*\(?\d+\)?\.\w+$`,          // cat.12.jpg, dog_12.png, cat12.jpg, dog (12).jpg
	`^(\pL[^ ._-]*|0|[1-9]\d?\d?)[ ._-].*\.\w+$`, // 7_jackson_3.png, cat-left-3.jpg
	`^\d+[ ._-]+(\P{N}*\pL\P{N}*)\.\w+$`,         // 0012_cat.png
	`^.*[ ._-]([^ ._-]*\pL[^ ._-]*)\.\w+$`,       // img_0012_cat.png
}

// labelPattern finds the label in the name of a picture.
type labelPattern struct {
	*regexp.Regexp
	group int
}

// parseLabelPattern reads the pattern of a user: it has one group, or one called labelGroup.
func parseLabelPattern(pattern string) (labelPattern, error) {
	p, err := regexp.Compile(pattern)
	if err != nil {
		return labelPattern{}, fmt.Errorf("data: label pattern %q is no regular expression: %w", pattern, err)
	}
	if at := p.SubexpIndex(labelGroup); at > 0 {
		return labelPattern{p, at}, nil
	}
	if p.NumSubexp() != 1 {
		return labelPattern{}, fmt.Errorf("data: label pattern %q has %d groups, expected one, or one called (?P<label>...), such as '^([a-z]+)[._]'", pattern, p.NumSubexp())
	}
	return labelPattern{p, 1}, nil
}

// label returns the label in the name of a file; "" if the pattern finds none.
func (p labelPattern) label(path string) string {
	if m := p.FindStringSubmatch(filepath.Base(path)); m != nil {
		return className(m[p.group])
	}
	return ""
}

// unreadEnds are the endings of files that may tell classes and are not read, unreadNames what files of such endings are called that do not.
var (
	unreadEnds  = []string{".xlsx", ".xls", ".ods", ".json", ".jsonl", ".txt", ".lst", ".xml", ".mat", ".parquet", ".arrow"}
	unreadNames = []string{"readme", "license", "licence", "copying", "requirements"}
)

// unreadList names a file in dir, or in a folder in it, that may tell classes and is not read; "" if there is none.
func unreadList(dir string) string {
	folders, err := subfolders(dir)
	if err != nil {
		return ""
	}
	for _, folder := range append([]string{"."}, folders...) {
		entries, err := os.ReadDir(filepath.Join(dir, folder))
		if err != nil {
			continue
		}
		for _, e := range entries {
			name := strings.ToLower(e.Name())
			if !e.IsDir() && !isClutter(name) && slices.Contains(unreadEnds, filepath.Ext(name)) && !slices.Contains(unreadNames, stem(name)) {
				return fmt.Sprintf("; %s is not read: if it says them, save it as csv, a name and a label in each line", filepath.Join(folder, e.Name()))
			}
		}
	}
	return ""
}

// guessPattern returns the one pattern by which all names fall into classes of at least two
// pictures. Several that make different classes, and none, are errors.
func guessPattern(dir string, list []string) (labelPattern, error) {
	type fit struct {
		pattern labelPattern
		classes []string // of each picture
	}
	var fits []fit
	for _, pattern := range labelGuesses {
		f := fit{pattern: labelPattern{regexp.MustCompile(pattern), 1}}
		counts := map[string]int{}
		for _, path := range list {
			m := f.pattern.FindStringSubmatch(filepath.Base(path))
			if m == nil {
				break
			}
			f.classes = append(f.classes, m[1])
			counts[m[1]]++
		}
		few := slices.ContainsFunc(f.classes, func(c string) bool { return counts[c] < 2 })
		same := func(g fit) bool { return slices.Equal(g.classes, f.classes) }
		if len(f.classes) == len(list) && len(counts) > 1 && !few && !slices.ContainsFunc(fits, same) {
			fits = append(fits, f)
		}
	}
	if len(fits) == 1 {
		return fits[0].pattern, nil
	}
	if len(fits) == 0 {
		return labelPattern{}, badFile(dir, "%d pictures and nothing that says their classes, expected a folder of pictures for each class, a csv file of names and labels, or names such as cat.12.jpg, or a pattern of labels in names (--label-pattern)%s", len(list), unreadList(dir))
	}
	var ways []string
	for _, f := range fits {
		different := slices.Compact(slices.Sorted(slices.Values(f.classes)))
		ways = append(ways, fmt.Sprintf("%d classes such as %q by '%s'", len(different), different[0], f.pattern))
	}
	return labelPattern{}, badFile(dir, "pictures whose names can be read in several ways, %s; expected one, given as --label-pattern", strings.Join(ways, ", or "))
}
