package data

import (
	"io"
	"strings"
)

// maxNameBytes bounds a file of class names.
const maxNameBytes = 1 << 20

// readNames returns the non-empty lines of a text file of class names; there must be want of them, or any number from 1
// on when want is 0.
func readNames(path string, want int) ([]string, error) {
	var names []string
	err := withSource(path, func(src *source) error {
		text, err := io.ReadAll(io.LimitReader(src.r, maxNameBytes))
		if src.off = int64(len(text)); err != nil {
			return src.fail(src.off, err, "unreadable, expected class names")
		}
		for line := range strings.Lines(string(text)) {
			if name := strings.TrimSpace(line); name != "" {
				names = append(names, name)
			}
		}
		return nil
	})
	switch {
	case err != nil:
		return nil, err
	case want != 0 && len(names) != want:
		return nil, badFile(path, "%d class names, expected %d, one a line", len(names), want)
	case len(names) == 0 || len(names) > maxClasses:
		return nil, badFile(path, "%d class names, expected 1 to %d, one a line", len(names), maxClasses)
	}
	return names, nil
}
