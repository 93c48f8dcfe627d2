package checkpoint

import (
	"bytes"
	"math"
	"slices"
	"testing"

	"github.com/vmihailenco/msgpack/v5"
)

// pair and doc build headers by hand, in any order and with any mistake.
type (
	pair struct {
		key   string
		value any
	}
	doc []pair
)

// EncodeMsgpack writes the pairs as a map in their order.
func (d doc) EncodeMsgpack(e *msgpack.Encoder) error {
	if err := e.EncodeMapLen(len(d)); err != nil {
		return err
	}
	for _, p := range d {
		if err := e.EncodeMulti(p.key, p.value); err != nil {
			return err
		}
	}
	return nil
}

func packed(t testing.TB, d doc) []byte {
	t.Helper()
	var b bytes.Buffer
	e := msgpack.NewEncoder(&b)
	e.UseCompactInts(true)
	if err := e.Encode(d); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// oneTensor is a header of one scalar with these changes: a pair replaces the one
// of its key, or is added.
func oneTensor(change ...pair) doc {
	return headerWith([]any{tensorWith(change...)})
}

func tensorWith(change ...pair) doc {
	return doc{{"name", "a"}, {"shape", []int{}}, {"offset", 128}, {"bytes", 4}, {"xxh3", uint64(math.MaxUint64)}}.with(change)
}

func headerWith(tensors any, change ...pair) doc {
	return doc{{"schema", 1}, {"kind", "k"}, {"meta", []byte("1")}, {"tensors", tensors}}.with(change)
}

func (d doc) with(change []pair) doc {
next:
	for _, c := range change {
		for i := range d {
			if d[i].key == c.key {
				d[i] = c
				continue next
			}
		}
		d = append(d, c)
	}
	return d
}

// oneTensorSize is the length of a file with a header of one scalar.
const oneTensorSize = 132

func TestHeaderFaults(t *testing.T) {
	a := tensorWith()
	cases := []struct {
		name   string
		header doc
		want   string
	}{
		{"missing key", oneTensor()[:3], "header: 3 keys, expected the 4 keys"},
		{"unknown key", append(oneTensor()[:3], pair{"tensor", 1}), `header: unknown key "tensor", expected one of`},
		{"key twice", append(oneTensor()[:3], pair{"meta", []byte("1")}), `header: key "meta" a second time`},
		{"schema differs", headerWith([]any{a}, pair{"schema", 2}), "byte 32: schema: 2, expected 1 as in the prefix"},
		{"schema is text", headerWith([]any{a}, pair{"schema", "1"}), "schema: msgpack code 0xa1, expected an unsigned integer"},
		{"schema is negative", headerWith([]any{a}, pair{"schema", -1}), "schema: msgpack code 0xff, expected an unsigned integer"},
		{"schema is nil", headerWith([]any{a}, pair{"schema", nil}), "schema: msgpack code 0xc0, expected an unsigned integer"},
		{"kind is bin", headerWith([]any{a}, pair{"kind", []byte("k")}), "kind: msgpack code 0xc4, expected a string"},
		{"kind is empty", headerWith([]any{a}, pair{"kind", ""}), "kind: is empty"},
		{"meta is text", headerWith([]any{a}, pair{"meta", "1"}), "meta: msgpack code 0xa1, expected bin data"},
		{"meta is nil", headerWith([]any{a}, pair{"meta", nil}), "meta: msgpack code 0xc0, expected bin data"},
		{"meta is no JSON", headerWith([]any{a}, pair{"meta", []byte("{")}), "meta: is not valid JSON"},
		{"tensors is a map", headerWith(a), "tensors: msgpack code 0x85, expected an array"},
		{"tensor is an array", headerWith([]any{make([]int, 40)}), "tensors[0]: msgpack code 0xdc, expected a map"},
		{"tensor lacks a key", headerWith([]any{tensorWith(pair{"name", "twenty bytes of name"})[:4]}), "tensors[0]: 4 keys, expected the 5 keys"},
		{"tensor with a key too many", oneTensor(pair{"dtype", "f32"}), "tensors[0]: 6 keys, expected the 5 keys"},
		{"name twice", headerWith([]any{a, a}), `tensors[1]: "a" is the name of tensors[0] already`},
		{"name with newline", oneTensor(pair{"name", "a\n"}), `tensors[0].name: "a\n" holds the control character`},
		{"rank", oneTensor(pair{"shape", make([]int, 9)}), "tensors[0].shape: length 9, expected at most 8"},
		{"size", oneTensor(pair{"shape", []int{1, MaxValues + 1}}), "tensors[0].shape[1]: 268435457, expected at most 268435456"},
		{"product", oneTensor(pair{"shape", []int{MaxValues, 0, 2}}), "tensors[0].shape: [268435456 0 2] has more values"},
		{"size is a float", oneTensor(pair{"shape", []any{1.0}}), "tensors[0].shape[0]: msgpack code 0xcb, expected an unsigned integer"},
		{"offset past int64", oneTensor(pair{"offset", uint64(1 << 63)}), "tensors[0].offset: 9223372036854775808, expected at most"},
		{"bytes past int64", oneTensor(pair{"bytes", uint64(math.MaxUint64)}), "tensors[0].bytes: 18446744073709551615, expected at most"},
		{"bytes and shape", oneTensor(pair{"bytes", 8}), `tensor "a": 8 bytes, expected 4 for shape []`},
		{"gap", oneTensor(pair{"offset", 192}), `tensor "a": offset 192, expected 128`},
		{"inside the header", oneTensor(pair{"offset", 0}), `tensor "a": offset 0, expected 128`},
		{"past the end", oneTensor(pair{"shape", []int{2}}, pair{"bytes", 8}), `byte 136: tensor "a": its payload ends here, but the file has 132 bytes`},
		{"not all of the file", headerWith([]any{}), "end: 75 bytes after the last payload"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := packed(t, c.header)
			h, err := parseHeader("f", b, int64(prefixBytes), oneTensorSize)
			if err == nil {
				err = checkSize("f", h, int64(prefixBytes+len(b)))
			}
			wantFault(t, err, "checkpoint f: byte ", c.want)
		})
	}
}

