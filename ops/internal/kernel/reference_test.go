package kernel

import (
	"math"
	"math/rand/v2"
)

// weightIndex is the place of one weight of the window, written down from the
// layouts' definition alone. i counts within o's group.
func weightIndex(c Conv, o, i, ky, kx int) int {
	wh, ww, wIn := max(c.WKH, c.KH), max(c.WKW, c.KW), max(c.WInC, c.InC)
	ky, kx = ky+(wh-c.KH)/2, kx+(ww-c.KW)/2
	if c.WC > 0 {
		return (ky*ww+kx)*c.WC + o
	}
	per := c.OutC / c.G
	g, o := o/per, o%per
	blocks := (per + 15) / 16
	return ((((g*blocks+o/16)*wh+ky)*ww+kx)*(wIn/c.G)+i)*16 + o%16
}

// weightLen is the size of the stored weight.
func weightLen(c Conv) int {
	wh, ww, wIn := max(c.WKH, c.KH), max(c.WKW, c.KW), max(c.WInC, c.InC)
	if c.WC > 0 {
		return wh * ww * c.WC
	}
	return c.G * ((c.OutC/c.G + 15) / 16) * wh * ww * (wIn / c.G) * 16
}

// expected holds a pass computed in float64 and, per element, the sum of the
// absolute values of its terms, by which rounding errors are measured.
type expected struct{ sum, abs []float64 }

func newExpected(n int) expected { return expected{make([]float64, n), make([]float64, n)} }

func (e expected) add(i int, v float64) {
	e.sum[i] += v
	e.abs[i] += math.Abs(v)
}

// guarded returns n values between two runs of NaN, and a function that reports
// whether those runs are as they were.
func guarded(n int, fill func() float32) (s []float32, intact func() bool) {
	const guard = 37
	if fenced != nil {
		return amongNaN(fenced(n), n, fill)
	}
	return amongNaN(room{make([]float32, n+2*guard), guard}, n, fill)
}

// fenced, where it is set, makes the memory of operands, so much of it that can be looked at.
var fenced func(n int) room

// room is memory in which a slice begins at a place.
type room struct {
	all []float32
	at  int
}

// amongNaN returns n values in a room that holds NaN else, and a function that reports whether it
// does so still.
func amongNaN(in room, n int, fill func() float32) (s []float32, intact func() bool) {
	nan := float32(math.NaN())
	for i := range in.all {
		in.all[i] = nan
	}
	s = in.all[in.at:][:n:n]
	for i := range s {
		s[i] = fill()
	}
	return s, func() bool {
		for i, v := range in.all {
			if (i < in.at || i >= in.at+n) && math.Float32bits(v) != math.Float32bits(nan) {
				return false
			}
		}
		return true
	}
}

func uniform(r *rand.Rand) func() float32 { return func() float32 { return r.Float32()*2 - 1 } }

// storedWeight returns a random weight in storage order whose padding lanes,
// those beyond OutC in a block, are zero.
func storedWeight(c Conv, r *rand.Rand) (w []float32, intact func() bool) {
	w, intact = guarded(weightLen(c), uniform(r))
	per := c.OutC / c.G
	if c.WC == 0 && per%16 != 0 {
		block := len(w) / c.G / ((per + 15) / 16)
		for i := range w {
			if i%(block*((per+15)/16))/block*16+i%16 >= per {
				w[i] = 0
			}
		}
	}
	return w, intact
}

func sameBits(a, b []float32) bool {
	for i := range a {
		if math.Float32bits(a[i]) != math.Float32bits(b[i]) {
			return false
		}
	}
	return len(a) == len(b)
}
