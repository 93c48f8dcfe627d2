package data

import (
	"math"
	"math/bits"
)

const orderRounds = 8

// order is a pseudo-random permutation of [0, n) that is computed one position at a time: a generalised Feistel network
// over the rectangle a*b >= n with cycle walking (Black and Rogaway 2002, "Ciphers with arbitrary finite domains").
// It has no table to build, to lock or to save: position p of any epoch is a function of (seed, epoch, p).
type order struct {
	n, a, b uint64
	keys    [orderRounds]uint64
}

// newOrder returns the order of the pictures [0, n) in an epoch.
func newOrder(seed uint64, epoch, n int) order {
	a := uint64(math.Ceil(math.Sqrt(float64(n))))
	o := order{n: uint64(n), a: a, b: (uint64(n) + a - 1) / a}
	key := streamKey(seed, forEpochOrder, uint64(epoch), uint64(n))
	for j := range o.keys {
		o.keys[j] = mix(key, uint64(j))
	}
	return o
}

// at returns the picture at position pos, 0 <= pos < n.
func (o *order) at(pos int) int {
	x := uint64(pos)
	for {
		x = o.permute(x)
		if x < o.n {
			return int(x)
		}
	}
}

// permute is one to one on [0, a*b): each round adds to one coordinate a hash of the other.
func (o *order) permute(x uint64) uint64 {
	hi, lo := x/o.a, x%o.a
	for j := 0; j < orderRounds; j += 2 {
		lo = shift(lo, mix(o.keys[j], hi), o.a)
		hi = shift(hi, mix(o.keys[j+1], lo), o.b)
	}
	return hi*o.a + lo
}

// shift returns (x + a random number in [0, n)) mod n for x < n.
func shift(x, random, n uint64) uint64 {
	step, _ := bits.Mul64(random, n)
	x += step
	if x >= n {
		x -= n
	}
	return x
}
