package checkpoint

import (
	"encoding/binary"
	"io"
	"math"
	"unsafe"

	"github.com/zeebo/xxh3"
)

// byteOrder says how float32 values lie in the memory of this machine. It is
// passed by value so that tests run both paths on any machine.
type byteOrder bool

const (
	sameOrder  byteOrder = true  // memory is little-endian: values are bytes of the file as they are
	otherOrder byteOrder = false // memory is anything else: values are converted one by one
)

func hostOrder() byteOrder {
	return binary.NativeEndian.Uint16([]byte{1, 0}) == 1
}

// chunkValues is how many values are converted at a time.
const chunkValues = 4096

// view returns the memory of values as bytes.
func view(values []float32) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(values))), valueBytes*len(values))
}

// write writes the payload of values to w; in sameOrder it copies nothing.
func (o byteOrder) write(w io.Writer, values []float32) error {
	if o == sameOrder {
		_, err := w.Write(view(values))
		return err
	}
	buf := make([]byte, 0, valueBytes*min(len(values), chunkValues))
	for len(values) > 0 {
		n := min(len(values), chunkValues)
		buf = buf[:0]
		for _, v := range values[:n] {
			buf = binary.LittleEndian.AppendUint32(buf, math.Float32bits(v))
		}
		if _, err := w.Write(buf); err != nil {
			return err
		}
		values = values[n:]
	}
	return nil
}

// sum returns the XXH3-64 of the payload of values.
func (o byteOrder) sum(values []float32) uint64 {
	if o == sameOrder {
		return xxh3.Hash(view(values))
	}
	h := xxh3.New()
	_ = o.write(h, values) // a hash takes every byte
	return h.Sum64()
}

// read fills values from their payload and returns its checksum and the number
// of bytes that r gave.
func (o byteOrder) read(r io.Reader, values []float32) (sum uint64, n int, err error) {
	bytes := view(values)
	if n, err = io.ReadFull(r, bytes); err != nil {
		return 0, n, err
	}
	sum = xxh3.Hash(bytes)
	if o != sameOrder {
		for i := range values {
			values[i] = math.Float32frombits(binary.LittleEndian.Uint32(bytes[valueBytes*i:]))
		}
	}
	return sum, n, nil
}
