package space

import (
	"fmt"
	"slices"
)

// Faults collects what is wrong with a declaration; errors.Join(f...) makes one error
// of it. Each fault names the field and what was expected.
type Faults []error

// Add adds an error of a field.
func (f *Faults) Add(field string, err error) { *f = append(*f, fmt.Errorf("%s: %w", field, err)) }

// Addf adds a fault of its own words.
func (f *Faults) Addf(format string, args ...any) { *f = append(*f, fmt.Errorf(format, args...)) }

// Between adds a fault unless lo <= n <= hi.
func (f *Faults) Between(field string, n, lo, hi int) {
	if n < lo || n > hi {
		f.Addf("%s: %d; want %d to %d", field, n, lo, hi)
	}
}

// Once adds a fault if entry i of a list stands before it too.
func (f *Faults) Once(field string, list []string, i int) {
	if slices.Contains(list[:i], list[i]) {
		f.Addf("%s: %q is given twice", field, list[i])
	}
}

// Rising adds a fault unless the numbers rise, each from lo to hi, and there are 1 to
// 255 of them.
func (f *Faults) Rising(field string, list []int, lo, hi int) {
	if n := len(list); n < 1 || n > 255 {
		f.Addf("%s: %d of them; want 1 to 255", field, n)
	}
	for i, n := range list {
		f.Between(field, n, lo, hi)
		if i > 0 && n <= list[i-1] {
			f.Addf("%s: %d follows %d; want rising numbers", field, n, list[i-1])
		}
	}
}
