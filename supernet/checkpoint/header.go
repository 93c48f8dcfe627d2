package checkpoint

import (
	"fmt"
	"io"
	"math"
)

// leastInfoBytes is the length of the shortest map that describes a tensor:
// five keys, a name of one byte, no dimension, three integers of one byte.
const leastInfoBytes = 1 + (5 + 2) + (6 + 1) + (7 + 1) + (6 + 1) + (5 + 1)

// parseHeader reads the msgpack header that begins at byte base of a file of
// size bytes, and checks the layout of the payloads it describes.
func parseHeader(file string, header []byte, base, size int64) (*Header, error) {
	w := newWalker(file, header, base)
	h := &Header{Size: size}
	err := w.fields("header", []string{"schema", "kind", "meta", "tensors"}, func(key string) error {
		switch key {
		case "schema":
			return w.schema(h)
		case "kind":
			return w.named(&h.Kind, "kind", MaxKind)
		case "meta":
			return w.meta(h)
		default:
			return w.tensors(h)
		}
	})
	if err != nil {
		return nil, err
	}
	if left := w.in.Len(); left > 0 {
		w.at = base + w.in.Size() - int64(left)
		return nil, w.fail("header", fmt.Sprintf("%d bytes after the map, expected none", left), nil)
	}
	return h, checkLayout(file, h, base+int64(len(header)))
}

func (w *walker) schema(h *Header) error {
	n, err := w.uint("schema", math.MaxUint32)
	if err == nil && n != Schema {
		err = w.fail("schema", fmt.Sprintf("%d, expected %d as in the prefix", n, Schema), nil)
	}
	h.Schema = int(n)
	return err
}

func (w *walker) named(to *string, field string, most int) (err error) {
	if *to, err = w.text(field, most); err != nil {
		return err
	}
	if fault := textFault(*to, most); fault != "" {
		return w.fail(field, fault, nil)
	}
	return nil
}

func (w *walker) meta(h *Header) (err error) {
	if h.Meta, err = w.bin("meta", MaxMeta); err != nil {
		return err
	}
	if fault := metaFault(h.Meta); fault != "" {
		return w.fail("meta", fault, nil)
	}
	return nil
}

func (w *walker) tensors(h *Header) error {
	n, err := w.array("tensors", MaxTensors, leastInfoBytes)
	if err != nil {
		return err
	}
	h.Tensors = make([]Info, n)
	first := make(map[string]int, n)
	for i := range h.Tensors {
		field := fmt.Sprintf("tensors[%d]", i)
		in := &h.Tensors[i]
		if err := w.info(field, in); err != nil {
			return err
		}
		if k, ok := first[in.Name]; ok {
			return w.fail(field, fmt.Sprintf("%q is the name of tensors[%d] already", in.Name, k), nil)
		}
		first[in.Name] = i
	}
	return nil
}

func (w *walker) info(field string, in *Info) error {
	return w.fields(field, []string{"name", "shape", "offset", "bytes", "xxh3"}, func(key string) (err error) {
		switch field := field + "." + key; key {
		case "name":
			err = w.named(&in.Name, field, MaxName)
		case "shape":
			in.Shape, err = w.shape(field)
		case "offset":
			in.Offset, err = w.count(field)
		case "bytes":
			in.Bytes, err = w.count(field)
		default:
			in.Sum, err = w.uint(field, math.MaxUint64)
		}
		return err
	})
}

func (w *walker) count(field string) (int64, error) {
	n, err := w.uint(field, math.MaxInt64)
	return int64(n), err
}

func (w *walker) shape(field string) ([]int, error) {
	n, err := w.array(field, MaxRank, 1)
	if err != nil || n == 0 {
		return nil, err
	}
	begin := w.at
	shape := make([]int, n)
	for i := range shape {
		d, err := w.uint(fmt.Sprintf("%s[%d]", field, i), MaxValues)
		if err != nil {
			return nil, err
		}
		shape[i] = int(d)
	}
	if _, fault := valuesOf(shape); fault != "" {
		w.at = begin
		return nil, w.fail(field, fault, nil)
	}
	return shape, nil
}

// checkLayout checks that the payloads lie one after the other, each on the first
// boundary after what precedes it: the layout is a function of header length and shapes,
// without gaps or overlaps.
func checkLayout(file string, h *Header, end int64) error {
	for i := range h.Tensors {
		in := &h.Tensors[i]
		fail := func(problem string) error {
			return &FormatError{File: file, Offset: end, Field: fmt.Sprintf("tensor %q", in.Name), Problem: problem}
		}
		values, _ := valuesOf(in.Shape)
		if want := valueBytes * int64(values); in.Bytes != want {
			return fail(fmt.Sprintf("%d bytes, expected %d for shape %v", in.Bytes, want, in.Shape))
		}
		if want := alignUp(end); in.Offset != want {
			return fail(fmt.Sprintf("offset %d, expected %d", in.Offset, want))
		}
		end = in.end()
	}
	return nil
}

// checkSize checks that the last payload, or the header, which ends at byte end, ends the
// file.
func checkSize(file string, h *Header, end int64) error {
	for i := range h.Tensors {
		in := &h.Tensors[i]
		if end = in.end(); end > h.Size {
			return &FormatError{
				File: file, Offset: end, Field: fmt.Sprintf("tensor %q", in.Name),
				Problem: fmt.Sprintf("its payload ends here, but the file has %d bytes", h.Size), Err: io.ErrUnexpectedEOF,
			}
		}
	}
	return checkEnd(file, h.Size, end)
}

// checkEnd checks that nothing follows byte end of a file.
func checkEnd(file string, size, end int64) error {
	if end >= size {
		return nil
	}
	return &FormatError{File: file, Offset: end, Field: "end", Problem: fmt.Sprintf("%d bytes after the last payload, expected none", size-end)}
}
