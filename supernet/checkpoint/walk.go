package checkpoint

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/vmihailenco/msgpack/v5"
	"github.com/vmihailenco/msgpack/v5/msgpcode"
)

// walker reads msgpack values of known type from a header in memory. The
// decoder's own Decode allocates what the input asks for and recurses as deep as
// it nests; the walker looks at the code of each value first, takes lengths only,
// and holds them against a limit and the bytes left before it allocates.
type walker struct {
	file string
	in   *bytes.Reader
	dec  *msgpack.Decoder
	base int64 // byte in the file where the header begins
	at   int64 // byte in the file where the value read last begins
}

func newWalker(file string, header []byte, base int64) *walker {
	in := bytes.NewReader(header)
	return &walker{file: file, in: in, dec: msgpack.NewDecoder(in), base: base}
}

// fail returns an error about the value read last.
func (w *walker) fail(field, problem string, cause error) error {
	return &FormatError{File: w.file, Offset: w.at, Field: field, Problem: problem, Err: cause}
}

// open checks that the next value is of the wanted type.
func (w *walker) open(field, want string, is func(code byte) bool) error {
	w.at = w.base + w.in.Size() - int64(w.in.Len())
	code, err := w.dec.PeekCode()
	if err != nil {
		return w.fail(field, "the header ends here, expected "+want, short(err))
	}
	if !is(code) {
		return w.fail(field, fmt.Sprintf("msgpack code %#02x, expected %s", code, want), nil)
	}
	return nil
}

// length checks a length just read: at most the limit, and what it announces must
// fit in the bytes left at least bytes for each of n.
func (w *walker) length(field string, n, most, least int, err error) error {
	switch {
	case err != nil:
		return w.fail(field, "its length is cut off", short(err))
	case n < 0 || n > most: // 32-bit machines read lengths past 2 Gi as negative
		return w.fail(field, fmt.Sprintf("length %d, expected at most %d", n, most), nil)
	case n > w.in.Len()/least:
		return w.fail(field, fmt.Sprintf("length %d, but only %d bytes of header are left", n, w.in.Len()), nil)
	}
	return nil
}

// array returns the length of an array whose elements take at least bytes each.
func (w *walker) array(field string, most, least int) (int, error) {
	if err := w.open(field, "an array", isArray); err != nil {
		return 0, err
	}
	n, err := w.dec.DecodeArrayLen()
	return n, w.length(field, n, most, least, err)
}

func (w *walker) text(field string, most int) (string, error) {
	if err := w.open(field, "a string", msgpcode.IsString); err != nil {
		return "", err
	}
	b, err := w.take(field, most)
	return string(b), err
}

func (w *walker) bin(field string, most int) ([]byte, error) {
	if err := w.open(field, "bin data", msgpcode.IsBin); err != nil {
		return nil, err
	}
	return w.take(field, most)
}

func (w *walker) take(field string, most int) ([]byte, error) {
	n, err := w.dec.DecodeBytesLen()
	if err := w.length(field, n, most, 1, err); err != nil || n == 0 {
		return nil, err
	}
	b := make([]byte, n)
	if err := w.dec.ReadFull(b); err != nil {
		return nil, w.fail(field, "its bytes are cut off", short(err))
	}
	return b, nil
}

func (w *walker) uint(field string, most uint64) (uint64, error) {
	if err := w.open(field, "an unsigned integer", isUint); err != nil {
		return 0, err
	}
	n, err := w.dec.DecodeUint64()
	if err != nil {
		return 0, w.fail(field, "its bytes are cut off", short(err))
	}
	if n > most {
		return 0, w.fail(field, fmt.Sprintf("%d, expected at most %d", n, most), nil)
	}
	return n, nil
}

// fields reads a map that must hold each of keys once, in any order, and nothing
// else, and calls read to take the value of each.
func (w *walker) fields(field string, keys []string, read func(key string) error) error {
	if err := w.open(field, "a map", isMap); err != nil {
		return err
	}
	n, err := w.dec.DecodeMapLen()
	if err != nil {
		return w.fail(field, "its length is cut off", short(err))
	}
	if n != len(keys) {
		return w.fail(field, fmt.Sprintf("%d keys, expected the %d keys %q", n, len(keys), keys), nil)
	}
	var seen uint64
	for range n {
		key, err := w.text(field, MaxName)
		if err != nil {
			return err
		}
		k := slices.Index(keys, key)
		if k < 0 {
			return w.fail(field, fmt.Sprintf("unknown key %q, expected one of %q", key, keys), nil)
		}
		if seen&(1<<k) != 0 {
			return w.fail(field, fmt.Sprintf("key %q a second time, expected it once", key), nil)
		}
		seen |= 1 << k
		if err := read(key); err != nil {
			return err
		}
	}
	return nil
}

func isMap(c byte) bool {
	return msgpcode.IsFixedMap(c) || c == msgpcode.Map16 || c == msgpcode.Map32
}

func isArray(c byte) bool {
	return msgpcode.IsFixedArray(c) || c == msgpcode.Array16 || c == msgpcode.Array32
}

func isUint(c byte) bool {
	return c <= msgpcode.PosFixedNumHigh || c >= msgpcode.Uint8 && c <= msgpcode.Uint64
}
