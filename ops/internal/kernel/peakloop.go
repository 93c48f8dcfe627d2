package kernel

import "unsafe"

// goFMAs is the number of independent multiply-adds in a round of the plain loop.
const goFMAs = 8

// PeakLoop does rounds of independent multiply-adds in registers on the calling
// goroutine and returns how many floating-point operations those were: as fast
// as one core can go with the set's instructions. For the plain set that is what
// the compiler makes of such a loop.
func (s *Set) PeakLoop(rounds int) (flops int) {
	if rounds < 1 {
		return 0
	}
	if s.tiles == nil {
		var sum float32
		goPeakLoop(rounds, &sum)
		return rounds * goFMAs * 2
	}
	a := gatherTile{n: rounds}
	s.tiles.peak((*byte)(unsafe.Pointer(&a)))
	return rounds * peakFMAs * s.tiles.width * 2
}

// goPeakLoop leaves the sum of its multiply-adds in sum. It is not inlined, so that the
// compiler cannot drop the loop as unused.
//
//go:noinline
func goPeakLoop(rounds int, sum *float32) {
	const a, b = 0.75, 0.25 // sums settle at 1
	var s0, s1, s2, s3, s4, s5, s6, s7 float32
	for range rounds {
		s0, s1, s2, s3 = s0*a+b, s1*a+b, s2*a+b, s3*a+b
		s4, s5, s6, s7 = s4*a+b, s5*a+b, s6*a+b, s7*a+b
	}
	*sum = s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7
}
