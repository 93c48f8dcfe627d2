package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

type testCase struct {
	name string
	c    Conv
}

// cases are shapes chosen for the paths that they take; names say which.
var cases = []testCase{
	{"first layer", Conv{N: 2, H: 9, W: 11, InC: 1, OutC: 16, KH: 3, KW: 3, S: 1, PadH: 1, PadW: 1, Dil: 1, G: 1}},
	{"three channels, stride 2", Conv{N: 2, H: 12, W: 10, InC: 3, OutC: 24, KH: 3, KW: 3, S: 2, PadH: 1, PadW: 1, Dil: 1, G: 1}},
	{"one block", Conv{N: 3, H: 14, W: 14, InC: 16, OutC: 16, KH: 3, KW: 3, S: 1, PadH: 1, PadW: 1, Dil: 1, G: 1}},
	{"two blocks, 5x5", Conv{N: 3, H: 7, W: 7, InC: 32, OutC: 32, KH: 5, KW: 5, S: 1, PadH: 2, PadW: 2, Dil: 1, G: 1}},
	{"seven wide, many images", Conv{N: 17, H: 7, W: 7, InC: 16, OutC: 48, KH: 3, KW: 3, S: 1, PadH: 1, PadW: 1, Dil: 1, G: 1}},
	{"odd channels", Conv{N: 2, H: 6, W: 5, InC: 20, OutC: 37, KH: 3, KW: 3, S: 1, PadH: 1, PadW: 1, Dil: 1, G: 1}},
	{"fewer than a block", Conv{N: 2, H: 5, W: 5, InC: 7, OutC: 5, KH: 3, KW: 3, S: 1, PadH: 1, PadW: 1, Dil: 1, G: 1}},
	{"pointwise", Conv{N: 3, H: 8, W: 8, InC: 24, OutC: 96, KH: 1, KW: 1, S: 1, Dil: 1, G: 1}},
	{"pointwise, stride 2", Conv{N: 3, H: 9, W: 8, InC: 24, OutC: 40, KH: 1, KW: 1, S: 2, Dil: 1, G: 1}},
	{"linear", Conv{N: 19, H: 1, W: 1, InC: 130, OutC: 10, KH: 1, KW: 1, S: 1, Dil: 1, G: 1}},
	{"window of a larger weight", Conv{N: 2, H: 8, W: 8, InC: 20, OutC: 24, KH: 3, KW: 3, S: 1, PadH: 1, PadW: 1, Dil: 1, G: 1, WInC: 32, WKH: 7, WKW: 7}},
	{"strided window", Conv{N: 2, H: 9, W: 9, InC: 5, OutC: 33, KH: 3, KW: 3, S: 2, PadH: 1, PadW: 1, Dil: 1, G: 1, WInC: 6, WKH: 5, WKW: 5}},
	{"stride 3, dilated, over-padded", Conv{N: 2, H: 13, W: 12, InC: 4, OutC: 18, KH: 3, KW: 3, S: 3, PadH: 4, PadW: 4, Dil: 2, G: 1}},
	{"padding beyond the kernel", Conv{N: 1, H: 4, W: 4, InC: 3, OutC: 16, KH: 1, KW: 1, S: 1, PadH: 2, PadW: 2, Dil: 1, G: 1}},
	{"grouped", Conv{N: 2, H: 8, W: 7, InC: 8, OutC: 40, KH: 3, KW: 3, S: 1, PadH: 1, PadW: 1, Dil: 1, G: 2}},
	{"grouped, stride 2", Conv{N: 2, H: 8, W: 7, InC: 9, OutC: 6, KH: 3, KW: 3, S: 2, PadH: 1, PadW: 1, Dil: 1, G: 3}},
	{"depthwise 3x3", Conv{N: 2, H: 10, W: 9, InC: 32, OutC: 32, KH: 3, KW: 3, S: 1, PadH: 1, PadW: 1, Dil: 1, G: 32, WC: 32}},
	{"depthwise 5x5 stride 2, odd", Conv{N: 2, H: 9, W: 10, InC: 21, OutC: 21, KH: 5, KW: 5, S: 2, PadH: 2, PadW: 2, Dil: 1, G: 21, WC: 21}},
	{"depthwise 7x7 window", Conv{N: 2, H: 8, W: 8, InC: 20, OutC: 20, KH: 5, KW: 5, S: 1, PadH: 2, PadW: 2, Dil: 1, G: 20, WC: 40, WKH: 7, WKW: 7}},
	{"depthwise 7x7 dilated", Conv{N: 1, H: 15, W: 15, InC: 17, OutC: 17, KH: 7, KW: 7, S: 1, PadH: 6, PadW: 6, Dil: 2, G: 17, WC: 17}},
	{"row of taps", Conv{N: 2, H: 1, W: 23, InC: 20, OutC: 24, KH: 1, KW: 5, S: 1, PadW: 2, Dil: 1, G: 1}},
	{"column of taps, stride 2", Conv{N: 2, H: 21, W: 1, InC: 20, OutC: 24, KH: 3, KW: 1, S: 2, PadH: 1, Dil: 1, G: 1}},
	{"nine taps in a row", Conv{N: 2, H: 6, W: 14, InC: 16, OutC: 20, KH: 1, KW: 9, S: 1, PadW: 4, Dil: 1, G: 1}},
	{"rectangle of a larger weight, dilated", Conv{N: 2, H: 9, W: 8, InC: 13, OutC: 24, KH: 3, KW: 1, S: 1, PadH: 2, Dil: 2, G: 1, WInC: 20, WKH: 5, WKW: 7}},
	{"rectangle of a picture", Conv{N: 2, H: 5, W: 12, InC: 3, OutC: 16, KH: 1, KW: 3, S: 1, PadW: 1, Dil: 1, G: 1}},
	{"square, padded one way", Conv{N: 2, H: 9, W: 10, InC: 16, OutC: 20, KH: 3, KW: 3, S: 1, PadW: 1, Dil: 1, G: 1}},
	{"grouped rectangle", Conv{N: 2, H: 4, W: 9, InC: 8, OutC: 40, KH: 2, KW: 5, S: 2, PadW: 2, Dil: 1, G: 2}},
	{"depthwise row", Conv{N: 2, H: 1, W: 30, InC: 21, OutC: 21, KH: 1, KW: 7, S: 1, PadW: 3, Dil: 1, G: 21, WC: 21}},
	{"depthwise row of a square weight, stride 2", Conv{N: 2, H: 7, W: 10, InC: 21, OutC: 21, KH: 1, KW: 3, S: 2, PadW: 1, Dil: 1, G: 21, WC: 30, WKH: 5, WKW: 5}},
	{"depthwise square, padded one way", Conv{N: 2, H: 9, W: 10, InC: 21, OutC: 21, KH: 3, KW: 3, S: 2, PadW: 1, Dil: 1, G: 21, WC: 21}},
	{"depthwise of one channel", Conv{N: 2, H: 5, W: 5, InC: 1, OutC: 1, KH: 3, KW: 3, S: 1, PadH: 1, PadW: 1, Dil: 1, G: 1, WC: 1}},
}

