package data

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// source reads a binary file from front to back and knows where it is, so that errors can say so.
type source struct {
	name string
	r    io.Reader
	off  int64 // bytes read so far, after decompression
	size int64 // bytes in the file as stored: a hint for the first allocation, nothing more
}

// withSource calls read with the contents of the file path, decompressed when its name ends in .gz, and then makes sure
// that read has reached the end.
func withSource(path string, read func(*source) error) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("data: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("data: %w", err)
	}
	src := &source{name: path, r: bufio.NewReaderSize(f, 1<<16), size: info.Size()}
	if strings.HasSuffix(path, ".gz") {
		z, err := gzip.NewReader(src.r)
		if err != nil {
			return src.fail(0, err, "expected gzip data")
		}
		src.r = z
	}
	if err := read(src); err != nil {
		return err
	}
	return src.end()
}

// fail returns a FormatError about byte off of the file.
func (s *source) fail(off int64, err error, format string, args ...any) error {
	return &FormatError{File: s.name, Offset: off, Problem: fmt.Sprintf(format, args...), Err: err}
}

// read returns the next n bytes, which are called what in the error when the file is shorter. Memory grows with what
// the file really holds, never with what a header claims.
func (s *source) read(n int64, what string) ([]byte, error) {
	const chunk = 1 << 16
	buf := make([]byte, 0, min(n, max(s.size, chunk)))
	for int64(len(buf)) < n {
		if len(buf) == cap(buf) {
			buf = slices.Grow(buf, int(min(n-int64(len(buf)), chunk)))
		}
		k, err := s.r.Read(buf[len(buf):min(int64(cap(buf)), n)])
		buf = buf[:len(buf)+k]
		if err != nil && int64(len(buf)) < n {
			return nil, s.short(int64(len(buf)), n, what, err)
		}
	}
	s.off += n
	return buf, nil
}

// short is the error of a file that ends, or cannot be read on, after got of the n bytes expected from s.off on.
func (s *source) short(got, n int64, what string, err error) error {
	if errors.Is(err, io.EOF) {
		return s.fail(s.off+got, nil, "the file ends, expected %d more bytes of %s", n-got, what)
	}
	return s.fail(s.off+got, err, "unreadable, expected %d more bytes of %s", n-got, what)
}

// end returns an error unless the whole file has been read.
func (s *source) end() error {
	var one [1]byte
	switch _, err := io.ReadFull(s.r, one[:]); {
	case errors.Is(err, io.EOF):
		return nil
	case err != nil:
		return s.fail(s.off, err, "unreadable, expected the end of the file")
	}
	return s.fail(s.off, nil, "more bytes follow, expected the end of the file")
}
