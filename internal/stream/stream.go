// Package stream makes independent random streams from a seed, a purpose and
// numbers such as a step, so that what is drawn never depends on what else was
// drawn before it or by whom.
package stream

import (
	"encoding/binary"
	"math/rand/v2"

	"github.com/zeebo/xxh3"
)

// New returns the stream of (seed, purpose, at...). Equal arguments give equal
// streams; different ones give unrelated streams.
func New(seed uint64, purpose string, at ...uint64) *rand.Rand {
	return rand.New(rand.NewPCG(key(seed, purpose, at)))
}

func key(seed uint64, purpose string, at []uint64) (hi, lo uint64) {
	b := make([]byte, 0, 8*(len(at)+2)+len(purpose))
	b = binary.LittleEndian.AppendUint64(b, seed)
	b = binary.LittleEndian.AppendUint64(b, uint64(len(purpose)))
	b = append(b, purpose...)
	for _, n := range at {
		b = binary.LittleEndian.AppendUint64(b, n)
	}
	h := xxh3.Hash128(b)
	return h.Hi, h.Lo
}