// sets returns the sets of kernels that the machine has, and those with special
// paths without them too.
func sets() []*Set {
	all := Available()
	for _, s := range Available() {
		if s.tiles != nil {
			all = append(all, direct(s))
		}
	}
	return all
}

// direct returns s without Winograd's algorithm and depthwise rows.
func direct(s *Set) *Set {
	s = s.Direct()
	s.tiles.stride1, s.tiles.stride2, s.tiles.transposed = nil, nil, nil
	s.Name += " without rows"
	return s
}

// engines runs f as a subtest for each of the sets.
func engines(t *testing.T, workers int, f func(*testing.T, *Engine)) {
	for _, s := range sets() {
		t.Run(s.Name, func(t *testing.T) {
			p := NewPool(workers)
			defer p.Close()
			f(t, NewEngine(s, p))
		})
	}
}

// fatal is what *testing.T and *rapid.T share.
type fatal interface{ Fatalf(string, ...any) }

func TestPasses(t *testing.T) {
	engines(t, 2, func(t *testing.T, e *Engine) {
		for _, k := range cases {
			t.Run(k.name, func(t *testing.T) { newTrial(k.c, rand.New(rand.NewPCG(1, 2))).run(t, e) })
		}
	})
}

// drawConv draws a convolution of any kind with few enough products to check.
func drawConv(t *rapid.T) Conv {
	num := func(name string, lo, hi int) int { return rapid.IntRange(lo, hi).Draw(t, name) }
	side := rapid.SampledFrom([]int{1, 3, 5, 7, 2})
	c := Conv{
		N: num("N", 1, 5), KH: side.Draw(t, "KH"), KW: side.Draw(t, "KW"), S: num("S", 1, 3),
		PadH: num("PadH", 0, 4), PadW: num("PadW", 0, 4), Dil: num("Dil", 1, 2), G: 1,
	}
	size := func(name string, k, pad int) int {
		low := max(1, c.Dil*(k-1)+1-2*pad)
		return num(name, low, max(low, 20))
	}
	c.H, c.W = size("H", c.KH, c.PadH), size("W", c.KW, c.PadW)
	wider := func() { c.WKH, c.WKW = c.KH+2*num("WKH", 0, 2), c.KW+2*num("WKW", 0, 2) }
	switch num("kind", 0, 2) {
	case 0:
		c.InC, c.OutC = num("InC", 1, 70), num("OutC", 1, 70)
		c.WInC = c.InC + num("WInC", 0, 20)
		wider()
	case 1:
		c.G = num("G", 2, 4)
		c.InC, c.OutC = c.G*num("InC", 2, 9), c.G*num("OutC", 1, 20)
	default:
		c.InC = num("C", 1, 70)
		c.OutC, c.G, c.WC = c.InC, c.InC, c.InC+num("WC", 0, 20)
		wider()
	}
	for c.FLOPs() > 1<<21 && c.N > 1 {
		c.N--
	}
	return c
}

