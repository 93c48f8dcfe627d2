package checkpoint

import (
	"encoding/json"
	"fmt"
	"unicode"
	"unicode/utf8"
)

// Schema is the schema version that this package writes, and the newest that it
// reads.
const Schema = 1

// Align is the boundary in bytes on which each payload begins: one cache line,
// and the widest vector register.
const Align = 64

// Limits on a file, equal for writer and reader.
const (
	MaxHeader  = 16 << 20 // bytes of the msgpack header
	MaxMeta    = 8 << 20  // bytes of metadata
	MaxTensors = 1 << 16  // tensors in a file
	MaxRank    = 8        // dimensions of a tensor
	MaxValues  = 1 << 28  // values in a tensor: 1 GiB of payload
	MaxName    = 255      // bytes in the name of a tensor
	MaxKind    = 64       // bytes in the kind of a file
)

const valueBytes = 4

// The faults below are texts such as "is empty, expected …", to be read after
// the name of the field; no fault is the empty text.

func textFault(s string, most int) string {
	switch {
	case s == "":
		return fmt.Sprintf("is empty, expected 1 to %d bytes", most)
	case len(s) > most:
		return fmt.Sprintf("has %d bytes, expected at most %d", len(s), most)
	case !utf8.ValidString(s):
		return "is not valid UTF-8"
	}
	for _, r := range s {
		if unicode.IsControl(r) {
			return fmt.Sprintf("%q holds the control character %U, expected none", s, r)
		}
	}
	return ""
}

func metaFault(meta []byte) string {
	switch {
	case len(meta) == 0:
		return ""
	case len(meta) > MaxMeta:
		return fmt.Sprintf("has %d bytes, expected at most %d", len(meta), MaxMeta)
	case !utf8.Valid(meta):
		return "is not valid UTF-8, expected a JSON document"
	case !json.Valid(meta):
		return "is not valid JSON, expected one JSON document or nothing"
	}
	return ""
}

// valuesOf returns the product of shape. The limit holds for the product of the
// sizes that are not zero, so that it doesn't depend on their order.
func valuesOf(shape []int) (values int, fault string) {
	if len(shape) > MaxRank {
		return 0, fmt.Sprintf("has %d dimensions, expected at most %d", len(shape), MaxRank)
	}
	values = 1
	product := 1
	for i, d := range shape {
		if d < 0 || d > MaxValues {
			return 0, fmt.Sprintf("dimension %d is %d, expected 0 to %d", i, d, MaxValues)
		}
		values *= min(d, 1)
		if d = max(d, 1); product > MaxValues/d {
			return 0, fmt.Sprintf("%v has more values than %d, the most that are expected", shape, MaxValues)
		}
		product *= d
	}
	return values * product, ""
}

func alignUp(n int64) int64 { return (n + Align - 1) &^ (Align - 1) }
