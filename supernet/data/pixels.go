package data

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// pixelsOf returns dir if csv files in it hold the pixels of pictures, or dir itself if it is
// such a file; "" for others.
func pixelsOf(dir string) string {
	if isFile(dir) && strings.EqualFold(filepath.Ext(dir), ".csv") && pixelColumns(dir) != nil {
		return dir
	}
	files, err := pixelFiles(dir)
	if err != nil || len(files) == 0 {
		return ""
	}
	return dir
}

// pixelFiles returns the csv files in dir that hold pixels, by the part that their names tell;
// "" for others.
func pixelFiles(dir string) (map[string]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	files := map[string]string{}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if isClutter(e.Name()) || !strings.EqualFold(filepath.Ext(path), ".csv") || pixelColumns(path) == nil {
			continue
		}
		part, lower := "", strings.ToLower(e.Name())
		for _, r := range roles {
			if strings.Contains(lower, r.name) {
				part = r.name
			}
		}
		if other := files[part]; other != "" {
			return nil, badFile(path, "pixels beside %s, expected one csv file of each part, called after train, val and test", filepath.Base(other))
		}
		files[part] = path
	}
	return files, nil
}

// readPixels reads csv files with a picture in each line: a label and the pixels, row by row,
// in a column each (MNIST of Kaggle) or all in one (FER2013). Numbers of three channels are in
// the order of pixels.
func readPixels(_, dir string, o OpenOptions) (*Dataset, error) {
	files := map[string]string{"train": dir}
	if !isFile(dir) {
		var err error
		if files, err = pixelFiles(dir); err != nil {
			return nil, err
		}
	}
	if alone := files[""]; alone != "" && files["train"] == "" {
		files["train"] = alone
		delete(files, "")
	}
	if files["train"] == "" || files[""] != "" {
		return nil, badFile(dir, "csv files of pixels and none, or more than one, for training, expected one called train")
	}
	d := &Dataset{}
	b := &pixelReader{d: d, maxBytes: o.MaxBytes}
	for _, part := range []string{"train", "val", "test"} {
		if files[part] == "" {
			continue
		}
		if err := b.read(files[part], part); err != nil {
			return nil, err
		}
	}
	return b.finish(files["train"])
}

// pixelReader collects the parts of csv files of pixels.
type pixelReader struct {
	d        *Dataset
	maxBytes int64
	labels   [3][]listRow // of train, val and test: file and label of each picture
	sets     [3]*Set
}

var partNames = []string{"train", "val", "test"}

func (b *pixelReader) read(path, part string) error {
	c := pixelColumns(path)
	if c.label < 0 {
		if part == "train" {
			return badFile(path, "pixels and no column of labels, expected one called %v", labelColumns)
		}
		b.d.Notes = append(b.d.Notes, fmt.Sprintf("%s has no column of labels and is not used", path))
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("data: %w", err)
	}
	defer f.Close()
	r := lines(f)
	if c.head {
		if _, err := r.Read(); err != nil {
			return fmt.Errorf("data: %w", err)
		}
	}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return &FormatError{File: path, Offset: NoOffset, Problem: "unreadable, expected a picture in each line", Err: err}
		}
		line, _ := r.FieldPos(0)
		if err := b.add(path, part, line, row, c); err != nil {
			return err
		}
	}
}

// add adds the picture of a line.
func (b *pixelReader) add(path, part string, line int, row []string, c *columns) error {
	if c.usage >= 0 {
		if part = partOf(strings.TrimSpace(row[c.usage])); part == "" {
			return badFile(path, "line %d is for %q, expected Training, PublicTest or PrivateTest", line, row[c.usage])
		}
	}
	at := slices.Index(partNames, part)
	values := row[c.first:][:c.pixels]
	if c.pixels == 0 {
		values = strings.Fields(row[c.first])
	}
	s := b.sets[at]
	if s == nil {
		side, channels := sideOf(len(values))
		s = &Set{H: side, W: side, C: channels}
		b.sets[at] = s
	}
	if n := s.H * s.W * s.C; n == 0 || len(values) != n {
		return badFile(path, "line %d has %d pixels, expected those of a square picture, as many in each line", line, len(values))
	}
	if int64(len(s.Pix)+len(values)) > b.maxBytes {
		return badFile(path, "line %d is another picture, expected at most %d bytes of pixels in all", line, b.maxBytes)
	}
	for i, text := range values {
		v, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		if err != nil || v < 0 || v > math.MaxUint8 || v != math.Trunc(v) {
			return badFile(path, "pixel %d of line %d is %q, expected a whole number from 0 to 255", i, line, text)
		}
		s.Pix = append(s.Pix, uint8(v))
	}
	label := strings.TrimSpace(row[c.label])
	if label == "" {
		return badFile(path, "line %d has no label, expected one in column %d", line, c.label+1)
	}
	b.labels[at] = append(b.labels[at], listRow{path, label})
	return nil
}

// finish numbers the labels.
func (b *pixelReader) finish(train string) (*Dataset, error) {
	if b.sets[0] == nil {
		return nil, badFile(train, "no training pictures, expected a line for each")
	}
	classes := labelsOf(b.labels[0])
	if len(classes) > maxClasses {
		return nil, badFile(train, "%d different labels, expected at most %d", len(classes), maxClasses)
	}
	number := make(map[string]int, len(classes))
	for i, name := range classes {
		number[name] = i
	}
	for i, to := range []**Set{&b.d.Train, &b.d.Val, &b.d.Test} {
		s := b.sets[i]
		if s == nil {
			continue
		}
		if t := b.sets[0]; s.H != t.H || s.C != t.C {
			return nil, badFile(b.labels[i][0].file, "pictures of %dx%dx%d, expected %dx%dx%d as in the training part", s.H, s.W, s.C, t.H, t.W, t.C)
		}
		s.Classes = classes
		for _, r := range b.labels[i] {
			label, known := number[r.label]
			if !known {
				return nil, badFile(r.file, "label %q, which the training part does not have", r.label)
			}
			s.Labels = append(s.Labels, uint16(label))
		}
		*to = s
	}
	return b.d, nil
}
