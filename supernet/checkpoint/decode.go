package checkpoint

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/zeebo/xxh3"
)

// Decode reads one container of exactly size bytes from r, and takes no more than
// that. It checks everything that the format promises and returns a *FormatError
// for the first thing that is wrong. Memory is bounded by size, which should
// therefore be a length that the caller has measured, not one that it was told.
func Decode(r io.Reader, size int64) (*File, error) {
	return decode("", r, size, hostOrder())
}

func decode(file string, r io.Reader, size int64, order byteOrder) (*File, error) {
	d := newReader(file, r, size)
	h, err := d.header()
	if err != nil {
		return nil, err
	}
	f := &File{Kind: h.Kind, Meta: h.Meta, Tensors: make([]Tensor, len(h.Tensors))}
	for i := range h.Tensors {
		in := &h.Tensors[i]
		f.Tensors[i] = Tensor{Name: in.Name, Shape: in.Shape, Data: make([]float32, in.Bytes/valueBytes)}
		if err := d.payload(in, f.Tensors[i].Data, order); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// reader reads the parts of one container in order.
type reader struct {
	file string
	r    *bufio.Reader
	at   int64 // bytes taken so far
	size int64
}

func newReader(file string, r io.Reader, size int64) *reader {
	return &reader{file: file, r: bufio.NewReaderSize(io.LimitReader(r, size), bufferBytes), size: size}
}

func (d *reader) fail(at int64, field, problem string, cause error) error {
	return &FormatError{File: d.file, Offset: at, Field: field, Problem: problem, Err: cause}
}

// fill reads len(b) bytes of the named part.
func (d *reader) fill(b []byte, field string) error {
	n, err := io.ReadFull(d.r, b)
	d.at += int64(n)
	if err != nil {
		return d.fail(d.at, field, fmt.Sprintf("cannot read on, expected %d more bytes", len(b)-n), short(err))
	}
	return nil
}

// header reads prefix and header and checks both, the layout of the payloads, and that
// they fill the file.
func (d *reader) header() (*Header, error) {
	h, end, err := d.described()
	if err != nil {
		return nil, err
	}
	return h, checkSize(d.file, h, end)
}

// described reads prefix and header and checks both, and the layout of the payloads. It
// returns where the header ends. Payloads may lie past the end of the file.
func (d *reader) described() (*Header, int64, error) {
	b, begin, err := d.packed()
	if err != nil {
		return nil, 0, err
	}
	h, err := parseHeader(d.file, b, begin, d.size)
	return h, begin + int64(len(b)), err
}

// packed reads prefix and header, whose checksum is right, and returns where that begins.
func (d *reader) packed() ([]byte, int64, error) {
	var p [prefixBytes]byte
	if err := d.fill(p[:], "prefix"); err != nil {
		return nil, 0, err
	}
	if string(p[:len(magic)]) != magic {
		return nil, 0, d.fail(0, "magic", fmt.Sprintf("%q, expected %q", p[:len(magic)], magic), ErrNotCheckpoint)
	}
	if v := binary.LittleEndian.Uint32(p[8:]); v != Schema {
		return nil, 0, d.fail(8, "schema", schemaProblem(v), ErrSchema)
	}
	length := int64(binary.LittleEndian.Uint32(p[12:]))
	if length > MaxHeader {
		return nil, 0, d.fail(12, "header length", fmt.Sprintf("%d, expected at most %d", length, MaxHeader), nil)
	}
	if left := d.size - d.at; length > left {
		return nil, 0, d.fail(12, "header length", fmt.Sprintf("%d, but only %d bytes follow", length, left), io.ErrUnexpectedEOF)
	}
	begin := d.at
	b := make([]byte, length)
	if err := d.fill(b, "header"); err != nil {
		return nil, 0, err
	}
	if got, want := xxh3.Hash(b), binary.LittleEndian.Uint64(p[16:]); got != want {
		return nil, 0, d.fail(begin, "header", sumProblem(got, want), ErrChecksum)
	}
	return b, begin, nil
}

// payload reads the zeros before a payload and the payload itself into values.
func (d *reader) payload(in *Info, values []float32, order byteOrder) error {
	field := fmt.Sprintf("tensor %q", in.Name)
	var gap [Align]byte
	zeros := gap[:in.Offset-d.at]
	begin := d.at
	if err := d.fill(zeros, field); err != nil {
		return err
	}
	for i, z := range zeros {
		if z != 0 {
			return d.fail(begin+int64(i), field, fmt.Sprintf("%#02x in the gap before its payload, expected zeros", z), nil)
		}
	}
	sum, n, err := order.read(d.r, values)
	d.at += int64(n)
	if err != nil {
		return d.fail(d.at, field, fmt.Sprintf("cannot read on, expected %d more bytes", in.Bytes-int64(n)), short(err))
	}
	if sum != in.Sum {
		return d.fail(in.Offset, field, sumProblem(sum, in.Sum), ErrChecksum)
	}
	return nil
}

func schemaProblem(v uint32) string {
	if v > Schema {
		return fmt.Sprintf("version %d was written by a newer program, expected at most %d", v, Schema)
	}
	return fmt.Sprintf("version %d, expected 1 to %d", v, Schema)
}

func sumProblem(got, want uint64) string {
	return fmt.Sprintf("its bytes have XXH3 %016x, expected %016x as recorded", got, want)
}
