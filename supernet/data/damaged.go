package data

import (
	"fmt"
	"strings"
)

// DamagedError lists the pictures of a folder that cannot be read.
type DamagedError struct {
	Errors []error // one for each, in the order of their names
	Of     int     // pictures there are
}

// mostListed bounds how many damaged pictures Error names.
const mostListed = 20

// Error lists the pictures.
func (e *DamagedError) Error() string {
	if len(e.Errors) == 1 {
		return e.Errors[0].Error() + "; it can be left out (--skip-bad)"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d of %d pictures cannot be read (they can be left out: --skip-bad):", len(e.Errors), e.Of)
	for _, err := range e.Errors[:min(len(e.Errors), mostListed)] {
		fmt.Fprintf(&b, "\n  %v", err)
	}
	if more := len(e.Errors) - mostListed; more > 0 {
		fmt.Fprintf(&b, "\n  and %d more", more)
	}
	return b.String()
}

// Unwrap returns the error of each picture.
func (e *DamagedError) Unwrap() []error { return e.Errors }
