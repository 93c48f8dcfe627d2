package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// winoErrorRatio bounds how many times the root mean square error of a pass by
// Winograd's algorithm may exceed that of the direct kernel on the same operands.
const winoErrorRatio = 12

// TestWinogradErrors measures both kernels against float64 on the operands of a
// layer in training: activations after ReLU, weights of He's initialisation,
// gradients of a normal distribution. With -v it prints the table of
// docs/log/kernels.md; errors are in units of the root mean square of the result.
func TestWinogradErrors(t *testing.T) {
	besideDirect(t, "| layer | pass | direct rms | Winograd rms | ratio | direct worst | Winograd worst |\n|---|---|---|---|---|---|---|", func(table *strings.Builder, wino, direct *Engine, k int) {
		for _, channels := range []int{16, 32, 64, 128} {
			winoErrors(t, table, wino, direct, squareLayer(channels, k))
		}
	})
}

// besideDirect lets rows fill a table for the kernels of each instruction set, with Winograd's algorithm and without,
// and layers of 3x3 and 5x5, and logs it under its head.
func besideDirect(t *testing.T, head string, rows func(table *strings.Builder, wino, direct *Engine, k int)) {
	t.Helper()
	p := NewPool(2)
	defer p.Close()
	for _, s := range Available() {
		if s.tiles == nil {
			continue
		}
		var table strings.Builder
		for _, k := range []int{3, 5} {
			rows(&table, NewEngine(s, p), NewEngine(s.Direct(), p), k)
		}
		t.Logf("%s\n%s\n%s", s.Name, head, &table)
	}
}

// squareLayer is a layer of k x k taps with tiles enough for all passes.
func squareLayer(channels, k int) Conv {
	return Conv{N: 1, H: 24, W: 24, InC: channels, OutC: channels, KH: k, KW: k, S: 1, PadH: k / 2, PadW: k / 2, Dil: 1, G: 1}
}

// winoErrors compares the passes of c by the engines wino and direct and writes
// their rows of the table.
func winoErrors(t *testing.T, table *strings.Builder, wino, direct *Engine, c Conv) {
	x, w, dy := layerOperands(c, rand.New(rand.NewPCG(51, 52)))
	if winogradOf(wino, c.withDefaults(x, w, dy), plainBackWeights) == nil {
		t.Fatalf("%dx%d of %d channels is not computed by Winograd's algorithm", c.KH, c.KW, c.InC)
	}
	want := newTruth(c, x, w, dy)
	got := func(e *Engine) [3][]float32 {
		y, dx, dw := make([]float32, len(dy)), make([]float32, len(x)), make([]float32, len(w))
		e.Forward(c, x, w, y, Epilogue{}, Fusion{})
		e.BackwardData(c, dy, w, dx, false, Fusion{})
		e.BackwardWeights(c, x, dy, dw, Fusion{})
		return [3][]float32{y, dx, dw}
	}
	fast, slow := got(wino), got(direct)
	for i, want := range []expected{want.y, want.dx, want.dw} {
		pass := []string{"forward", "backward data", "backward weights"}[i]
		fastRMS, fastWorst := want.errors(fast[i])
		slowRMS, slowWorst := want.errors(slow[i])
		fmt.Fprintf(table, "| %dx%d, %d channels | %s | %.1e | %.1e | %.1f | %.1e | %.1e |\n",
			c.KH, c.KW, c.InC, pass, slowRMS, fastRMS, fastRMS/slowRMS, slowWorst, fastWorst)
		if slowRMS == 0 || fastRMS > winoErrorRatio*slowRMS {
			t.Errorf("%s, %dx%d of %d channels, %s: error %.2g of Winograd, %.2g direct", wino.Set.Name, c.KH, c.KW, c.InC, pass, fastRMS, slowRMS)
		}
	}
}

// outlierBound is what Winograd's algorithm may be wrong by, at most, in an output that sees no outlier but shares
// a tile with one: a share of the outlier.
const outlierBound = 2e-6

// TestWinogradErrorsBesideOutliers puts one value of many times the others' size into a map and measures the outputs
// whose taps do not reach it: to direct kernels it is nothing, Winograd's transforms add it to the whole of its tile
// and take it away again, to rounding. With -v it prints the table of docs/log/kernels.md.
func TestWinogradErrorsBesideOutliers(t *testing.T) {
	besideDirect(t, "| layer | outlier | direct, worst | Winograd, worst |\n|---|---|---|---|", func(table *strings.Builder, wino, direct *Engine, k int) {
		c := squareLayer(32, k)
		for _, size := range []float32{1, 10, 100, 1000, 10000} {
			x, w, dy := layerOperands(c, rand.New(rand.NewPCG(61, 62)))
			const row, col = 9, 14
			x[(row*c.W+col)*c.InC+7] = size
			want := newTruth(c, x, w, dy)
			worst := func(e *Engine) (worst float64) {
				y := make([]float32, len(dy))
				e.Forward(c, x, w, y, Epilogue{}, Fusion{})
				for i, v := range y {
					if py, px := i/c.OutC/c.W, i/c.OutC%c.W; max(py-row, row-py, px-col, col-px) > k/2 {
						worst = max(worst, math.Abs(float64(v)-want.y.sum[i]))
					}
				}
				return worst
			}
			fast, slow := worst(wino), worst(direct)
			fmt.Fprintf(table, "| %dx%d | %g | %.1e | %.1e |\n", k, k, size, slow, fast)
			if fast > outlierBound*float64(max(size, 10)) || slow > 2e-5 {
				t.Errorf("%s, %dx%d beside %g: wrong by %.2g, directly by %.2g", wino.Set.Name, k, k, size, fast, slow)
			}
		}
	})
}

// layerOperands returns operands as a layer in training meets them.
func layerOperands(c Conv, r *rand.Rand) (x, w, dy []float32) {
	x, w, dy = operands(c, r)
	he := math.Sqrt(2 / float64(c.KH*c.KW*c.InC))
	for i := range x {
		x[i] = float32(max(0, r.NormFloat64()))
	}
	for i := range w {
		w[i] = float32(he * r.NormFloat64())
	}
	for i := range dy {
		dy[i] = float32(r.NormFloat64())
	}
	return x, w, dy
}

// errors returns the root mean square and the largest of got's errors, in units
// of e's own root mean square.
func (e expected) errors(got []float32) (rms, worst float64) {
	var squares, scale float64
	for i, v := range got {
		d := float64(v) - e.sum[i]
		squares += d * d
		scale += e.sum[i] * e.sum[i]
		worst = max(worst, math.Abs(d))
	}
	return math.Sqrt(squares / scale), worst / math.Sqrt(scale/float64(len(got)))
}
