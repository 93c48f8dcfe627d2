package predictor

import "math/rand/v2"

// purpose separates the random streams drawn from one seed.
type purpose uint64

const (
	forBootstrap purpose = iota + 1
	forHoldOut
	forFolds
	forChains
	forPairs
	forAgreement
	forCurve
)

// stream returns the generator of the index-th use of a purpose.
func stream(seed uint64, p purpose, index int) *rand.Rand {
	return rand.New(rand.NewPCG(seed, uint64(p)<<32|uint64(index)))
}
