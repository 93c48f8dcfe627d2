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

// checkLabelPattern returns the pattern and the number of its group that is the label.
func checkLabelPattern(pattern string) (*regexp.Regexp, int, error) {
	p, err := regexp.Compile(pattern)
	if err != nil {
		return nil, 0, fmt.Errorf("data: label pattern %q is no regular expression: %w", pattern, err)
	}
	if at := p.SubexpIndex(labelGroup); at > 0 {
		return p, at, nil
	}
	if p.NumSubexp() != 1 {
		return nil, 0, fmt.Errorf("data: label pattern %q has %d groups, expected one, or one called (?P<label>...), such as '^([a-z]+)[._]'", pattern, p.NumSubexp())
	}
	return p, 1, nil
}

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
	parts := findFlat(dir)
	if parts == nil || o.LabelPattern != "" {
		var err error
		if parts, err = namedParts(dir); err != nil {
			return nil, err
		}
	}
	lists := map[string][]string{}
	for role, path := range parts {
		list, err := picturesOf(path, parts)
		if err != nil {
			return nil, err
		}
		lists[role] = list
	}
	d := &Dataset{}
	pattern := o.LabelPattern
	if pattern == "" {
		var err error
		if pattern, err = guessPattern(dir, lists["train"]); err != nil {
			return nil, err
		}
		first := lists["train"][0]
		last := lists["train"][len(lists["train"])-1]
		d.Notes = append(d.Notes, fmt.Sprintf("classes are guessed from file names, by %q: %s is of class %q, %s of %q; a folder for each class, a csv file, or label-pattern (--label-pattern) would say it for sure",
			pattern, filepath.Base(first), labelIn(pattern, first), filepath.Base(last), labelIn(pattern, last)))
	}
	d.Layout = fmt.Sprintf("classes in file names by %s", pattern)
	named := map[string][]listRow{}
	for role, list := range lists {
		for _, path := range list {
			label := labelIn(pattern, path)
			if label == "" && role == "train" {
				return nil, badFile(path, "a name in which the pattern of labels %q finds nothing", pattern)
			}
			if label != "" {
				named[role] = append(named[role], listRow{path, label})
			}
		}
		if n := len(named[role]); n > 0 && n < len(list) {
			return nil, badFile(parts[role], "%d of %d names in which the pattern of labels %q finds nothing, expected all or none", len(list)-n, len(list), pattern)
		}
	}
	classes := labelsOf(named["train"])
	if len(classes) > maxClasses {
		return nil, badFile(dir, "%d different labels in file names by %q, expected at most %d", len(classes), pattern, maxClasses)
	}
	number := make(map[string]int, len(classes))
	for i, name := range classes {
		number[name] = i
	}
	files := func(rows []listRow) ([]listedPicture, string) {
		out := make([]listedPicture, len(rows))
		for i, r := range rows {
			label, known := number[r.label]
			if !known {
				return nil, r.label
			}
			out[i] = listedPicture{r.file, label}
		}
		return out, ""
	}
	train, _ := files(named["train"])
	shape, err := folderShape(train, o)
	if err != nil {
		return nil, err
	}
	b := loading{shape: shape, classes: classes, o: o, d: d, groups: newGrouping(o.Group)}
	b.expect(len(named["train"]) + len(named["val"]) + len(named["test"]))
	if d.Train, err = b.load(train); err != nil {
		return nil, err
	}
	for _, part := range []struct {
		role string
		to   **Set
	}{{"val", &d.Val}, {"test", &d.Test}} {
		if parts[part.role] == "" {
			continue
		}
		list, unknown := files(named[part.role])
		if len(list) == 0 {
			why := "pictures without labels"
			if unknown != "" {
				why = fmt.Sprintf("names of classes that the training part does not have, such as %q,", unknown)
			}
			d.Notes = append(d.Notes, fmt.Sprintf("%s has %s and is not used", parts[part.role], why))
			continue
		}
		if *part.to, err = b.load(list); err != nil {
			return nil, err
		}
	}
	return b.finish()
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

// labelIn returns the label that a valid pattern finds in the name of a file; "" if it finds none.
func labelIn(pattern, path string) string {
	p, at, err := checkLabelPattern(pattern)
	if err != nil {
		return ""
	}
	if m := p.FindStringSubmatch(filepath.Base(path)); m != nil {
		return className(m[at])
	}
	return ""
}

// guessPattern returns the one pattern by which all names fall into classes of at least two
// pictures. Several that make different classes, and none, are errors.
func guessPattern(dir string, list []string) (string, error) {
	type fit struct {
		pattern string
		classes []string // of each picture
	}
	var fits []fit
	for _, pattern := range labelGuesses {
		f := fit{pattern: pattern}
		p := regexp.MustCompile(pattern)
		counts := map[string]int{}
		for _, path := range list {
			m := p.FindStringSubmatch(filepath.Base(path))
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
		return "", badFile(dir, "%d pictures and nothing that says their classes, expected a folder of pictures for each class, a csv file of names and labels, or names such as cat.12.jpg, or a pattern of labels in names (--label-pattern)", len(list))
	}
	var ways []string
	for _, f := range fits {
		different := slices.Compact(slices.Sorted(slices.Values(f.classes)))
		ways = append(ways, fmt.Sprintf("%d classes such as %q by '%s'", len(different), different[0], f.pattern))
	}
	return "", badFile(dir, "pictures whose names can be read in several ways, %s; expected one, given as --label-pattern", strings.Join(ways, ", or "))
}
