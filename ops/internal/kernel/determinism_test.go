package kernel

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/espalier-nas/espalier/internal/allocs"
)

// results runs the three passes on fixed operands and returns all that they compute.
func results(e *Engine, c Conv, x, w, dy []float32) (y, dx, dw []float32) {
	y, dx, dw = make([]float32, len(dy)), slices.Clone(x), make([]float32, len(w))
	e.Forward(c, x, w, y, Epilogue{}, Fusion{})
	e.BackwardData(c, dy, w, dx, true, Fusion{})
	e.BackwardWeights(c, x, dy, dw, Fusion{})
	return y, dx, dw
}

func operands(c Conv, r *rand.Rand) (x, w, dy []float32) {
	x, _ = guarded(c.N*c.H*c.W*c.InC, uniform(r))
	w, _ = storedWeight(c, r)
	dy, _ = guarded(c.N*c.OutH()*c.OutW()*c.OutC, uniform(r))
	return x, w, dy
}

func TestWorkersDoNotChangeBits(t *testing.T) {
	engines(t, 1, func(t *testing.T, one *Engine) {
		for _, workers := range []int{2, 3} {
			p := NewPool(workers)
			defer p.Close()
			many := NewEngine(one.Set, p)
			for _, k := range append(cases, benchCases()...) {
				x, w, dy := operands(k.c, rand.New(rand.NewPCG(7, 8)))
				y1, dx1, dw1 := results(one, k.c, x, w, dy)
				y2, dx2, dw2 := results(many, k.c, x, w, dy)
				if !sameBits(y1, y2) || !sameBits(dx1, dx2) || !sameBits(dw1, dw2) {
					t.Errorf("%s: %d workers give other bits than one", k.name, workers)
				}
			}
		}
	})
}

// benchCases are cases large enough to be cut into several units of work.
func benchCases() []testCase {
	return []testCase{
		{"bands of rows", Conv{N: 1, H: 40, W: 33, InC: 32, OutC: 48, KH: 3, KW: 3, S: 1, PadH: 1, PadW: 1, Dil: 1, G: 1}},
		{"many images", Conv{N: 40, H: 4, W: 4, InC: 24, OutC: 40, KH: 3, KW: 3, S: 1, PadH: 1, PadW: 1, Dil: 1, G: 1}},
		{"depthwise bands", Conv{N: 3, H: 40, W: 33, InC: 40, OutC: 40, KH: 5, KW: 5, S: 1, PadH: 2, PadW: 2, Dil: 1, G: 40, WC: 40}},
		{"long rows", Conv{N: 700, H: 1, W: 1, InC: 288, OutC: 64, KH: 1, KW: 1, S: 1, Dil: 1, G: 1}},
		{"copied rows", Conv{N: 600, H: 1, W: 1, InC: packChannels + 5, OutC: 20, KH: 1, KW: 1, S: 1, Dil: 1, G: 1}},
		{"pointwise, stride 2", Conv{N: 6, H: 21, W: 19, InC: 40, OutC: 72, KH: 1, KW: 1, S: 2, Dil: 1, G: 1}},
		{"many tiles", Conv{N: 7, H: 28, W: 27, InC: 20, OutC: 36, KH: 3, KW: 3, S: 1, PadH: 1, PadW: 1, Dil: 1, G: 1}},
		{"heavy weights", Conv{N: 1, H: 6, W: 7, InC: 200, OutC: 190, KH: 3, KW: 3, S: 1, PadH: 1, PadW: 1, Dil: 1, G: 1}},
		{"heavy weights, stride 2", Conv{N: 1, H: 9, W: 7, InC: 130, OutC: 190, KH: 3, KW: 3, S: 2, PadH: 1, PadW: 1, Dil: 1, G: 1}},
	}
}

