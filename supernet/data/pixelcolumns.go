package data

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
)

// columns says where a line of a csv file has its label and its pixels.
type columns struct {
	label  int // -1: none
	first  int // column of the first pixel; the others follow
	pixels int // how many; 0: all in one column, with spaces between
	usage  int // column of what part the line is of; -1: none
	head   bool
}

// leastPixels is how many columns of numbers make a picture rather than a table.
const leastPixels = 16

// pixelColumns returns the columns of a csv file that holds the pixels of pictures, such as
// label,pixel0,...,pixel783; nil for others.
func pixelColumns(path string) *columns {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	r := lines(f)
	head, err := r.Read()
	if err != nil {
		return nil
	}
	head = slices.Clone(head)
	c := &columns{label: -1, usage: -1}
	if len(head) > leastPixels && !slices.ContainsFunc(head, notANumber) { // no names
		c.label, c.first, c.pixels = 0, 1, len(head)-1
		if square(len(head)) {
			c.label, c.first, c.pixels = -1, 0, len(head)
		}
		return c
	}
	c.head = true
	c.label = columnOf(head, append([]string{"emotion"}, labelColumns...))
	if at := columnOf(head, []string{"pixels"}); at >= 0 {
		c.first, c.usage = at, columnOf(head, []string{"usage", "split"})
		return c
	}
	row, err := r.Read()
	if err != nil || len(row) != len(head) || !c.place(head) {
		return nil
	}
	if slices.ContainsFunc(row[c.first:][:c.pixels], notANumber) || c.pixels < leastPixels || !square(c.pixels) {
		return nil
	}
	return c
}

// place says which columns of a head are pixels: all that follow each other, but for a label
// before or behind them and a number of the line before both. It reports whether that is so.
func (c *columns) place(head []string) bool {
	c.pixels = len(head)
	if name := strings.ToLower(strings.TrimSpace(head[0])); name == "" || name == "unnamed: 0" || name == "index" { // as pandas writes
		c.first, c.pixels = 1, len(head)-1
	}
	switch c.label {
	case -1:
	case c.first:
		c.first++
		c.pixels--
	case len(head) - 1:
		c.pixels--
	default:
		return false
	}
	return true
}

// lines reads a csv file whose cells are parted by commas or, where the beginning of the first line has
// none, by semicolons.
func lines(r io.Reader) *csv.Reader {
	b := bufio.NewReaderSize(r, 1<<16)
	if head, err := b.Peek(3); err == nil && string(head) == "\ufeff" { // Windows puts a mark before UTF-8
		b.Discard(3)
	}
	c := csv.NewReader(b)
	head, _ := b.Peek(1 << 10) // a shorter file is an error with all there is
	if head, _, _ = bytes.Cut(head, []byte("\n")); !bytes.ContainsRune(head, ',') && bytes.ContainsRune(head, ';') {
		c.Comma = ';'
	}
	c.ReuseRecord, c.TrimLeadingSpace = true, true
	return c
}

func notANumber(s string) bool {
	_, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	return err != nil
}

// square reports whether n pixels make a square picture, grey or of three channels.
func square(n int) bool { side, _ := sideOf(n); return side > 0 }

// sideOf returns side and channels of a square picture of n numbers; 0 if there is none.
func sideOf(n int) (side, channels int) {
	for _, c := range []int{1, 3} {
		if s := int(math.Round(math.Sqrt(float64(n / c)))); n == c*s*s {
			return s, c
		}
	}
	return 0, 0
}
