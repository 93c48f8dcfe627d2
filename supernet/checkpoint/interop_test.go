package checkpoint

import (
	"encoding/binary"
	"fmt"
	"reflect"
	"testing"

	"github.com/zeebo/xxh3"
)

// unpack is a msgpack decoder of its own, from the specification, for the types
// that a header may hold: it returns the first value in b and what follows it.
func unpack(b []byte) (any, []byte) {
	code, b := b[0], b[1:]
	sized := func(width int) int { // a big-endian integer of so many bytes
		n := 0
		for _, c := range b[:width] {
			n = n<<8 | int(c)
		}
		b = b[width:]
		return n
	}
	switch {
	case code <= 0x7f:
		return uint64(code), b
	case code <= 0x8f:
		return unpackMap(int(code&15), b)
	case code <= 0x9f:
		return unpackArray(int(code&15), b)
	case code <= 0xbf:
		n := int(code & 31)
		return string(b[:n]), b[n:]
	case code >= 0xc4 && code <= 0xc6: // bin 8, 16, 32
		n := sized(1 << (code - 0xc4))
		return b[:n:n], b[n:]
	case code >= 0xcc && code <= 0xcf: // uint 8, 16, 32, 64
		n := sized(1 << (code - 0xcc))
		return uint64(n), b
	case code >= 0xd9 && code <= 0xdb: // str 8, 16, 32
		n := sized(1 << (code - 0xd9))
		return string(b[:n]), b[n:]
	case code == 0xdc || code == 0xdd: // array 16, 32
		n := sized(2 << (code - 0xdc))
		return unpackArray(n, b)
	}
	panic(fmt.Sprintf("code %#x has no place in a header", code))
}

func unpackMap(n int, b []byte) (any, []byte) {
	m := make(map[any]any)
	for range n {
		var k, v any
		k, b = unpack(b)
		v, b = unpack(b)
		m[k] = v
	}
	return m, b
}

func unpackArray(n int, b []byte) (any, []byte) {
	a := make([]any, n)
	for i := range a {
		a[i], b = unpack(b)
	}
	return a, b
}

// TestAnotherDecoderReadsTheHeader walks a whole file with nothing of this package
// but what the document says.
func TestAnotherDecoderReadsTheHeader(t *testing.T) {
	f := small()
	for i := range 20 { // past the short form of arrays
		f.Tensors = append(f.Tensors, Tensor{fmt.Sprint("t", i), []int{300, 2}, make([]float32, 600)})
	}
	b := encoded(t, f)
	n := int(binary.LittleEndian.Uint32(b[12:]))
	header, rest := unpack(b[24 : 24+n])
	if len(rest) != 0 {
		t.Errorf("%d bytes after the header map", len(rest))
	}
	var tensors []any
	end := 24 + n
	for _, x := range f.Tensors {
		for end%64 != 0 {
			end++
		}
		payload := b[end : end+4*len(x.Data)]
		shape := []any{}
		for _, d := range x.Shape {
			shape = append(shape, uint64(d))
		}
		tensors = append(tensors, map[any]any{
			"name": x.Name, "shape": shape, "offset": uint64(end),
			"bytes": uint64(len(payload)), "xxh3": xxh3.Hash(payload),
		})
		end += len(payload)
	}
	want := map[any]any{"schema": uint64(1), "kind": f.Kind, "meta": f.Meta, "tensors": tensors}
	if !reflect.DeepEqual(header, any(want)) {
		t.Errorf("header\n%v\nexpected\n%v", header, want)
	}
	if end != len(b) {
		t.Errorf("the payloads end at %d, the file at %d", end, len(b))
	}
}
