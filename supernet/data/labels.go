package data

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

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

// wholeNumber is one, as it is or with a point and zeros, as tables write those of columns that
// lack some.
var wholeNumber = regexp.MustCompile(`^(-?\d+)(\.0+)?$`)

// plainLabels takes the zeros behind the points of labels that are all whole numbers. Labels that
// are numbers with fractions, or different for most pictures, are an error: they are measured,
// and no classes.
func plainLabels(file string, rows []listRow) error {
	whole, numbers := true, true
	different := map[string]bool{}
	for _, r := range rows {
		different[r.label] = true
		whole = whole && wholeNumber.MatchString(r.label)
		numbers = numbers && !notANumber(r.label)
	}
	if numbers && len(different) > 2 && 2*len(different) > len(rows) {
		return badFile(file, "%d different labels of %d pictures, all numbers, the first %q; expected classes: numbers that are measured are not predicted", len(different), len(rows), rows[0].label)
	}
	if whole {
		for i, r := range rows {
			rows[i].label = wholeNumber.FindStringSubmatch(r.label)[1]
		}
	}
	return nil
}

// missingNames are what programs write for a value that is missing, in lower case.
var missingNames = []string{"nan", "null", "<na>", "#n/a", "n/a", "na", "none"}

// classNotes tells of classes that may be meant to be others: names that differ in the case of
// letters alone, several names in one, and names of missing values.
func classNotes(classes []string) (notes []string) {
	known, folded := map[string]bool{}, map[string]string{}
	for _, name := range classes {
		known[name] = true
	}
	for _, name := range classes {
		lower := strings.ToLower(name)
		if slices.Contains(missingNames, lower) {
			notes = append(notes, fmt.Sprintf("class %q is one like others, though tables call so what is missing", name))
		}
		if other := folded[lower]; other != "" && len(name) > 1 {
			notes = append(notes, fmt.Sprintf("classes %q and %q differ in the case of letters alone, and are two", other, name))
		}
		folded[lower] = name
		names := strings.FieldsFunc(name, func(c rune) bool { return strings.ContainsRune("|;,+&/ ", c) })
		if len(names) > 1 && !slices.ContainsFunc(names, func(n string) bool { return !known[n] }) {
			notes = append(notes, fmt.Sprintf("class %q is one of its own beside %q: a picture has one class", name, names))
		}
	}
	return notes
}
