package data

import (
	"bytes"
	"fmt"
	"image"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/text/unicode/norm"
)

// listedPicture is a picture of a class, not yet read.
type listedPicture struct {
	path  string
	label int
}

// readFolder reads a folder of pictures for each class, all together or in parts for
// training, validation and test; see layout. Classes and pictures are in the order of their
// names.
func readFolder(dir string, _ map[string]bool, o OpenOptions) (*Dataset, error) {
	l, err := findLayout(dir)
	if err != nil {
		return nil, err
	}
	d := &Dataset{Layout: l.describe(dir)}
	classes, err := subfolders(l.train)
	if err != nil {
		return nil, err
	}
	for i, name := range classes {
		classes[i] = norm.NFC.String(name)
	}
	slices.Sort(classes)
	if len(classes) > maxClasses {
		return nil, badFile(l.train, "%d folders, expected at most %d classes", len(classes), maxClasses)
	}
	parts := []struct {
		dir string
		to  **Set
	}{{l.train, &d.Train}, {l.val, &d.Val}, {l.test, &d.Test}}
	lists := make([][]listedPicture, len(parts))
	for i, part := range parts {
		if part.dir == "" {
			continue
		}
		folders, err := subfolders(part.dir)
		if err != nil {
			return nil, err
		}
		if i > 0 && slices.Equal(folders, []string{tinyImages}) && !slices.Contains(classes, tinyImages) {
			if lists[i], err = tinyPart(part.dir, classes); err != nil {
				return nil, err
			}
			if lists[i] == nil {
				d.Notes = append(d.Notes, fmt.Sprintf("%s has pictures without labels and is not used", part.dir))
			}
			continue
		}
		if lists[i], err = listPictures(part.dir, folders, classes); err != nil {
			return nil, err
		}
	}
	shape, err := folderShape(lists[0], o)
	if err != nil {
		return nil, err
	}
	var damaged DamagedError
	for i, part := range parts {
		if len(lists[i]) == 0 {
			continue
		}
		if *part.to, err = shape.load(lists[i], classes, o, &damaged, d); err != nil {
			return nil, err
		}
	}
	if err := damaged.settle(d, o); err != nil {
		return nil, err
	}
	return d, nil
}

// settle returns the error, if there is a damaged picture, or notes how many are left out.
func (e *DamagedError) settle(d *Dataset, o OpenOptions) error {
	if len(e.Errors) == 0 {
		return nil
	}
	if !o.SkipBad {
		return e
	}
	d.Notes = append(d.Notes, fmt.Sprintf("%d of %d pictures are damaged and left out, the first: %v", len(e.Errors), e.Of, e.Errors[0]))
	return nil
}

// DamagedError lists the pictures of a folder that cannot be read.
type DamagedError struct {
	Errors []error // one for each, in the order of their names
	Of     int     // pictures there are
}

// mostListed bounds how many damaged pictures Error names.
const mostListed = 20

// Error lists the pictures.
func (e *DamagedError) Error() string {
	if len(e.Errors) == 1 {
		return e.Errors[0].Error()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d of %d pictures cannot be read (they can be left out, see skip-bad):", len(e.Errors), e.Of)
	for _, err := range e.Errors[:min(len(e.Errors), mostListed)] {
		fmt.Fprintf(&b, "\n  %v", err)
	}
	if more := len(e.Errors) - mostListed; more > 0 {
		fmt.Fprintf(&b, "\n  and %d more", more)
	}
	return b.String()
}

// Unwrap returns the error of each picture.
func (e *DamagedError) Unwrap() []error { return e.Errors }

// listPictures returns the pictures of the folders dir/CLASS, where every folder must be one of classes and hold at
// least one picture and nothing else.
func listPictures(dir string, folders, classes []string) ([]listedPicture, error) {
	labels := make(map[string]int, len(classes))
	for i, class := range classes {
		labels[class] = i
	}
	var files []listedPicture
	for _, folder := range folders {
		path := filepath.Join(dir, folder)
		label, known := labels[norm.NFC.String(folder)] // archives made on a Mac spell accents as letters of their own
		if !known {
			return nil, badFile(path, "a class that the training part does not have")
		}
		before := len(files)
		var err error
		if files, err = appendPictures(files, path, label); err != nil {
			return nil, err
		}
		if len(files) == before {
			return nil, badFile(path, "an empty folder, expected %s pictures of its class", formats)
		}
	}
	if len(files) == 0 {
		return nil, badFile(dir, "no folders, expected one with %s pictures for each class", formats)
	}
	return files, nil
}

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
	var files []listedPicture
	for line := range strings.Lines(string(text)) {
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
		files = append(files, listedPicture{filepath.Join(dir, tinyImages, f[0]), label})
	}
	return files, nil
}

