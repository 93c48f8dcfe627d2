package data

import (
	"fmt"
	"strings"
)

// NoOffset is the Offset of a FormatError about a whole file or directory.
const NoOffset int64 = -1

// FormatError says that a file or directory does not hold what its format promises.
type FormatError struct {
	File    string // path of the file or directory
	Offset  int64  // byte in the file, after decompression for .gz; NoOffset where no single byte is to blame
	Problem string // what was found and what was expected
	Err     error  // the cause, or nil
}

// Error returns "file: byte N: problem: cause".
func (e *FormatError) Error() string {
	var s strings.Builder
	s.WriteString(e.File)
	if e.Offset != NoOffset {
		fmt.Fprintf(&s, ": byte %d", e.Offset)
	}
	s.WriteString(": ")
	s.WriteString(e.Problem)
	if e.Err != nil {
		s.WriteString(": ")
		s.WriteString(e.Err.Error())
	}
	return s.String()
}

// Unwrap returns the cause.
func (e *FormatError) Unwrap() error { return e.Err }

func badFile(file, format string, args ...any) error {
	return &FormatError{File: file, Offset: NoOffset, Problem: fmt.Sprintf(format, args...)}
}
