package data

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// subfolders returns the names of the folders in dir, sorted; clutter does not count, links do.
func subfolders(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	var names []string
	for _, e := range entries {
		folder, err := isFolder(dir, e)
		if err != nil {
			return nil, err
		}
		if folder {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

func isFolder(dir string, e fs.DirEntry) (bool, error) {
	if isClutter(e.Name()) {
		return false, nil
	}
	if e.Type()&fs.ModeSymlink == 0 {
		return e.IsDir(), nil
	}
	info, err := os.Stat(filepath.Join(dir, e.Name()))
	if err != nil {
		return false, &FormatError{File: filepath.Join(dir, e.Name()), Offset: NoOffset, Problem: "a link that leads nowhere, expected a file or folder", Err: err}
	}
	return info.IsDir(), nil
}

// isClutter reports whether name is what systems, archives, editors and notebooks leave behind, in
// any letter case; hidden names are.
func isClutter(name string) bool {
	lower := strings.ToLower(name)
	switch lower {
	case "thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx", "@eadir", "#recycle", "$recycle.bin", "system volume information", "lost+found",
		"icon\r", "picasa.ini", "zbthumbnail.info", "pspbrwse.jbf", "__pycache__":
		return true
	}
	for _, end := range changedEnds {
		if before, ends := strings.CutSuffix(lower, end); ends && isPictureName(before) {
			return true
		}
	}
	if strings.HasSuffix(lower, "zone.identifier") || strings.HasSuffix(lower, ".aae") { // where a file came from, by Windows; what a phone was asked to change
		return true
	}
	return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "~$") || strings.HasPrefix(lower, "thumbs.db:")
}

// changedEnds follow the names of pictures as they were before an editor, or exiftool, changed them.
var changedEnds = []string{"~", "_original"}

// isPictureName reports whether a file is called as pictures are.
func isPictureName(name string) bool {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm", ".pnm":
		return true
	}
	return false
}
