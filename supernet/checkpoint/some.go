package checkpoint

import (
	"fmt"
	"io"
)

// ReadSome reads the file at path without the payloads of tensors that are not wanted, which
// it leaves where they are: neither they nor the gaps are checked, all that is returned is.
// want is called once, with the header, and says which tensors to take.
func ReadSome(path string, want func(*Header) (func(name string) bool, error)) (*File, error) {
	r, size, err := open(path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return decodeSome(path, r, size, want)
}

func decodeSome(file string, r io.ReaderAt, size int64, want func(*Header) (func(name string) bool, error)) (*File, error) {
	d := newReader(file, io.NewSectionReader(r, 0, size), size)
	h, err := d.header()
	if err != nil {
		return nil, err
	}
	wanted, err := want(h)
	if err != nil {
		return nil, err
	}
	f := &File{Kind: h.Kind, Meta: h.Meta}
	for i := range h.Tensors {
		in := &h.Tensors[i]
		if !wanted(in.Name) {
			continue
		}
		values := make([]float32, in.Bytes/valueBytes)
		sum, n, err := hostOrder().read(io.NewSectionReader(r, in.Offset, in.Bytes), values)
		field := fmt.Sprintf("tensor %q", in.Name)
		if err != nil {
			return nil, d.fail(in.Offset+int64(n), field, fmt.Sprintf("cannot read on, expected %d more bytes", in.Bytes-int64(n)), short(err))
		}
		if sum != in.Sum {
			return nil, d.fail(in.Offset, field, sumProblem(sum, in.Sum), ErrChecksum)
		}
		f.Tensors = append(f.Tensors, Tensor{Name: in.Name, Shape: in.Shape, Data: values})
	}
	return f, nil
}
