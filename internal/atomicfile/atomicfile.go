// Package atomicfile replaces files as a whole: whatever moment the program or
// the machine stops, a path holds the old content or the new one.
package atomicfile

import "io"

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
