// Package atomicfile replaces files as a whole: whatever moment the program or
// the machine stops, a path holds the old content or the new one. It imports renameio only.
package atomicfile

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
)

// Write lets write fill a temporary file in the folder of path and, if that
// succeeds, moves it to path in one step. The new content is complete on the
// disk, under its name, when Write returns nil. A process that is killed leaves a
// hidden file ".NAME" followed by digits beside path, which may be removed. A
// symbolic link at path is itself replaced. A file that is replaced passes its
// mode on. Errors need not name path.
func Write(path string, write func(io.Writer) error) error { return replace(path, write) }

// WriteBytes replaces the content of path by b, as Write does.
func WriteBytes(path string, b []byte) error {
	return Write(path, func(w io.Writer) error {
		_, err := w.Write(b)
		return err
	})
}

// SyncFolder makes files that were made, renamed or removed in a folder stay so after a
// power cut. Where a file system knows no such operation it does nothing.
func SyncFolder(dir string) error { return syncDir(dir) }

// temporary matches the names of files that Write fills.
var temporary = regexp.MustCompile(`^\..+\.[a-z]+[0-9]{4,}$`)

// Sweep removes what killed writers have left in a folder: files called ".NAME.ENDING"
// followed by four digits or more. Nobody may be writing there. A folder that does not exist is clean.
func Sweep(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	var errs []error
	for _, e := range entries {
		if e.Type().IsRegular() && temporary.MatchString(e.Name()) {
			errs = append(errs, os.Remove(filepath.Join(dir, e.Name())))
		}
	}
	return errors.Join(errs...)
}
