package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestStreams compares the stream loops with the plain ones, with guards around
// every slice, and shows that every pass and every float counts.
func TestStreams(t *testing.T) {
	for name, v := range vecSets() {
		for _, rounds := range []int{0, 1, 2, 3, 17} {
			for passes := range 4 {
				n := rounds * StreamRound
				calls := []vecCall{
					{name: "read", exact: true, sizes: []int{n, StreamRound}, run: func(v *Vec, s [][]float32) {
						v.StreamRead(passes, s[0], (*[StreamRound]float32)(s[1]))
					}},
					{name: "copy", exact: true, sizes: []int{n, n}, run: func(v *Vec, s [][]float32) { v.StreamCopy(passes, s[0], s[1]) }},
					{name: "triad", sizes: []int{n, n, n}, run: func(v *Vec, s [][]float32) { v.StreamTriad(passes, 0.3, s[0], s[1], s[2]) }},
				}
				for _, c := range calls {
					want, got := c.with(&goVec, 1), c.with(v, 1)
					for i := range want {
						compareVec(t, fmt.Sprint(name, " ", c.name, ", ", rounds, " rounds, ", passes, " passes, slice ", i), got[i], want[i], c.exact)
					}
				}
			}
		}
	}
}

// TestStreamReadAddsUp checks the plain loop against sums by hand.
func TestStreamReadAddsUp(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	x := make([]float32, 3*StreamRound)
	for i := range x {
		x[i] = float32(r.IntN(100))
	}
	var s [StreamRound]float32
	goVec.StreamRead(2, x, &s)
	for i, got := range s {
		if want := 2 * (x[i] + x[StreamRound+i] + x[2*StreamRound+i]); got != want {
			t.Fatalf("sum %d is %v; want %v", i, got, want)
		}
	}
}

func TestStreamsRefuseBrokenRounds(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a run that is no whole number of rounds was accepted")
		}
	}()
	goVec.StreamCopy(1, make([]float32, StreamRound+1), make([]float32, StreamRound+1))
}

// TestPeakLoopCounts checks that the operations counted grow with the rounds.
func TestPeakLoopCounts(t *testing.T) {
	for _, s := range Available() {
		if a, b := s.PeakLoop(1000), s.PeakLoop(3000); a <= 0 || b != 3*a {
			t.Errorf("%s: %d operations in 1000 rounds, %d in 3000", s.Name, a, b)
		}
		if n := s.PeakLoop(0); n != 0 {
			t.Errorf("%s: %d operations in no rounds", s.Name, n)
		}
	}
}
