package data

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Tiny ImageNet keeps the pictures of a class in a folder of its folder, those of its
// validation part all in one, with a list of file and class, and those of its test part
// without labels.
const (
	tinyImages = "images"
	tinyLabels = "val_annotations.txt"
)

// tinyPart returns the pictures of dir/images with the classes that the list beside it
// gives; none if there is no list.
func tinyPart(dir string, classes []string) ([]listedPicture, error) {
	path := filepath.Join(dir, tinyLabels)
	text, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	plain, err := unmarked(text)
	if err != nil {
		return nil, &FormatError{File: path, Offset: 0, Problem: "unreadable, expected a list of files and classes", Err: err}
	}
	var files []listedPicture
	for line := range strings.Lines(plain) {
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		label := -1
		if len(f) > 1 {
			label = slices.Index(classes, f[1])
		}
		if label < 0 {
			return nil, badFile(path, "a line %q, expected a file and one of the %d classes of the training part", strings.TrimSpace(line), len(classes))
		}
		files = append(files, listedPicture{path: filepath.Join(dir, tinyImages, f[0]), label: label})
	}
	return files, nil
}
