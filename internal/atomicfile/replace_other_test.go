//go:build !windows

package atomicfile

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestModesArePassedOn(t *testing.T) {
	for _, mode := range []fs.FileMode{0o600, 0o444} {
		path := filepath.Join(t.TempDir(), "f")
		if err := os.WriteFile(path, []byte("old"), mode); err != nil {
			t.Fatal(err)
		}
		if err := WriteBytes(path, []byte("new")); err != nil {
			t.Fatal(err)
		}
		holds(t, path, "new")
		if info, err := os.Stat(path); err != nil || info.Mode() != mode {
			t.Errorf("mode is %v (%v); want %v", info.Mode(), err, mode)
		}
	}
}