func TestPassesProperty(t *testing.T) {
	engines(t, 2, func(t *testing.T, e *Engine) {
		rapid.Check(t, func(t *rapid.T) {
			c := drawConv(t)
			if c.FLOPs() > 1<<23 {
				c.InC, c.OutC, c.G, c.WInC, c.WC = 3, 5, 1, 4, 0
			}
			newTrial(c, rand.New(rand.NewPCG(3, 4))).run(t, e)
		})
	})
}

func TestActivations(t *testing.T) {
	c := Conv{N: 2, H: 5, W: 5, InC: 3, OutC: 21, KH: 3, KW: 3, S: 1, PadH: 1, PadW: 1, G: 1, Dil: 1}
	r := rand.New(rand.NewPCG(5, 6))
	x, _ := guarded(c.N*c.H*c.W*c.InC, func() float32 { return r.Float32()*8 - 4 })
	w, _ := storedWeight(c, r)
	bias, _ := guarded(c.OutC, uniform(r))
	engines(t, 1, func(t *testing.T, e *Engine) {
		plain, y := make([]float32, c.N*c.H*c.W*c.OutC), make([]float32, c.N*c.H*c.W*c.OutC)
		e.Forward(c, x, w, plain, Epilogue{Bias: bias}, Fusion{})
		for a := NoAct; a <= GELU; a++ {
			e.Forward(c, x, w, y, Epilogue{Bias: bias, Act: a}, Fusion{})
			for i, v := range y {
				if d := math.Abs(float64(v - a.At(plain[i]))); !(d <= 1e-5) {
					t.Fatalf("activation %d of %g: got %g, want %g", a, plain[i], v, a.At(plain[i]))
				}
			}
		}
	})
}

// TestNaNSurvives checks that no activation hides a NaN: a training run that has
// gone wrong must show it.
func TestNaNSurvives(t *testing.T) {
	nan := float32(math.NaN())
	for _, c := range []Conv{
		{N: 1, H: 3, W: 5, InC: 3, OutC: 21, KH: 1, KW: 1, S: 1, G: 1},
		{N: 1, H: 3, W: 5, InC: 21, OutC: 21, KH: 3, KW: 3, S: 1, PadH: 1, PadW: 1, G: 21, WC: 21},
	} {
		x, w, y := make([]float32, c.H*c.W*c.InC), make([]float32, weightLen(c)), make([]float32, c.H*c.W*c.OutC)
		for i := range x {
			x[i] = nan
		}
		engines(t, 1, func(t *testing.T, e *Engine) {
			for a := NoAct; a <= GELU; a++ {
				e.Forward(c, x, w, y, Epilogue{Act: a}, Fusion{})
				for i, v := range y {
					if v == v {
						t.Fatalf("activation %d: output %d is %g", a, i, v)
					}
				}
			}
		})
	}
}

func ExampleConv() {
	c := Conv{N: 1, H: 28, W: 28, InC: 16, OutC: 32, KH: 3, KW: 3, S: 2, PadH: 1, PadW: 1}
	fmt.Println(c.OutH(), c.OutW(), c.FLOPs())
	// Output: 14 14 1806336
}