// TestWindowsHaveTheBitsOfTheirCopies cuts the window out of a larger weight and
// compares all passes bit for bit.
func TestWindowsHaveTheBitsOfTheirCopies(t *testing.T) {
	engines(t, 2, func(t *testing.T, e *Engine) {
		for _, big := range append(cases, benchCases()...) {
			c := big.c
			if c.G > 1 && c.WC == 0 {
				continue // grouped weights are used whole
			}
			small := c
			if c.WC > 0 {
				c.WC, c.WKH, c.WKW = c.OutC+11, max(c.WKH, c.KH+2), max(c.WKW, c.KW+2)
				small.WC, small.WKH, small.WKW = c.OutC, c.KH, c.KW
			} else {
				c.WInC, c.WKH, c.WKW = c.InC+9, c.KH+4, c.KW+4
				small.WInC, small.WKH, small.WKW = c.InC, c.KH, c.KW
			}
			x, wide, dy := operands(c, rand.New(rand.NewPCG(9, 10)))
			cut := make([]float32, weightLen(small))
			each(small, func(o, i, ky, kx int) {
				cut[weightIndex(small, o, i, ky, kx)] = wide[weightIndex(c, o, i, ky, kx)]
			})
			y1, dx1, dw1 := results(e, c, x, wide, dy)
			y2, dx2, dw2 := results(e, small, x, cut, dy)
			if !sameBits(y1, y2) || !sameBits(dx1, dx2) {
				t.Errorf("%s: a window gives other bits than its copy", big.name)
			}
			each(small, func(o, i, ky, kx int) {
				a, b := dw1[weightIndex(c, o, i, ky, kx)], dw2[weightIndex(small, o, i, ky, kx)]
				if math.Float32bits(a) != math.Float32bits(b) {
					t.Fatalf("%s: gradient %d,%d,%d,%d of a window has other bits than its copy's", big.name, o, i, ky, kx)
				}
			})
		}
	})
}

// each calls f for every weight of the window, i counted within o's group.
func each(c Conv, f func(o, i, ky, kx int)) {
	for o := range c.OutC {
		for i := range c.InC / c.G {
			for k := range c.KH * c.KW {
				f(o, i, k/c.KW, k%c.KW)
			}
		}
	}
}

// TestBatchesDoNotChangeAnImage checks that an image's output and input gradient
// have the same bits in a batch and alone.
func TestBatchesDoNotChangeAnImage(t *testing.T) {
	engines(t, 2, func(t *testing.T, e *Engine) {
		for _, k := range append(cases, benchCases()...) {
			x, w, dy := operands(k.c, rand.New(rand.NewPCG(11, 12)))
			y, dx, _ := results(e, k.c, x, w, dy)
			one := k.c
			one.N = 1
			nx, ny := len(x)/k.c.N, len(y)/k.c.N
			for n := range min(k.c.N, 5) {
				y1, dx1, _ := results(e, one, x[n*nx:][:nx], w, dy[n*ny:][:ny])
				if !sameBits(y1, y[n*ny:][:ny]) || !sameBits(dx1, dx[n*nx:][:nx]) {
					t.Errorf("%s: image %d has other bits in the batch than alone", k.name, n)
				}
			}
		}
	})
}

// TestFusedSetsAgree compares the two instruction sets, which add the same
// fused products in the same order.
func TestFusedSetsAgree(t *testing.T) {
	var fused []*Engine
	p := NewPool(2)
	defer p.Close()
	for _, s := range Available() {
		if s.tiles != nil {
			fused = append(fused, NewEngine(s, p))
		}
	}
	if len(fused) < 2 {
		t.Skip("the machine has only one set of fused kernels")
	}
	for _, k := range append(cases, benchCases()...) {
		x, w, dy := operands(k.c, rand.New(rand.NewPCG(13, 14)))
		y1, dx1, dw1 := results(fused[0], k.c, x, w, dy)
		y2, dx2, dw2 := results(fused[1], k.c, x, w, dy)
		if !sameBits(y1, y2) || !sameBits(dx1, dx2) || !sameBits(dw1, dw2) {
			t.Errorf("%s: %s gives other bits than %s", k.name, fused[0].Set.Name, fused[1].Set.Name)
		}
	}
}

func TestSteadyStateAllocatesNothing(t *testing.T) {
	engines(t, 2, func(t *testing.T, e *Engine) {
		for _, k := range cases {
			x, w, dy := operands(k.c, rand.New(rand.NewPCG(15, 16)))
			y, dx, dw := make([]float32, len(dy)), make([]float32, len(x)), make([]float32, len(w))
			ep := Epilogue{Bias: make([]float32, k.c.OutC), Act: ReLU}
			n := allocs.PerRun(20, func() {
				e.Forward(k.c, x, w, y, ep, Fusion{})
				e.BackwardData(k.c, dy, w, dx, false, Fusion{})
				e.BackwardWeights(k.c, x, dy, dw, Fusion{})
			})
			if n > 0 {
				t.Errorf("%s: %g allocations per step", k.name, n)
			}
		}
	})
}
