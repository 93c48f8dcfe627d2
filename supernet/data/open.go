package data

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
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
	// LabelPattern, a regular expression, finds the class in the names of pictures in folders: its
	// only group, or that called label. Empty: folders, or a list, tell classes.
	LabelPattern string
	Labels       string // which labels of CIFAR-100, one of LabelKinds; empty: fine
	// Stop, unless it is nil, is asked between pictures in folders; its error ends the reading.
	Stop func() error
	// Expect, unless it is nil, is told how many bytes the pixels of pictures in folders will take in memory, before
	// they are read.
	Expect func(bytes int64)
	// Cache, unless it is 0, is how many bytes of pixels of pictures in folders are kept in memory: where all parts
	// together take more, pictures are read from their files when they are asked for, but for so many.
	Cache int64
	// MaxBytes bounds the pixels of the training part and of the test part, in bytes of memory; 0 means DefaultMaxBytes.
	MaxBytes int64
}

// Validate reports every field that is out of range.
func (o OpenOptions) Validate() error {
	var errs []error
	if o.Size < 0 || o.Size > maxSide {
		errs = append(errs, fmt.Errorf("data: picture size is %d, expected 0 to %d", o.Size, maxSide))
	}
	if o.Cache < 0 {
		errs = append(errs, fmt.Errorf("data: cache is %d bytes, expected 0 or more", o.Cache))
	}
	if o.MaxBytes < 0 {
		errs = append(errs, fmt.Errorf("data: limit is %d bytes, expected 0 or more", o.MaxBytes))
	}
	if _, err := regexp.Compile(o.Group); err != nil {
		errs = append(errs, fmt.Errorf("data: group %q is no regular expression: %w", o.Group, err))
	}
	if o.LabelPattern != "" {
		if _, err := parseLabelPattern(o.LabelPattern); err != nil {
			errs = append(errs, err)
		}
	}
	if o.Labels != "" && !slices.Contains(LabelKinds(), o.Labels) {
		errs = append(errs, fmt.Errorf("data: labels are %q, expected one of %v", o.Labels, LabelKinds()))
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
		{"cifar10-python", isCIFAR10Python, readCIFAR10Python},
		{"cifar100-python", isCIFAR100Python, readCIFAR100Python},
	}
}

// Open reads the data set in dir, or the archive that dir is. What it is shows in the names of the files:
//
//	idx       train-images-idx3-ubyte, train-labels-idx1-ubyte and the same with t10k for the test part and val for validation, plain or .gz,
//	          also spelt train-images.idx3-ubyte; class names in classes.txt, one a line, if there is one
//	          those of EMNIST, emnist-letters-train-images-idx3-ubyte, are turned upright and named by their mapping
//	cifar10   data_batch_1.bin ..., test_batch.bin, batches.meta.txt
//	cifar100  train.bin, test.bin, fine_label_names.txt; the fine label counts, or the coarse one
//	cifar10-python, cifar100-python  the same for Python: data_batch_1 ..., test_batch; train, test and meta
//	npz       a NumPy archive, by itself or alone in its folder, with the arrays of MedMNIST (train_images, train_labels,
//	          val_..., test_...) or Keras (x_train, y_train, x_test, y_test): pictures of any type of numbers, channels
//	          last or first, values 0 to 255 or 0 to 1, and labels as numbers, text or a column for each class
//	npy       the same arrays in files of their own
//	pixels    csv files with a label and the pixels of a picture in each line, as Kaggle has MNIST
//	names     pictures whose names tell their class, by a pattern, or by the only guess that fits
//	list      pictures in one folder or several and csv or tsv files of names and labels beside them, where folders are
//	          no classes: one for all, which may have a column that says of which part a picture is, or one for each part,
//	          called after it or in its folder
//	folder    a folder of pictures for each class, or the same in parts for training, validation and test: under train,
//	          val and test, or what data sets call them (Training, seg_train, valid, ...), also one folder deeper, or
//	          inside the folders of classes, or told by tables beside them
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
	format, d, err := read(dir, o)
	if err != nil {
		return nil, err
	}
	if o.Labels != "" && !strings.HasPrefix(format, "cifar100") {
		return nil, badFile(dir, "format %s, which has one kind of labels, but %s ones are asked for; only CIFAR-100 has two", format, o.Labels)
	}
	if o.Group != "" && d.Train.Groups == nil {
		return nil, badFile(dir, "pictures in format %s, which have no names to group by %q, expected pictures in folders", format, o.Group)
	}
	if err := matches(d.Train, dir, format, o); err != nil {
		return nil, err
	}
	path, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	d.Name, d.Format = filepath.Base(path), format
	return d, nil
}

// otherFormats are formats that are known by what the files are, in the order in which they
// are looked for. find returns the path to read; "": it is another format.
func otherFormats(o OpenOptions) []otherFormat {
	named := func(dir string) string { return when(o.LabelPattern != "", dir) }
	flat := func(dir string) string { return when(findFlat(dir) != nil, dir) }
	classes := func(dir string) string {
		folders, err := subfolders(dir)
		return when(err == nil && len(folders) > 0, dir)
	}
	archive := func(dir string) string { return when(isFile(dir) || classes(dir) == "", npzOf(dir)) }
	readNames := func(dir, _ string, o OpenOptions) (*Dataset, error) { return readNamed(dir, o) }
	return []otherFormat{
		{"npz", archive, readNPZ},
		{"npy", npyFolderOf, readNPYFolder},
		{"names", named, readNames},
		{"pixels", pixelsOf, readPixels},
		{"list", listOf, readList},
		{"names", flat, readNames},
		{"folder", classes, readFolder},
	}
}

// otherFormat is a format that is known by what the files are.
type otherFormat struct {
	name string
	find func(dir string) (path string)
	read func(dir, path string, o OpenOptions) (*Dataset, error)
}

func when(yes bool, path string) string {
	if yes {
		return path
	}
	return ""
}

// read reads the data set in dir and returns the name of its format.
func read(dir string, o OpenOptions) (string, *Dataset, error) {
	if !isFile(dir) {
		at, format, names, err := recogniseInside(dir)
		if err != nil {
			return "", nil, err
		}
		if format.read != nil {
			d, err := format.read(at, names, o)
			return format.name, d, err
		}
	}
	for _, f := range otherFormats(o) {
		if path := f.find(dir); path != "" {
			d, err := f.read(dir, path, o)
			return f.name, d, err
		}
	}
	if err := misplaced(dir); err != nil {
		return "", nil, err
	}
	return "", nil, badFile(dir, "no data set, expected IDX files (train-images-idx3-ubyte), CIFAR files "+
		"(data_batch_1.bin, data_batch_1 or train.bin), a NumPy archive, a csv file of pixels, or pictures in a folder for each class")
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
