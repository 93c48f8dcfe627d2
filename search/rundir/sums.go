package rundir

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/zeebo/xxh3"
)

// A line of a journal is a JSON object whose last field is "sum": XXH3-64 (seed 0) of the
// object without it, in 16 hexadecimal digits. Lines of versions that wrote no sums have
// none, and are read too.
const (
	sumField = `,"sum":"`
	sumBytes = len(sumField) + 16 + len(`"}`)
)

// errTorn is what a write that did not reach the disk leaves.
var errTorn = errors.New("torn or damaged")

// withSum returns the line of an object that has fields.
func withSum(object []byte) []byte {
	return fmt.Appendf(nil, "%s%s%016x\"}", object[:len(object)-1], sumField, xxh3.Hash(object))
}

// withoutSum returns the object of a line once its checksum is checked.
func withoutSum(line []byte) ([]byte, error) {
	if bytes.IndexByte(line, 0) >= 0 {
		return nil, fmt.Errorf("%w: zeros in the line", errTorn)
	}
	at := len(line) - sumBytes
	if at < 1 || !bytes.HasPrefix(line[at:], []byte(sumField)) {
		return line, nil
	}
	object := append(bytes.Clone(line[:at]), '}')
	if !bytes.Equal(withSum(object), line) {
		return nil, fmt.Errorf("%w: its bytes have XXH3 %016x; want the sum that it carries", errTorn, xxh3.Hash(object))
	}
	return object, nil
}
