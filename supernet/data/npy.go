package data

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// array is a file of one array of NumPy.
type array struct {
	name string
	open func() (io.ReadCloser, error) // nil: there is no such array
}

// npy is an array whose header was read: its values follow in r, in C order.
type npy struct {
	kind  byte // b (bool), u, i, f, U (text) or S (bytes)
	width int  // bytes of a value
	order binary.ByteOrder
	shape []int
	r     *bufio.Reader
	io.Closer
}

// npyHeader is the description before an array.
var npyHeader = regexp.MustCompile(`^\s*\{'descr':\s*'([<>|=])([a-zA-Z])([0-9]{0,4})',\s*'fortran_order':\s*(True|False),\s*'shape':\s*\(([0-9, ]*)\),?\s*\}\s*$`)

// widths are the bytes that a value of each kind can take; those of text are any.
var widths = map[byte][]int{'b': {1}, 'u': {1, 2, 4, 8}, 'i': {1, 2, 4, 8}, 'f': {2, 4, 8}}

// openNPY reads the header of an array of at most so many values.
func openNPY(f array, most int64) (*npy, error) {
	c, err := f.open()
	if err != nil {
		return nil, err
	}
	a := &npy{r: bufio.NewReaderSize(c, 1<<16), Closer: c}
	if err := a.readHeader(most); err != nil {
		c.Close()
		return nil, err
	}
	return a, nil
}

func (a *npy) readHeader(most int64) error {
	var head [8]byte
	if _, err := io.ReadFull(a.r, head[:]); err != nil || string(head[:6]) != "\x93NUMPY" {
		return fmt.Errorf("no array of NumPy (%v)", err)
	}
	size := make([]byte, 2)
	if head[6] >= 2 {
		size = make([]byte, 4)
	}
	if _, err := io.ReadFull(a.r, size); err != nil {
		return err
	}
	length := int(binary.LittleEndian.Uint16(size))
	if len(size) == 4 {
		length = int(min(binary.LittleEndian.Uint32(size), 1<<16))
	}
	text := make([]byte, length)
	if _, err := io.ReadFull(a.r, text); err != nil {
		return err
	}
	m := npyHeader.FindStringSubmatch(string(text))
	switch {
	case m == nil:
		return fmt.Errorf("header %.200q; expected a plain array", text)
	case m[2] == "O":
		return fmt.Errorf("an array of Python objects; expected one of numbers or text: save a.astype(str), say")
	case m[4] == "True":
		return fmt.Errorf("an array in Fortran order; expected C order: save numpy.ascontiguousarray(a)")
	}
	a.order = binary.LittleEndian
	if m[1] == ">" {
		a.order = binary.BigEndian
	}
	a.kind = m[2][0]
	a.width, _ = strconv.Atoi(m[3]) // of digits; none are 0, which no kind has
	if a.kind == 'U' {
		a.width *= 4
	}
	return a.readShape(m[5], most)
}

func (a *npy) readShape(text string, most int64) error {
	total := int64(1)
	for _, part := range strings.Split(text, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		n, err := strconv.Atoi(part)
		if err != nil || n < 0 || n > math.MaxInt32 || n > 0 && total > most/int64(n) {
			return fmt.Errorf("shape (%s); expected at most %d bytes of pixels in all", text, most)
		}
		total *= int64(n)
		a.shape = append(a.shape, n)
	}
	return nil
}

// describe returns type and shape as NumPy has them.
func (a *npy) describe() string {
	width := a.width
	if a.kind == 'U' {
		width /= 4
	}
	return fmt.Sprintf("type %c%d and shape %v", a.kind, width, a.shape)
}

// number returns a value of a numeric array.
func (a *npy) number(b []byte) float64 {
	switch a.kind {
	case 'f':
		switch a.width {
		case 2:
			return float64(half(a.order.Uint16(b)))
		case 4:
			return float64(math.Float32frombits(a.order.Uint32(b)))
		}
		return math.Float64frombits(a.order.Uint64(b))
	case 'i':
		return float64(int64(a.unsigned(b)<<(64-8*a.width)) >> (64 - 8*a.width))
	}
	return float64(a.unsigned(b))
}

func (a *npy) unsigned(b []byte) uint64 {
	switch a.width {
	case 1:
		return uint64(b[0])
	case 2:
		return uint64(a.order.Uint16(b))
	case 4:
		return uint64(a.order.Uint32(b))
	}
	return a.order.Uint64(b)
}

// half returns the value of a float of 16 bits (IEEE 754 binary16).
func half(b uint16) float32 {
	sign, exponent, fraction := float32(1), int(b>>10&31), float32(b&1023)
	if b>>15 == 1 {
		sign = -1
	}
	switch exponent {
	case 0:
		return sign * fraction * 0x1p-24
	case 31:
		if fraction != 0 {
			return float32(math.NaN())
		}
		return sign * float32(math.Inf(1))
	}
	return sign * float32(math.Ldexp(float64(1024+fraction), exponent-25))
}

// each reads so many rows of so many bytes, one after the other. Memory grows with what the file
// holds, not with what it claims.
func (a *npy) each(rows, bytes int, f func(i int, row []byte) error) error {
	row, err := io.ReadAll(io.LimitReader(a.r, int64(bytes)))
	for i := range rows {
		if i > 0 && err == nil {
			_, err = io.ReadFull(a.r, row)
		}
		if err == io.EOF || err == nil && len(row) < bytes {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return fmt.Errorf("row %d of %d: %w", i, rows, err)
		}
		if err := f(i, row); err != nil {
			return err
		}
	}
	return nil
}
