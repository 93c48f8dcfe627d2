package data

import (
	"math/bits"
	"math/rand/v2"
)

// purpose keeps the random streams of one seed apart.
type purpose uint64

const (
	forSplit purpose = iota + 1
	forSplitOrder
	forEpochOrder
	forAugment
	forFlip
	forBalance
)

// mix folds v into the hash h with the finaliser of SplitMix64 (Steele, Lea and Flood 2014). For a fixed h it is one to
// one in v, so streams that differ in their last number never coincide.
func mix(h, v uint64) uint64 {
	z := h*0xd1342543de82ef95 + v + 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

func streamKey(seed uint64, p purpose, a, b uint64) uint64 {
	return mix(mix(mix(mix(0, seed), uint64(p)), a), b)
}

// stream returns the generator of (seed, p, a, b), by value so that it can live on the stack.
func stream(seed uint64, p purpose, a, b uint64) rand.PCG {
	k := streamKey(seed, p, a, b)
	var g rand.PCG
	g.Seed(k, mix(k, 0))
	return g
}

// below returns a number in [0, n) made of the 64 random bits x (Lemire 2019; bias at most n/2^64).
func below(x uint64, n int) int {
	hi, _ := bits.Mul64(x, uint64(n))
	return int(hi)
}

// unit returns a number in [0, 1) made of the 64 random bits x.
func unit(x uint64) float64 { return float64(x>>11) / (1 << 53) }
