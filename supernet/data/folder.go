package data

import (
	"fmt"
	"image"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
)

// pictureFile is a picture of a class, not yet read.
type pictureFile struct {
	path  string
	label int
}

// readFolder reads dir/CLASS/*.png, or dir/train/CLASS/*.png and dir/test/CLASS/*.png when dir/train holds folders.
// Classes and pictures are in the order of their names.
func readFolder(dir string, _ map[string]bool, o OpenOptions) (*Dataset, error) {
	trainDir, testDir, err := folderParts(dir)
	if err != nil {
		return nil, err
	}
	classes, err := subfolders(trainDir)
	if err != nil {
		return nil, err
	}
	if len(classes) > maxClasses {
		return nil, badFile(trainDir, "%d folders, expected at most %d classes", len(classes), maxClasses)
	}
	files, err := listPictures(trainDir, classes, classes)
	if err != nil {
		return nil, err
	}
	shape, err := folderShape(files[0].path, o)
	if err != nil {
		return nil, err
	}
	d := &Dataset{}
	if d.Train, err = shape.load(files, classes, o); err != nil || testDir == "" {
		return d, err
	}
	testClasses, err := subfolders(testDir)
	if err != nil {
		return nil, err
	}
	if files, err = listPictures(testDir, testClasses, classes); err != nil {
		return nil, err
	}
	d.Test, err = shape.load(files, classes, o)
	return d, err
}

// folderParts returns the folders whose subfolders are the classes; test is "" when there is none.
func folderParts(dir string) (train, test string, err error) {
	parts, err := subfolders(dir)
	if err != nil {
		return "", "", err
	}
	split := false
	for _, part := range parts {
		if part == "train" {
			inner, err := subfolders(filepath.Join(dir, part))
			if err != nil {
				return "", "", err
			}
			split = len(inner) > 0
		}
	}
	if !split {
		return dir, "", nil
	}
	for _, part := range parts {
		switch part {
		case "train":
		case "test":
			test = filepath.Join(dir, part)
		default:
			return "", "", badFile(filepath.Join(dir, part),
				"a folder beside train, expected only test there (the search-validation split is cut from train)")
		}
	}
	return filepath.Join(dir, "train"), test, nil
}

// subfolders returns the names of the folders in dir, sorted; hidden ones do not count, links do.
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
		return false, fmt.Errorf("data: %w", err)
	}
	return info.IsDir(), nil
}

// isClutter reports whether name is a file that desktops leave behind.
func isClutter(name string) bool {
	return strings.HasPrefix(name, ".") || name == "Thumbs.db" || name == "desktop.ini"
}

// listPictures returns the pictures of the folders dir/CLASS, where every folder must be one of classes and hold at
// least one picture and nothing else.
func listPictures(dir string, folders, classes []string) ([]pictureFile, error) {
	labels := make(map[string]int, len(classes))
	for i, class := range classes {
		labels[class] = i
	}
	var files []pictureFile
	for _, folder := range folders {
		path := filepath.Join(dir, folder)
		label, known := labels[folder]
		if !known {
			return nil, badFile(path, "a class that the training part does not have")
		}
		before := len(files)
		var err error
		if files, err = appendPictures(files, path, label); err != nil {
			return nil, err
		}
		if len(files) == before {
			return nil, badFile(path, "an empty folder, expected PNG or JPEG pictures of its class")
		}
	}
	if len(files) == 0 {
		return nil, badFile(dir, "no folders, expected one with PNG or JPEG pictures for each class")
	}
	return files, nil
}

func appendPictures(files []pictureFile, dir string, label int) ([]pictureFile, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	for _, e := range entries {
		if isClutter(e.Name()) {
			continue
		}
		path := filepath.Join(dir, e.Name())
		switch strings.ToLower(filepath.Ext(e.Name())) {
		case ".png", ".jpg", ".jpeg":
			files = append(files, pictureFile{path: path, label: label})
		default:
			return nil, badFile(path, "in a class folder, expected only .png, .jpg and .jpeg files")
		}
	}
	return files, nil
}

// pictureShape is the shape that every picture of a folder data set gets.
type pictureShape struct {
	h, w, c int
	like    string // the first picture, whose size all must have; "" when they are scaled
}

func folderShape(first string, o OpenOptions) (pictureShape, error) {
	shape := pictureShape{h: o.Size, w: o.Size, c: 3}
	if o.Gray {
		shape.c = 1
	}
	if o.Size != 0 {
		return shape, nil
	}
	h, w, err := pictureSize(first)
	shape.h, shape.w, shape.like = h, w, first
	return shape, err
}

// load reads files on several goroutines, each picture into its own place. Of several errors it returns the one of the
// first file in order: files are handed out in order, so every file before a bad one has been read.
func (p pictureShape) load(files []pictureFile, classes []string, o OpenOptions) (*Set, error) {
	size := p.h * p.w * p.c
	if int64(len(files)) > o.MaxBytes/int64(size) {
		return nil, badFile(files[0].path, "the first of %d pictures of %dx%dx%d bytes, expected at most %d bytes in all",
			len(files), p.h, p.w, p.c, o.MaxBytes)
	}
	s := &Set{
		H: p.h, W: p.w, C: p.c, Classes: classes,
		Pix: make([]uint8, len(files)*size), Labels: make([]uint16, len(files)),
	}
	var next atomic.Int64
	var failed atomic.Bool
	errs := make([]error, len(files))
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(files)) {
		wg.Go(func() {
			for !failed.Load() {
				i := int(next.Add(1)) - 1
				if i >= len(files) {
					return
				}
				s.Labels[i] = uint16(files[i].label)
				if errs[i] = p.read(files[i].path, s.Pix[i*size:(i+1)*size]); errs[i] != nil {
					failed.Store(true)
				}
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return s, nil
}

// read decodes one picture into dst.
func (p pictureShape) read(path string, dst []uint8) error {
	return withPicture(path, func(f *os.File, config image.Config) error {
		if p.like != "" && (config.Height != p.h || config.Width != p.w) {
			return badFile(path, "a picture of %dx%d pixels, expected %dx%d like %s, or a size to scale all pictures to",
				config.Height, config.Width, p.h, p.w, p.like)
		}
		return decodePicture(f, dst, p.h, p.w, p.c)
	})
}
