// Package gopeers times convolutions of other Go libraries beside this
// project's: the im2col convolution of gorgonia, and the matrix product of gonum
// with an im2col before it. It is a module of its own, so that users of the
// engine never see those libraries.
package gopeers

import (
	"math/rand/v2"
	"testing"

	"github.com/espalier-nas/espalier/ops"
)

// layer is a dense convolution of stride 1 whose output is as large as its
// input: neither library has groups.
type layer struct {
	name         string
	n, size      int // pictures; pixels of a side
	inC, outC, k int
}

// layers are rows of ../layers.csv.
var layers = []layer{
	{"d3x3_16_32_b64", 64, 32, 16, 16, 3},
	{"d3x3_64_8_b64", 64, 8, 64, 64, 3},
	{"d5x5_32_14_b64", 64, 14, 32, 32, 5},
	{"pw_240-40_8_b64", 64, 8, 240, 40, 1},
	{"r50_3x3_64_56_b1", 1, 56, 64, 64, 3},
	{"r50_1x1_512-128_28_b1", 1, 28, 512, 128, 1},
}

func (l layer) pixels() int { return l.n * l.size * l.size }
func (l layer) taps() int   { return l.k * l.k * l.inC }

// flops returns two per multiply-add of one pass, padding counted as pixels.
func (l layer) flops() float64 { return 2 * float64(l.pixels()) * float64(l.taps()) * float64(l.outC) }

// operands are what all sides compute with.
type operands struct {
	layer
	x []float32 // N x H x W x InC
	w []float32 // OutC x InC x K x K
}

func newOperands(l layer) *operands {
	r := rand.New(rand.NewPCG(1, 1))
	fill := func(n int) []float32 {
		x := make([]float32, n)
		for i := range x {
			x[i] = 2*r.Float32() - 1
		}
		return x
	}
	return &operands{l, fill(l.pixels() * l.inC), fill(l.outC * l.taps())}
}

// side is a library ready to run a layer. It overwrites its results.
type side struct {
	forward func()
	// both runs forward and then both gradients of the sum of all outputs; nil if
	// the library has none.
	both func()

	y  func() []float32 // N x H x W x OutC
	dx func() []float32 // N x H x W x InC
	dw func() []float32 // OutC x InC x K x K
}

// ours runs a layer with this project's kernels.
func ours(t testing.TB, o *operands, workers int) side {
	t.Helper()
	e, err := ops.NewExec(ops.Config{Workers: workers})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	w := ops.NewDense("weight", o.outC, o.inC, o.k, o.k, 1)
	if err := w.All().Import(o.w); err != nil {
		t.Fatal(err)
	}
	p := ops.NewPasses(e, o.n, o.size, o.size, ops.ConvSpec{W: w.All(), S: 1, PadH: o.k / 2, PadW: o.k / 2})
	y, dx, dy := make([]float32, p.Out()), make([]float32, p.In()), make([]float32, p.Out())
	for i := range dy {
		dy[i] = 1
	}
	return side{
		forward: func() { p.Forward(o.x, y) },
		both: func() {
			p.Forward(o.x, y)
			clear(w.Grad)
			p.BackwardWeights(o.x, dy)
			p.BackwardData(dy, dx)
		},
		y:  func() []float32 { return y },
		dx: func() []float32 { return dx },
		dw: func() []float32 {
			g := ops.NewDense("gradient", o.outC, o.inC, o.k, o.k, 1)
			g.Data = w.Grad
			return g.All().Export(nil)
		},
	}
}
