package data

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// maxNameBytes bounds a file of class names.
const maxNameBytes = 1 << 20

// readNames returns the non-empty lines of a text file of class names; there must be want of them, or any number from 1
// on when want is 0. note tells how a file was read that is not UTF-8; "" of others.
func readNames(path string, want int) (names []string, note string, err error) {
	err = withSource(path, func(src *source) error {
		text, err := io.ReadAll(io.LimitReader(src.r, maxNameBytes))
		if src.off = int64(len(text)); err != nil {
			return src.fail(src.off, err, "unreadable, expected class names")
		}
		plain, err := unmarked(text)
		if err != nil {
			return src.fail(0, err, "unreadable, expected class names")
		}
		for line := range strings.Lines(plain) {
			name := strings.TrimSpace(line)
			if note == "" && !utf8.ValidString(name) {
				note = notUTF8(path, name)
			}
			if name != "" {
				names = append(names, className(name))
			}
		}
		return nil
	})
	switch {
	case err != nil:
		return nil, "", err
	case want != 0 && len(names) != want:
		return nil, "", badFile(path, "%d class names, expected %d, one a line", len(names), want)
	case len(names) == 0 || len(names) > maxClasses:
		return nil, "", badFile(path, "%d class names, expected 1 to %d, one a line", len(names), maxClasses)
	}
	return names, note, nil
}

// unmarked returns a text without the byte order mark that Windows puts before UTF-8. The
// marks of UTF-16 are an error.
func unmarked(text []byte) (string, error) {
	if bytes.HasPrefix(text, []byte{0xff, 0xfe}) || bytes.HasPrefix(text, []byte{0xfe, 0xff}) {
		return "", errors.New("the text is UTF-16; save it as UTF-8")
	}
	return strings.TrimPrefix(string(text), "\ufeff"), nil
}

// className returns the name of a class as files can hold it, from that of a folder or file, or
// what lists call them: accents in one way of spelling (archives made on a Mac spell them as
// letters of their own), and names that are not UTF-8 read as Windows-1252, as old archives and
// spreadsheets have them.
func className(name string) string {
	if !utf8.ValidString(name) {
		runes := make([]rune, len(name))
		for i := range len(name) {
			if runes[i] = charmap.Windows1252.DecodeByte(name[i]); runes[i] == utf8.RuneError {
				runes[i] = rune(name[i]) // one of five bytes that stand for nothing
			}
		}
		name = string(runes)
	}
	return norm.NFC.String(name)
}

// notUTF8 tells how a text that is not UTF-8 was read; first is the first such piece of it.
func notUTF8(path, first string) string {
	return fmt.Sprintf("%s is not UTF-8 and is read as Windows-1252, %q in it as %q; if that is wrong, save it as UTF-8", filepath.Base(path), first, className(first))
}
