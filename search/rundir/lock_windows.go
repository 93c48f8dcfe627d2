package rundir

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/windows"
)

// lockFolder takes a hidden file beside the folder as the lock, since folders
// cannot be locked here. Nobody else can open it, and it is removed when it is
// closed.
func lockFolder(path string) (*os.File, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	abs += ".lock"
	name, err := windows.UTF16PtrFromString(abs)
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", abs, err)
	}
	const attributes = windows.FILE_ATTRIBUTE_HIDDEN | windows.FILE_FLAG_DELETE_ON_CLOSE
	h, err := windows.CreateFile(name, windows.GENERIC_READ|windows.GENERIC_WRITE, 0, nil, windows.OPEN_ALWAYS, attributes, 0)
	if errors.Is(err, windows.ERROR_SHARING_VIOLATION) {
		return nil, errInUse(path)
	}
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", abs, err)
	}
	return os.NewFile(uintptr(h), abs), nil
}
