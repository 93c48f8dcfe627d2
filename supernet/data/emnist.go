package data

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// emnist begins the names of the files of EMNIST (Cohen et al. 2017), whose pictures are
// stored column by column.
const emnist = "emnist-"

// idxSet is where a set of IDX files is: what its names begin with, "" for plain ones.
type idxSet struct {
	prefix string
	test   string // what the test part is called
}

// part returns what the names of a part's files begin with.
func (s idxSet) part(role string) string {
	if role == "test" {
		role = s.test
	}
	return s.prefix + role
}

// given returns what the names of the files of a validation or test part begin with; "" if there are none.
func (s idxSet) given(names map[string]bool, role string) string {
	parts := []string{s.part("test")}
	if role == "val" {
		parts = []string{s.prefix + "val", s.prefix + "valid", s.prefix + "validation"}
	}
	for _, part := range parts {
		if idxFile(names, part, "images-idx3") != "" || idxFile(names, part, "labels-idx1") != "" {
			return part
		}
	}
	return ""
}

// transposed reports whether pictures are stored column by column.
func (s idxSet) transposed() bool { return strings.HasPrefix(s.prefix, emnist) }

// idxSets returns the sets of IDX files among names: plain ones, and those of EMNIST by kind.
func idxSets(names map[string]bool) []idxSet {
	has := func(part string) bool {
		return idxFile(names, part, "images-idx3") != "" || idxFile(names, part, "labels-idx1") != ""
	}
	var found []idxSet
	switch {
	case has("test") && !has("t10k"):
		found = append(found, idxSet{"", "test"})
	case has("t10k") || has("train"):
		found = append(found, idxSet{"", "t10k"})
	}
	var kinds []string
	for name := range names {
		name = filepath.Base(name)
		if at := strings.Index(name, "-train-images"); strings.HasPrefix(name, emnist) && at > 0 && !slices.Contains(kinds, name[:at+1]) {
			kinds = append(kinds, name[:at+1])
		}
	}
	slices.Sort(kinds)
	for _, kind := range kinds {
		found = append(found, idxSet{kind, "test"})
	}
	return found
}

// upend turns pictures that are stored column by column, [N][W][H] in an array of [N][H][W],
// into rows. Pictures must be square.
func upend(s *Set) {
	side := s.H
	for i := range len(s.Pix) / (side * side) {
		p := s.Pix[i*side*side:][:side*side]
		for y := range side {
			for x := range y {
				p[y*side+x], p[x*side+y] = p[x*side+y], p[y*side+x]
			}
		}
	}
}

// emnistNames reads a mapping of EMNIST, a line "label code ..." for each class, where codes are
// those of its letters. It returns the classes from the lowest label on, and that.
func emnistNames(path string) (names []string, first int, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, 0, fmt.Errorf("data: %w", err)
	}
	plain, err := unmarked(text)
	if err != nil {
		return nil, 0, &FormatError{File: path, Offset: 0, Problem: "unreadable, expected a label and a code in each line", Err: err}
	}
	n := 0
	for line := range strings.Lines(plain) {
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		n++
		if len(f) < 2 {
			return nil, 0, badFile(path, "line %d is %q, expected a label and a code", n, strings.TrimSpace(line))
		}
		label, err1 := strconv.Atoi(f[0])
		code, err2 := strconv.ParseUint(f[1], 10, 16)
		if err1 != nil || err2 != nil || code <= ' ' {
			return nil, 0, badFile(path, "line %d is %q, expected a label and the code of a letter", n, strings.TrimSpace(line))
		}
		if len(names) == 0 {
			first = label
		}
		if label != first+len(names) || first < 0 || first > 1 {
			return nil, 0, badFile(path, "label %d in line %d, expected labels from 0 or 1 on, one after the other", label, n)
		}
		names = append(names, string(rune(code)))
	}
	if len(names) == 0 {
		return nil, 0, badFile(path, "no lines, expected a label and a code in each")
	}
	return names, first, nil
}