// TestPayloadsMayNotShare: two tensors over the same bytes would be twice the
// memory that the file has.
func TestPayloadsMayNotShare(t *testing.T) {
	a, b := tensorWith(pair{"offset", 192}), tensorWith(pair{"offset", 192}, pair{"name", "b"})
	_, err := parseHeader("", packed(t, headerWith([]any{a, b})), int64(prefixBytes), 260)
	wantFault(t, err, `byte 196: tensor "b": offset 192, expected 256`)
}

// TestHeaderIsNotOneSpelling: other writers may order keys as they like and use
// wider integers and lengths than they need.
func TestHeaderIsNotOneSpelling(t *testing.T) {
	want, err := parseHeader("", packed(t, oneTensor()), int64(prefixBytes), oneTensorSize)
	if err != nil {
		t.Fatal(err)
	}
	a := tensorWith()
	slices.Reverse(a)
	d := headerWith([]any{a})
	slices.Reverse(d)
	var wide bytes.Buffer
	if err := msgpack.NewEncoder(&wide).Encode(doc{d[0], d[1], d[2], {"schema", uint64(1)}}); err != nil {
		t.Fatal(err)
	}
	got, err := parseHeader("", wide.Bytes(), int64(prefixBytes), oneTensorSize)
	if err != nil {
		t.Fatal(err)
	}
	if got.Kind != want.Kind || string(got.Meta) != string(want.Meta) || len(got.Tensors) != 1 {
		t.Fatalf("got %+v, expected %+v", got, want)
	}
	if g, w := got.Tensors[0], want.Tensors[0]; g.Name != w.Name || g.Offset != w.Offset || g.Bytes != w.Bytes || g.Sum != w.Sum {
		t.Fatalf("got %+v, expected %+v", g, w)
	}
}

func TestHeaderTruncations(t *testing.T) {
	header := packed(t, oneTensor())
	for n := range header {
		_, err := parseHeader("", header[:n], int64(prefixBytes), oneTensorSize)
		wantFault(t, err)
	}
	_, err := parseHeader("", append(header, 0xc0), int64(prefixBytes), oneTensorSize)
	wantFault(t, err, "header: 1 bytes after the map")
}
