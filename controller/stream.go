package controller

import "math/rand/v2"

// stream returns the random numbers for one purpose and step of a seed. Streams
// of different purposes or steps are independent, so the position of a strategy
// in its randomness is one counter.
func stream(seed uint64, purpose string, step uint64) *rand.Rand {
	const offset, prime = 14695981039346656037, 1099511628211 // FNV-1a
	h := uint64(offset)
	for i := range len(purpose) {
		h = (h ^ uint64(purpose[i])) * prime
	}
	return rand.New(rand.NewPCG(scramble(seed)^h, scramble(step+h)))
}

// scramble is the finaliser of SplitMix64 (Steele et al. 2014): neighbouring
// seeds and steps give unrelated values.
func scramble(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
