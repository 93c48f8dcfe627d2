package atomicfile

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func content(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// holds demands that a folder holds one file with this content, nothing beside it.
func holds(t *testing.T, path, want string) {
	t.Helper()
	if got := content(t, path); got != want {
		t.Errorf("%s holds %q; want %q", path, got, want)
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) != 1 {
		t.Errorf("the folder holds %v (%v); want one file", left, err)
	}
}

func TestFilesAreReplacedAsAWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	for _, text := range []string{"first", "", "a second, longer one"} {
		if err := WriteBytes(path, []byte(text)); err != nil {
			t.Fatal(err)
		}
		holds(t, path, text)
	}
	failure := errors.New("half way")
	err := Write(path, func(w io.Writer) error {
		if _, err := io.WriteString(w, "half"); err != nil {
			return err
		}
		if got := content(t, path); got != "a second, longer one" {
			t.Errorf("while it is written the file holds %q", got)
		}
		return failure
	})
	if !errors.Is(err, failure) {
		t.Errorf("got %v; want the writer's error", err)
	}
	holds(t, path, "a second, longer one")
}

func TestNoFolder(t *testing.T) {
	err := WriteBytes(filepath.Join(t.TempDir(), "none", "f"), nil)
	if err == nil || !strings.Contains(err.Error(), "none") {
		t.Errorf("got %v; want an error that names the folder", err)
	}
}
