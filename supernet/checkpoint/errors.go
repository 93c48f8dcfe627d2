package checkpoint

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// Causes that a caller may want to tell apart with errors.Is. A file that is too
// short has the cause io.ErrUnexpectedEOF.
var (
	ErrNotCheckpoint = errors.New("not an espalier file")
	ErrSchema        = errors.New("unknown schema version")
	ErrChecksum      = errors.New("checksum mismatch")
)

// FormatError says where and how a file breaks its format.
type FormatError struct {
	File    string // path of the file; empty where it was read from a stream
	Offset  int64  // byte in the file at which the fault was found
	Field   string // part of the file, such as `tensors[3].shape` or `tensor "stem/w"`
	Problem string // what was found and what was expected
	Err     error  // the cause, or nil
}

// Error returns "file: byte N: field: problem: cause".
func (e *FormatError) Error() string {
	var s strings.Builder
	s.WriteString("checkpoint")
	if e.File != "" {
		s.WriteString(" " + e.File)
	}
	fmt.Fprintf(&s, ": byte %d: %s: %s", e.Offset, e.Field, e.Problem)
	if e.Err != nil {
		s.WriteString(": " + e.Err.Error())
	}
	return s.String()
}

// Unwrap returns the cause.
func (e *FormatError) Unwrap() error { return e.Err }

// short turns the end of input into the cause that says it came too early.
func short(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
