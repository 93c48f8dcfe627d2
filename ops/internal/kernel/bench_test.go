package kernel

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// shapes are layers of real plans.
var shapes = []struct {
	name string
	c    Conv
}{
	{"conv3_1-16_28_b64", Conv{N: 64, H: 28, W: 28, InC: 1, OutC: 16, KH: 3, KW: 3, S: 1, PadH: 1, PadW: 1, G: 1}},
	{"conv3_16_28_b64", Conv{N: 64, H: 28, W: 28, InC: 16, OutC: 16, KH: 3, KW: 3, S: 1, PadH: 1, PadW: 1, G: 1}},
	{"conv3_32_14_b64", Conv{N: 64, H: 14, W: 14, InC: 32, OutC: 32, KH: 3, KW: 3, S: 1, PadH: 1, PadW: 1, G: 1}},
	{"conv3_64_7_b64", Conv{N: 64, H: 7, W: 7, InC: 64, OutC: 64, KH: 3, KW: 3, S: 1, PadH: 1, PadW: 1, G: 1}},
	{"conv5_32_14_b64", Conv{N: 64, H: 14, W: 14, InC: 32, OutC: 32, KH: 5, KW: 5, S: 1, PadH: 2, PadW: 2, G: 1}},
	{"conv3s2_32-64_16_b64", Conv{N: 64, H: 16, W: 16, InC: 32, OutC: 64, KH: 3, KW: 3, S: 2, PadH: 1, PadW: 1, G: 1}},
	{"conv3_24-40_16_b64", Conv{N: 64, H: 16, W: 16, InC: 24, OutC: 40, KH: 3, KW: 3, S: 1, PadH: 1, PadW: 1, G: 1}},
	{"conv1_64_14_b64", Conv{N: 64, H: 14, W: 14, InC: 64, OutC: 64, KH: 1, KW: 1, S: 1, G: 1}},
	{"conv1_96-24_16_b64", Conv{N: 64, H: 16, W: 16, InC: 96, OutC: 24, KH: 1, KW: 1, S: 1, G: 1}},
	{"dw3_96_32_b64", Conv{N: 64, H: 32, W: 32, InC: 96, OutC: 96, KH: 3, KW: 3, S: 1, PadH: 1, PadW: 1, G: 96, WC: 96}},
	{"dw3s2_96_32_b64", Conv{N: 64, H: 32, W: 32, InC: 96, OutC: 96, KH: 3, KW: 3, S: 2, PadH: 1, PadW: 1, G: 96, WC: 96}},
	{"dw5_144_16_b64", Conv{N: 64, H: 16, W: 16, InC: 144, OutC: 144, KH: 5, KW: 5, S: 1, PadH: 2, PadW: 2, G: 144, WC: 144}},
	{"dw7_240_8_b64", Conv{N: 64, H: 8, W: 8, InC: 240, OutC: 240, KH: 7, KW: 7, S: 1, PadH: 3, PadW: 3, G: 240, WC: 240}},
	{"conv3_64_8_b1", Conv{N: 1, H: 8, W: 8, InC: 64, OutC: 64, KH: 3, KW: 3, S: 1, PadH: 1, PadW: 1, G: 1}},
	{"dw5_144_16_b1", Conv{N: 1, H: 16, W: 16, InC: 144, OutC: 144, KH: 5, KW: 5, S: 1, PadH: 2, PadW: 2, G: 144, WC: 144}},
}

// BenchmarkConv runs each pass of each shape on one worker with each set of
// kernels. GFLOP/s is that of the median pass, best that of the fastest, which a
// busy machine disturbs less. Padding counts as pixels. %peak is the share of what
// independent multiply-adds in registers reach right before.
func BenchmarkConv(b *testing.B) {
	for _, set := range Available() {
		b.Run(set.Name, func(b *testing.B) {
			p := NewPool(1)
			defer p.Close()
			e := NewEngine(set, p)
			for _, s := range shapes {
				b.Run(s.name, func(b *testing.B) { benchPasses(b, e, s.c) })
			}
		})
	}
}

func benchPasses(b *testing.B, e *Engine, c Conv) {
	fill := uniform(rand.New(rand.NewPCG(1, 1)))
	slice := func(n int) []float32 {
		s := make([]float32, n)
		for i := range s {
			s[i] = fill()
		}
		return s
	}
	x, w, y := slice(c.N*c.H*c.W*c.InC), slice(weightLen(c)), slice(c.N*c.OutH()*c.OutW()*c.OutC)
	dx, dw := slice(len(x)), slice(len(w))
	for _, pass := range []struct {
		name string
		run  func()
	}{
		{"fwd", func() { e.Forward(c, x, w, y, Epilogue{}, Fusion{}) }},
		{"bwd-data", func() { e.BackwardData(c, y, w, dx, false, Fusion{}) }},
		{"bwd-weights", func() { e.BackwardWeights(c, x, y, dw, Fusion{}) }},
	} {
		b.Run(pass.name, func(b *testing.B) {
			peak := e.Set.Peak()
			var times []time.Duration
			for b.Loop() {
				start := time.Now()
				pass.run()
				times = append(times, time.Since(start))
			}
			slices.Sort(times)
			flops := float64(c.FLOPs()) / 1e9
			b.ReportMetric(flops/times[len(times)/2].Seconds(), "GFLOP/s")
			b.ReportMetric(flops/times[0].Seconds(), "best-GFLOP/s")
			if peak > 0 {
				b.ReportMetric(100*flops/times[0].Seconds()/peak, "best-%peak")
			}
		})
	}
}
