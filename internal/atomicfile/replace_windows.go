package atomicfile

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// replace relies on os.Rename, which replaces a file in one step here too. A
// file that cannot be written to is not replaced, so there is no mode to pass on.
func replace(path string, write func(io.Writer) error) (err error) {
	t, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path))
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, discard(t))
		}
	}()
	if err := write(t); err != nil {
		return err
	}
	if err := t.Sync(); err != nil {
		return err
	}
	if err := t.Close(); err != nil {
		return err
	}
	return os.Rename(t.Name(), path)
}

// discard removes a temporary file, which may be closed already.
func discard(t *os.File) error {
	if err := t.Close(); err != nil && !errors.Is(err, fs.ErrClosed) {
		return err
	}
	return os.Remove(t.Name())
}

// syncDir does nothing: folders cannot be opened for it here.
func syncDir(string) error { return nil }
