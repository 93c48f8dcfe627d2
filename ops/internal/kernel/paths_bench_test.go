package kernel

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// BenchmarkWinograd runs the passes of layers by Winograd's algorithm and
// directly in turn, on one worker, and reports how many times faster it is: the
// median of the ratios of neighbouring runs.
func BenchmarkWinograd(b *testing.B) {
	p := NewPool(1)
	defer p.Close()
	for _, set := range Available() {
		if set.tiles == nil {
			continue
		}
		for _, k := range []int{3, 5} {
			for _, size := range []int{32, 28, 16, 14, 8, 7} {
				for _, ch := range []int{16, 24, 32, 48, 64, 128} {
					for _, n := range []int{64, 1} {
						c := Conv{N: n, H: size, W: size, InC: ch, OutC: ch, KH: k, KW: k, S: 1, PadH: k / 2, PadW: k / 2, Dil: 1, G: 1}
						b.Run(fmt.Sprintf("%s/k%d/size%d/channels%d/batch%d", set.Name, k, size, ch, n), func(b *testing.B) {
							pairPasses(b, NewEngine(set, p), NewEngine(direct(set), p), c)
						})
					}
				}
			}
		}
	}
}

// BenchmarkDepthRows is BenchmarkWinograd for depthwise convolutions by rows.
func BenchmarkDepthRows(b *testing.B) {
	p := NewPool(1)
	defer p.Close()
	for _, set := range Available() {
		if set.tiles == nil {
			continue
		}
		for _, k := range []int{3, 5, 7} {
			for _, s := range [][2]int{{32, 96}, {56, 72}, {28, 120}, {16, 144}, {14, 480}, {8, 240}, {7, 960}} {
				for _, n := range []int{64, 8, 1} {
					c := Conv{N: n, H: s[0], W: s[0], InC: s[1], OutC: s[1], KH: k, KW: k, S: 1, PadH: k / 2, PadW: k / 2, Dil: 1, G: s[1], WC: s[1]}
					b.Run(fmt.Sprintf("%s/k%d/size%d/channels%d/batch%d", set.Name, k, s[0], s[1], n), func(b *testing.B) {
						pairPasses(b, NewEngine(set, p), NewEngine(direct(set), p), c)
					})
				}
			}
		}
	}
}

func pairPasses(b *testing.B, fast, slow *Engine, c Conv) {
	x, w, dy := operands(c, rand.New(rand.NewPCG(1, 1)))
	y, dx, dw := make([]float32, len(dy)), make([]float32, len(x)), make([]float32, len(w))
	for _, pass := range []struct {
		name string
		run  func(*Engine)
	}{
		{"fwd", func(e *Engine) { e.Forward(c, x, w, y, Epilogue{}, Fusion{}) }},
		{"bwd-data", func(e *Engine) { e.BackwardData(c, dy, w, dx, false, Fusion{}) }},
		{"bwd-weights", func(e *Engine) { e.BackwardWeights(c, x, dy, dw, Fusion{}) }},
	} {
		var ratios, times []float64
		timed := func(e *Engine) float64 {
			start := time.Now()
			pass.run(e)
			return time.Since(start).Seconds()
		}
		b.Run(pass.name, func(b *testing.B) {
			for b.Loop() {
				f, s := timed(fast), timed(slow)
				times, ratios = append(times, f), append(ratios, s/f)
			}
			slices.Sort(ratios)
			slices.Sort(times)
			b.ReportMetric(ratios[len(ratios)/2], "times-faster")
			b.ReportMetric(float64(c.FLOPs())/1e9/times[len(times)/2], "GFLOP/s")
		})
	}
}
