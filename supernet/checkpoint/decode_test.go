package checkpoint

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/zeebo/xxh3"
)

// signed puts a prefix that is in order before any header, so that a test or the
// fuzzer gets past the checksum, and the payloads after it.
func signed(header []byte, payloads ...byte) []byte {
	b := []byte(magic)
	b = binary.LittleEndian.AppendUint32(b, Schema)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(header)))
	b = binary.LittleEndian.AppendUint64(b, xxh3.Hash(header))
	return append(append(b, header...), payloads...)
}

// headerOf returns the header of a whole file, and what follows it.
func headerOf(b []byte) (header, payloads []byte) {
	n := binary.LittleEndian.Uint32(b[12:])
	return b[prefixBytes : prefixBytes+int(n)], b[prefixBytes+int(n):]
}

func decodeBytes(b []byte) (*File, error) { return Decode(bytes.NewReader(b), int64(len(b))) }

// wantFault checks that err is one error of this package with a place and a field.
func wantFault(t *testing.T, err error, want ...string) {
	t.Helper()
	var fault *FormatError
	if !errors.As(err, &fault) || fault.Field == "" || fault.Problem == "" {
		t.Fatalf("error %v, expected a FormatError with field and problem", err)
	}
	for _, text := range want {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("error %q, expected %q in it", err, text)
		}
	}
}

// TestEveryTruncation cuts a file at every byte, once with the length that is
// left, as a file has, and once with the length it should have, as a stream may.
func TestEveryTruncation(t *testing.T) {
	whole := encoded(t, small())
	for n := range whole {
		for _, size := range []int64{int64(n), int64(len(whole))} {
			_, err := Decode(bytes.NewReader(whole[:n]), size)
			wantFault(t, err)
			if !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("%d of %d bytes: error %v, expected the cause %v", n, size, err, io.ErrUnexpectedEOF)
			}
		}
	}
}

// TestEveryFlippedBit promises that no single changed bit goes unnoticed, in
// prefix, header, gaps and payloads alike.
func TestEveryFlippedBit(t *testing.T) {
	whole := encoded(t, small())
	for i := range whole {
		for bit := range 8 {
			b := slices.Clone(whole)
			b[i] ^= 1 << bit
			if _, err := decodeBytes(b); err == nil {
				t.Errorf("bit %d of byte %d is flipped, and no error", bit, i)
			}
		}
	}
}

func TestFaultsNameTheirCause(t *testing.T) {
	whole := encoded(t, small())
	header, _ := headerOf(whole)
	change := func(at int, to byte) []byte {
		b := slices.Clone(whole)
		b[at] = to
		return b
	}
	cases := []struct {
		name  string
		file  []byte
		cause error
		want  string
	}{
		{"another file", []byte("PK\x03\x04 and so on, long enough for a prefix"), ErrNotCheckpoint, `byte 0: magic: "PK\x03\x04 and", expected "ESPALIER"`},
		{"newer", change(8, 2), ErrSchema, "byte 8: schema: version 2 was written by a newer program, expected at most 1"},
		{"version 0", change(8, 0), ErrSchema, "byte 8: schema: version 0, expected 1 to 1"},
		{"long header", change(15, 2), nil, "byte 12: header length: 33"},
		{"header past the end", change(14, 1), io.ErrUnexpectedEOF, "byte 12: header length: 65"},
		{"changed header", change(30, 0), ErrChecksum, "byte 24: header: its bytes have XXH3"},
		{"changed gap", change(prefixBytes+len(header), 1), nil, `tensor "stem/w": 0x01 in the gap before its payload`},
		{"changed value", change(len(whole)-1, 0), ErrChecksum, `tensor "µ": its bytes have XXH3`},
		{"longer", append(slices.Clone(whole), 0), nil, "end: 1 bytes after the last payload"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := decodeBytes(c.file)
			wantFault(t, err, c.want)
			if c.cause != nil && !errors.Is(err, c.cause) {
				t.Errorf("error %v, expected the cause %v", err, c.cause)
			}
		})
	}
}

var errDisk = errors.New("disk is on fire")

// TestReadErrorsKeepTheirCause: a failing disk is not a short file.
func TestReadErrorsKeepTheirCause(t *testing.T) {
	whole := encoded(t, small())
	for n := range whole {
		r := io.MultiReader(bytes.NewReader(whole[:n]), brokenReader{})
		_, err := Decode(r, int64(len(whole)))
		wantFault(t, err)
		if !errors.Is(err, errDisk) || errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatalf("after %d bytes: error %v, expected the cause %v", n, err, errDisk)
		}
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errDisk }

func TestNegativeSize(t *testing.T) {
	_, err := Decode(bytes.NewReader(encoded(t, small())), -1)
	wantFault(t, err)
}
