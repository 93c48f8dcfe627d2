package checkpoint

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/espalier-nas/espalier/internal/atomicfile"
)

var errNotRegular = errors.New("not a regular file")

// Write writes f to path and replaces what was there in one step: whatever moment
// the program or the machine stops, path holds the old file or the new one, whole.
// The new one is complete on the disk, under its name, when Write returns nil. A
// writer that is killed leaves a hidden file ".NAME" followed by digits beside
// path, which may be removed. A symbolic link at path is itself replaced.
//
// As with Encode, values must not change during the call.
func Write(path string, f *File) error {
	return replace(path, func(w io.Writer) error { return Encode(w, f) })
}

// replace replaces path and tells which file an error is about.
func replace(path string, write func(io.Writer) error) error {
	if err := atomicfile.Write(path, write); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// Read reads the file at path and checks every byte of it. Errors about its
// content are of type *FormatError.
func Read(path string) (*File, error) {
	r, size, err := open(path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return decode(path, r, size, hostOrder())
}

// Stat reads and checks the header of the file at path and that the file is as
// long as it says. It doesn't read the payloads, whose faults it therefore cannot
// see.
func Stat(path string) (*Header, error) {
	r, size, err := open(path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return newReader(path, r, size).header()
}

// open opens a regular file and returns its length. It looks before it opens,
// since to open a pipe is to wait for its writer.
func open(path string) (*os.File, int64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, 0, fmt.Errorf("checkpoint: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, 0, fmt.Errorf("checkpoint %s: %w", path, errNotRegular)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, fmt.Errorf("checkpoint: %w", err)
	}
	if info, err = f.Stat(); err != nil {
		f.Close()
		return nil, 0, fmt.Errorf("checkpoint: %w", err)
	}
	return f, info.Size(), nil
}
