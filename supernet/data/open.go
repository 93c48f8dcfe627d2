package data

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// DefaultMaxBytes is the bound on the pixels of each part of a data set that OpenOptions.MaxBytes 0 stands for: 4 GiB.
const DefaultMaxBytes int64 = 4 << 30

// OpenOptions says how a directory is read.
type OpenOptions struct {
	// Size is the side in pixels that pictures in folders are scaled to (as ReadPicture does). With 0, all must have
	// the size of the first. The other formats have a size of their own; a Size that differs from it is an error.
	Size int
	// Gray turns pictures in folders into one channel; without it they have three. For the other formats it is an
	// error unless they are grey already.
	Gray    bool
	View    View // how pictures in folders become pixels
	SkipBad bool // leave out pictures in folders that cannot be read, with a note, instead of an error that lists them
	// Group, a regular expression, tells which pictures in folders belong together: those in
	// whose path, from the class folder on, it finds the same text, in its first group if it
	// has one. Split keeps them on one side. Empty: each picture is by itself.
	Group string
	// MaxBytes bounds the pixels of the training part and of the test part, in bytes of memory; 0 means DefaultMaxBytes.
	MaxBytes int64
}

// Validate reports every field that is out of range.
func (o OpenOptions) Validate() error {
	var errs []error
	if o.Size < 0 || o.Size > maxSide {
		errs = append(errs, fmt.Errorf("data: picture size is %d, expected 0 to %d", o.Size, maxSide))
	}
	if o.MaxBytes < 0 {
		errs = append(errs, fmt.Errorf("data: limit is %d bytes, expected 0 or more", o.MaxBytes))
	}
	if _, err := regexp.Compile(o.Group); err != nil {
		errs = append(errs, fmt.Errorf("data: group %q is no regular expression: %w", o.Group, err))
	}
	return errors.Join(append(errs, o.View.Validate())...)
}

// binaryFormat is a format that is known by the names of its files.
type binaryFormat struct {
	name string
	is   func(names map[string]bool) bool
	read func(dir string, names map[string]bool, o OpenOptions) (*Dataset, error)
}

func binaryFormats() []binaryFormat {
	return []binaryFormat{
		{"idx", isIDX, readIDX},
		{"cifar10", isCIFAR10, readCIFAR10},
		{"cifar100", isCIFAR100, readCIFAR100},
	}
}

// Open reads the data set in dir, or the archive that dir is. What it is shows in the names of the files:
//
//	idx       train-images-idx3-ubyte, train-labels-idx1-ubyte and the same with t10k for the test part, plain or .gz,
//	          also spelt train-images.idx3-ubyte; class names in classes.txt, one a line, if there is one
//	cifar10   data_batch_1.bin ..., test_batch.bin, batches.meta.txt
//	cifar100  train.bin, test.bin, fine_label_names.txt; the fine label counts
//	npz       a NumPy archive, by itself or alone in its folder, with the arrays of MedMNIST (train_images, train_labels,
//	          val_..., test_...) or Keras (x_train, y_train, x_test, y_test)
//	list      pictures in one folder or several and a csv file of names and labels beside them, where folders are no
//	          classes
//	folder    a folder of pictures for each class, or the same in parts for training, validation and test: under train,
//	          val and test, or what data sets call them (Training, seg_train, valid, ...), also one folder deeper
//
// Test and validation part may be missing. Hidden files, and what systems leave behind, do not count. A file or a
// directory that breaks its format is a *FormatError.
func Open(dir string, o OpenOptions) (*Dataset, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	var d *Dataset
	format, names, err := recognise(dir)
	archive, list := npzOf(dir), listOf(dir)
	switch other := err != nil || format.name == "folder"; {
	case archive != "" && err != nil:
		format.name = "npz"
		d, err = readNPZ(archive, o)
	case list != "" && other:
		format.name = "list"
		d, err = readList(dir, list, o)
	case err == nil:
		d, err = format.read(dir, names, o)
	}
	if err != nil {
		return nil, err
	}
	if o.Group != "" && d.Train.Groups == nil {
		return nil, badFile(dir, "pictures in format %s, which have no names to group by %q, expected pictures in folders", format.name, o.Group)
	}
	if err := matches(d.Train, dir, format.name, o); err != nil {
		return nil, err
	}
	path, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	d.Name, d.Format = filepath.Base(path), format.name
	return d, nil
}

// recognise returns the format of dir and the names of its entries. Binary files go before folders.
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
	if len(found) == 1 {
		return found[0], names, nil
	}
	if len(found) > 1 {
		return binaryFormat{}, nil, badFile(dir, "files of several formats (%s), expected one", strings.Join(known, ", "))
	}
	folders, err := subfolders(dir)
	if err != nil {
		return binaryFormat{}, nil, err
	}
	if len(folders) == 0 {
		return binaryFormat{}, nil, badFile(dir, "no data set, expected IDX files (train-images-idx3-ubyte), CIFAR files "+
			"(data_batch_1.bin or train.bin) or a folder of pictures for each class")
	}
	return binaryFormat{name: "folder", read: readFolder}, names, nil
}

// matches returns an error when the set has not the shape that the options ask for.
func matches(s *Set, dir, format string, o OpenOptions) error {
	if o.Size != 0 && (s.H != o.Size || s.W != o.Size) {
		return badFile(dir, "%s pictures of %dx%d pixels, but size %d is asked for; only pictures in folders are scaled",
			format, s.H, s.W, o.Size)
	}
	if o.Gray && s.C != 1 {
		return badFile(dir, "%s pictures in colour, but grey is asked for; only pictures in folders are turned grey", format)
	}
	return nil
}