func appendPictures(files []listedPicture, dir string, label int) ([]listedPicture, error) {
	if inner := filepath.Join(dir, tinyImages); isFolderAt(inner) {
		dir = inner
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	for _, e := range entries {
		if isClutter(e.Name()) {
			continue
		}
		path := filepath.Join(dir, e.Name())
		folder, err := isFolder(dir, e)
		switch {
		case err != nil:
			return nil, err
		case folder:
			return nil, badFile(path, "a folder in a class folder, expected pictures only")
		case !isPictureName(e.Name()) && !looksLikeAPicture(path):
			return nil, badFile(path, "in a class folder, expected only %s pictures", formats)
		}
		files = append(files, listedPicture{path: path, label: label})
	}
	return files, nil
}

func isFolderAt(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// looksLikeAPicture reports whether a file of another name begins as pictures do.
func looksLikeAPicture(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	head, err := io.ReadAll(io.LimitReader(f, 4096))
	if err != nil {
		return false
	}
	_, _, err = image.DecodeConfig(bytes.NewReader(head))
	return err == nil
}

// pictureShape is the shape that every picture of a folder data set gets.
type pictureShape struct {
	h, w, c int
	like    string // the first picture, whose size all must have; "" when they are scaled
}

// mostAsTheyAre bounds the sides of pictures that are taken in their own size, without
// being asked.
const mostAsTheyAre = 224

// folderShape returns the size asked for, or that of the first picture that can be read.
func folderShape(files []listedPicture, o OpenOptions) (pictureShape, error) {
	shape := pictureShape{h: o.Size, w: o.Size, c: 3}
	if o.Gray {
		shape.c = 1
	}
	if o.Size != 0 {
		return shape, nil
	}
	var first error
	for _, f := range files {
		p, err := openPicture(f.path)
		if err != nil {
			if first == nil {
				first = err
			}
			continue
		}
		if p.h > mostAsTheyAre || p.w > mostAsTheyAre {
			return shape, badFile(f.path, "a picture %d pixels wide and %d high and no size to scale to, expected --size (64, say), or pictures of at most %d pixels a side", p.w, p.h, mostAsTheyAre)
		}
		shape.h, shape.w, shape.like = p.h, p.w, f.path
		return shape, nil
	}
	return shape, first
}

// load reads files on several goroutines, each picture into its own place. What cannot be
// read is added to damaged, in order, and left out.
func (p pictureShape) load(files []listedPicture, classes []string, o OpenOptions, damaged *DamagedError, d *Dataset) (*Set, error) {
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
	errs, deep, other := make([]error, len(files)), make([]uint16, len(files)), make([]bool, len(files))
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(files)) {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(files) {
					return
				}
				s.Labels[i] = uint16(files[i].label)
				deep[i], other[i], errs[i] = p.read(files[i].path, s.Pix[i*size:(i+1)*size], o.View)
			}
		})
	}
	wg.Wait()
	if s.Groups, errs = grouped(files, o.Group, errs); s.Groups != nil && d.Train == nil {
		d.Notes = append(d.Notes, fmt.Sprintf("%d groups of pictures by %q", len(distinct(s.Groups)), o.Group))
	}
	damaged.Of += len(files)
	var whole []int
	for i, err := range errs {
		if other[i] {
			return nil, err
		}
		if err != nil {
			damaged.Errors = append(damaged.Errors, err)
			continue
		}
		whole = append(whole, i)
	}
	if note := lowRange(deep); note != "" && !slices.Contains(d.Notes, note) {
		d.Notes = append(d.Notes, note)
	}
	if len(whole) < len(files) {
		if s = s.Subset(whole); slices.Contains(s.ClassCounts(), 0) && o.SkipBad && d.Train == nil {
			class := classes[slices.Index(s.ClassCounts(), 0)]
			return nil, badFile(files[0].path, "among pictures of which none of class %q can be read, expected at least one", class)
		}
	}
	return s, nil
}

// grouped numbers the groups of pictures; a picture in whose path the pattern finds nothing
// is an error of that picture.
func grouped(files []listedPicture, pattern string, errs []error) ([]int32, []error) {
	if pattern == "" {
		return nil, errs
	}
	re, ids, out := regexp.MustCompile(pattern), map[string]int32{}, make([]int32, len(files)) // Validate has compiled it
	for i, f := range files {
		name := filepath.ToSlash(filepath.Join(filepath.Base(filepath.Dir(f.path)), filepath.Base(f.path)))
		m := re.FindStringSubmatch(name)
		if m == nil {
			if errs[i] == nil {
				errs[i] = badFile(f.path, "a name in which the pattern of groups %q finds nothing", pattern)
			}
			continue
		}
		text := m[0]
		if len(m) > 1 {
			text = m[1]
		}
		if _, known := ids[text]; !known {
			ids[text] = int32(len(ids))
		}
		out[i] = ids[text]
	}
	return out, errs
}

func distinct(groups []int32) map[int32]bool {
	seen := map[int32]bool{}
	for _, g := range groups {
		seen[g] = true
	}
	return seen
}

// lowRange tells when pictures of 16 bits use few of them: they come out nearly black.
func lowRange(deep []uint16) string {
	var most uint16
	for _, v := range deep {
		if v == 0 {
			return "" // of 8 bits, or black
		}
		most = max(most, v)
	}
	for _, bits := range []int{8, 10, 12, 14} {
		if most > 0 && int(most) < 1<<bits {
			return fmt.Sprintf("pictures have 16 bits a channel, but no value above %d, as cameras of %d bits write: they come out dark; multiply them by %d first", most, bits, 1<<(16-bits))
		}
	}
	return ""
}

// read decodes one picture into dst; other says that it has another size than the first.
func (p pictureShape) read(path string, dst []uint8, v View) (deepest uint16, other bool, err error) {
	f, err := openPicture(path)
	if err != nil {
		return 0, false, err
	}
	if p.like != "" && (f.h != p.h || f.w != p.w) {
		return 0, true, badFile(path, "a picture of %dx%d pixels, expected %dx%d like %s, or a size to scale all pictures to",
			f.h, f.w, p.h, p.w, p.like)
	}
	deepest, err = f.decode(dst, p.h, p.w, p.c, v)
	return deepest, false, err
}
