package data

import (
	"fmt"
	"slices"
)

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

// loadParts reads the pictures of training, validation and test part into d; those of the last
// two may be none.
func loadParts(d *Dataset, classes []string, lists [3][]listedPicture, o OpenOptions) (*Dataset, error) {
	shape, err := folderShape(lists[0], o)
	if err != nil {
		return nil, err
	}
	b := loading{shape: shape, classes: classes, o: o, d: d, groups: newGrouping(o.Group)}
	b.expect(len(lists[0]) + len(lists[1]) + len(lists[2]))
	for i, to := range []**Set{&d.Train, &d.Val, &d.Test} {
		if len(lists[i]) == 0 {
			continue
		}
		if *to, err = b.load(lists[i]); err != nil {
			return nil, err
		}
	}
	return b.finish()
}

// loading reads the pictures of a data set, part by part.
type loading struct {
	shape   pictureShape
	classes []string
	o       OpenOptions
	d       *Dataset // that the parts belong to, and the notes go to
	groups  *grouping
	damaged DamagedError
	colours Profiles
	disk    *store // of pictures that are streamed; nil: they are read into memory
}

// expect is told how many pictures all parts have, before any is loaded: where they take more
// than o.Cache bytes they are streamed.
func (b *loading) expect(n int) {
	size := int64(b.shape.h * b.shape.w * b.shape.c)
	bytes := size * int64(n)
	if b.o.Cache > 0 && int64(n) > min(b.o.Cache, b.o.MaxBytes)/size {
		b.disk = newStore(b.shape, b.o.View, b.o.Cache)
		b.disk.stop = b.stopped
		bytes = b.o.Cache + int64(n)*bytesPerFile
	}
	if b.o.Expect != nil {
		b.o.Expect(bytes)
	}
}

// load reads files on several goroutines, each picture into its own place. What cannot be
// read is noted as damaged, in order, and left out.
func (b *loading) load(files []listedPicture) (*Set, error) {
	if b.disk != nil {
		return b.loadStreamed(files)
	}
	p := b.shape
	size := p.h * p.w * p.c
	if int64(len(files)) > b.o.MaxBytes/int64(size) {
		return nil, badFile(files[0].path, "the first of %d pictures of %dx%dx%d bytes, expected at most %d bytes in all",
			len(files), p.h, p.w, p.c, b.o.MaxBytes)
	}
	s := &Set{
		H: p.h, W: p.w, C: p.c, Classes: b.classes,
		Pix: make([]uint8, len(files)*size), Labels: make([]uint16, len(files)),
	}
	all := make([]seen, len(files))
	parallel(len(files), func(i int) {
		if b.stopped() != nil {
			return
		}
		s.Labels[i] = uint16(files[i].label)
		all[i] = p.read(files[i], s.Pix[i*size:(i+1)*size], b.o.View)
	})
	return b.loaded(s, files, all)
}

// stopped returns the error that ends the reading, if there is one.
func (b *loading) stopped() error {
	if b.o.Stop == nil {
		return nil
	}
	return b.o.Stop()
}

// loaded notes what was found in reading files, and leaves out what cannot be read.
func (b *loading) loaded(s *Set, files []listedPicture, all []seen) (*Set, error) {
	if err := b.stopped(); err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	errs, other := make([]error, len(all)), make([]bool, len(all))
	most, deep, whole := 0, 0, 0
	for i, v := range all {
		errs[i], other[i] = v.err, v.other
		if v.err != nil {
			continue
		}
		b.colours.Add(files[i].path, v.profile)
		if whole++; v.deepest >= 0 {
			deep++
			most = max(most, v.deepest)
		}
	}
	if note := lowRange(most, deep, whole); note != "" && !slices.Contains(b.d.Notes, note) {
		b.d.Notes = append(b.d.Notes, note)
	}
	s.Groups = b.groups.of(files, errs)
	return b.whole(s, errs, other)
}

// whole returns the pictures without those that have an error. One of another size than the
// first is an error of the whole set: all may be.
func (b *loading) whole(s *Set, errs []error, other []bool) (*Set, error) {
	b.damaged.Of += len(errs)
	var left []int
	for i, err := range errs {
		switch {
		case other[i]:
			return nil, err
		case err != nil:
			b.damaged.Errors = append(b.damaged.Errors, err)
		default:
			left = append(left, i)
		}
	}
	if len(left) == len(errs) {
		return s, nil
	}
	return s.Subset(left), nil
}

// finish returns the data set, unless pictures are damaged that are not to be left out, or
// none of a class is left to train on.
func (b *loading) finish() (*Dataset, error) {
	if n := len(b.damaged.Errors); n > 0 {
		if !b.o.SkipBad {
			return nil, &b.damaged
		}
		b.d.Notes = append(b.d.Notes, fmt.Sprintf("%d of %d pictures are damaged and left out, the first: %v", n, b.damaged.Of, b.damaged.Errors[0]))
	}
	if c := slices.Index(b.d.Train.ClassCounts(), 0); c >= 0 {
		return nil, fmt.Errorf("data: none of the training pictures of class %q can be read (%w)", b.classes[c], &b.damaged)
	}
	if note := b.colours.Note(); note != "" {
		b.d.Notes = append(b.d.Notes, note)
	}
	b.groups.note(b.d)
	b.d.Notes = append(b.d.Notes, classNotes(b.classes)...)
	return b.d, nil
}

// lowRange tells when pictures of 16 bits, deep ones of so many, use few of them: they come out nearly black. most is their
// largest value.
func lowRange(most, deep, of int) string {
	which := "pictures have"
	if deep < of {
		which = fmt.Sprintf("%d of %d pictures have", deep, of)
	}
	for _, bits := range []int{8, 10, 12, 14} {
		if most > 0 && most < 1<<bits {
			return fmt.Sprintf("%s 16 bits a channel, but no value above %d, as cameras of %d bits write: they come out dark; multiply them by %d first", which, most, bits, 1<<(16-bits))
		}
	}
	return ""
}

// seen is what reading a picture told.
type seen struct {
	deepest int    // largest value of one of 16 bits a channel; notDeep of others
	profile string // see ColourProfile
	other   bool   // it has another size than the first
	err     error
}

// read decodes one picture into dst.
func (p pictureShape) read(l listedPicture, dst []uint8, v View) (s seen) {
	if l.stray {
		return seen{err: badFile(l.path, "in a class folder, expected only %s pictures", formats)}
	}
	f, err := openPicture(l.path)
	if err != nil {
		return seen{err: err}
	}
	if p.like != "" && (f.h != p.h || f.w != p.w) {
		return seen{other: true, err: badFile(l.path, "a picture of %dx%d pixels, expected %dx%d like %s, or a size to scale all pictures to (--size)",
			f.h, f.w, p.h, p.w, p.like)}
	}
	s.profile = f.colours()
	s.deepest, s.err = f.decode(dst, p.h, p.w, p.c, v)
	return s
}
