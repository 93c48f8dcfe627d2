// Package stream makes independent random streams from a seed, a purpose and
// numbers such as a step, so that what is drawn never depends on what else was
// drawn before it or by which goroutine. It imports xxh3 only.
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

// Seed moves g to the start of the stream that New returns for the same
// arguments. It allocates nothing unless purpose and numbers are long.
func Seed(g *rand.PCG, seed uint64, purpose string, at ...uint64) {
	g.Seed(key(seed, purpose, at))
}

// shortKey is the longest key that needs no memory of its own, in bytes.
const shortKey = 64

func key(seed uint64, purpose string, at []uint64) (hi, lo uint64) {
	b := make([]byte, 0, shortKey)
	b = binary.LittleEndian.AppendUint64(b, seed)
	b = binary.LittleEndian.AppendUint64(b, uint64(len(purpose)))
	b = append(b, purpose...)
	for _, n := range at {
		b = binary.LittleEndian.AppendUint64(b, n)
	}
	h := xxh3.Hash128(b)
	return h.Hi, h.Lo
}
