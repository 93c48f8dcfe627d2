package ops_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/espalier-nas/espalier/ops"
)

// BenchmarkConvNorm runs a convolution with its norm, batch 64, outside training, and
// the two one after the other, in turns. It reports how many times faster the first is:
// the median of the ratios of neighbouring runs.
func BenchmarkConvNorm(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	layers := []convNormCase{
		{"expand", 64, 32, 32, 16, ops.NewDense("w", 64, 16, 1, 1, 1), 1, 64, 1, ops.ReLU, false},
		{"project", 64, 16, 16, 64, ops.NewDense("w", 24, 64, 1, 1, 1), 1, 24, 1, ops.NoAct, false},
		{"depthwise5x5", 64, 32, 32, 64, ops.NewDepthwise("w", 64, 5, 5), 5, 64, 1, ops.ReLU, false},
		{"depthwise3x3s2", 64, 32, 32, 64, ops.NewDepthwise("w", 64, 3, 3), 3, 64, 2, ops.ReLU, false},
		{"dense3x3", 64, 32, 32, 32, ops.NewDense("w", 32, 32, 3, 3, 1), 3, 32, 1, ops.ReLU, false},
	}
	for _, k := range layers {
		ops.InitHe(k.weight, r)
		gamma, beta := ops.NewVector("g", k.out), ops.NewVector("b", k.out)
		gamma.Fill(1)
		x := random(r, k.n*k.h*k.w*k.c)
		for _, mode := range []struct {
			name string
			mode ops.NormMode
		}{{"batch", ops.NormBatch}, {"running", ops.NormRunning}} {
			norm := ops.NormSpec{Gamma: gamma, Beta: beta, C: k.out, Eps: 1e-5, Act: k.act, Stats: ops.NewStats(k.out), Mode: mode.mode}
			for _, workers := range []int{1, 2} {
				b.Run(fmt.Sprintf("%s/%s/w%d", k.name, mode.name, workers), func(b *testing.B) {
					e := newExec(b, "", workers)
					run := func(fused bool) time.Duration {
						e.Begin(false)
						in := e.Input(k.n, k.h, k.w, k.c, x)
						start := time.Now()
						if fused {
							ops.ConvNorm(e, in, k.conv(), norm)
						} else {
							ops.BatchNorm(e, ops.Conv(e, in, k.conv()), norm)
						}
						return time.Since(start)
					}
					var ratios []float64
					for b.Loop() {
						fused := run(true)
						ratios = append(ratios, float64(run(false))/float64(fused))
					}
					slices.Sort(ratios)
					b.ReportMetric(ratios[len(ratios)/2], "times-faster")
				})
			}
		}
	}
}
