package checkpoint

import (
	"errors"
	"fmt"
	"io"

	"github.com/zeebo/xxh3"
)

// Examine checks every byte of the file at path and returns its header with all that is
// damaged, in the order of the file: a fault for each tensor whose payload is changed or
// cut off, or that other bytes than zeros precede, and one for bytes after the last. A
// header that is damaged itself is the only fault, and nil is returned with it. The error
// is that of a file that cannot be read at all.
func Examine(path string) (*Header, []*FormatError, error) {
	r, size, err := open(path)
	if err != nil {
		return nil, nil, err
	}
	defer r.Close()
	return examine(path, r, size)
}

func examine(file string, r io.ReaderAt, size int64) (*Header, []*FormatError, error) {
	d := newReader(file, io.NewSectionReader(r, 0, size), size)
	h, end, err := d.described()
	if err != nil {
		return nil, faultOf(err), unlessFault(err)
	}
	var faults []*FormatError
	for i := range h.Tensors {
		in := &h.Tensors[i]
		err := d.check(r, in, end)
		if unlessFault(err) != nil {
			return h, faults, err
		}
		faults = append(faults, faultOf(err)...)
		end = in.end()
	}
	return h, append(faults, faultOf(checkEnd(file, size, end))...), nil
}

// check compares the zeros and the payload of a tensor, the first of which come after byte
// end, with its description. It keeps nothing of them.
func (d *reader) check(r io.ReaderAt, in *Info, end int64) error {
	field := fmt.Sprintf("tensor %q", in.Name)
	if in.end() > d.size {
		return d.fail(in.Offset, field, fmt.Sprintf("%d of its %d bytes are there", max(0, d.size-in.Offset), in.Bytes), io.ErrUnexpectedEOF)
	}
	var gap [Align]byte
	zeros := gap[:in.Offset-end]
	if _, err := r.ReadAt(zeros, end); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("checkpoint %s: %w", d.file, err)
	}
	for i, z := range zeros {
		if z != 0 {
			return d.fail(end+int64(i), field, fmt.Sprintf("%#02x in the gap before its payload, expected zeros", z), nil)
		}
	}
	sum := xxh3.New()
	if _, err := io.Copy(sum, io.NewSectionReader(r, in.Offset, in.Bytes)); err != nil {
		return fmt.Errorf("checkpoint %s: tensor %q: %w", d.file, in.Name, err)
	}
	if got := sum.Sum64(); got != in.Sum {
		return d.fail(in.Offset, field, sumProblem(got, in.Sum), ErrChecksum)
	}
	return nil
}

// faultOf returns an error that is about the content of a file, if it is.
func faultOf(err error) []*FormatError {
	var fault *FormatError
	if errors.As(err, &fault) {
		return []*FormatError{fault}
	}
	return nil
}

// unlessFault returns errors that are not about the content of a file.
func unlessFault(err error) error {
	if faultOf(err) != nil {
		return nil
	}
	return err
}
