package data

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// misplaced returns an error that names what is given, or lies in dir, instead of a data set: a
// picture, or an archive that was not unpacked; nil for others.
func misplaced(dir string) error {
	if isFile(dir) {
		head, err := headOf(dir)
		if err != nil {
			return fmt.Errorf("data: %w", err)
		}
		if kind := foreign(dir, head); kind != "" {
			return badFile(dir, "%s, expected a folder, as archives are unpacked to", kind)
		}
		if looksLikeAPicture(dir) {
			return badFile(dir, "a picture, expected the folder that pictures are in")
		}
		return nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("data: %w", err)
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if isClutter(e.Name()) || !isFile(path) {
			continue
		}
		head, err := headOf(path)
		if err != nil {
			return fmt.Errorf("data: %w", err)
		}
		if kind := foreign(path, head); kind != "" {
			return badFile(dir, "no pictures, but %s, %s, expected what it unpacks to, or pictures of other kinds", e.Name(), kind)
		}
	}
	return nil
}

// recogniseInside looks for binary files in dir or, where it holds one folder, in that, as
// unpacked archives and torchvision have them. It returns the folder as well.
func recogniseInside(dir string) (at string, f binaryFormat, names map[string]bool, err error) {
	for range deepest {
		if f, names, err = recognise(dir); err != nil || f.read != nil {
			return dir, f, names, err
		}
		folders, err := subfolders(dir)
		if err != nil || len(folders) != 1 {
			return dir, f, names, err
		}
		dir = filepath.Join(dir, folders[0])
	}
	return dir, f, names, nil
}

// recognise returns the format of the binary files in dir, none if there are none, and the
// names of its entries.
func recognise(dir string) (binaryFormat, map[string]bool, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return binaryFormat{}, nil, fmt.Errorf("data: %w", err)
	}
	names := make(map[string]bool, len(entries))
	for _, e := range entries {
		folder, err := isFolder(dir, e)
		if err != nil {
			return binaryFormat{}, nil, err
		}
		if !folder {
			names[e.Name()] = true
			continue
		}
		// Some archives of MNIST have a folder called as the file in it.
		if inner := e.Name() + "/" + e.Name(); isFile(filepath.Join(dir, inner)) {
			names[inner] = true
		}
	}
	var found []binaryFormat
	var known []string
	for _, f := range binaryFormats() {
		if f.is(names) {
			found = append(found, f)
			known = append(known, f.name)
		}
	}
	switch len(found) {
	case 0:
		return binaryFormat{}, names, nil
	case 1:
		return found[0], names, nil
	}
	return binaryFormat{}, nil, badFile(dir, "files of several formats (%s), expected one", strings.Join(known, ", "))
}
