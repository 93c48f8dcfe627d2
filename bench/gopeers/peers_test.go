package gopeers

import (
	"math"
	"runtime"
	"slices"
	"testing"
	"time"
)

// TestSidesAgree demands that what is timed is the same computation.
func TestSidesAgree(t *testing.T) {
	for _, l := range []layer{{"3x3", 2, 5, 6, 10, 3}, {"5x5", 1, 6, 3, 4, 5}, {"1x1", 2, 4, 8, 20, 1}} {
		o := newOperands(l)
		own, peer, product := ours(t, o, 1), gorgoniaSide(t, o), gonumSide(o)
		own.forward()
		peer.forward()
		product.forward()
		near(t, l.name+", forward of gorgonia", peer.y(), own.y())
		near(t, l.name+", forward of gonum", product.y(), own.y())
		own.both()
		peer.both()
		near(t, l.name+", gradient of x", peer.dx(), own.dx())
		near(t, l.name+", gradient of w", peer.dw(), own.dw())
	}
}

func near(t *testing.T, what string, got, want []float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d values; want %d", what, len(got), len(want))
		return
	}
	for i, v := range got {
		if !(math.Abs(float64(v-want[i])) <= 1e-4*(1+math.Abs(float64(want[i])))) {
			t.Errorf("%s: [%d] is %v; want %v", what, i, v, want[i])
			return
		}
	}
}

// BenchmarkForward times ours and theirs in turns, on as many workers as -cpu
// says. ratio is the median over the rounds of their time by ours.
func BenchmarkForward(b *testing.B) {
	for _, l := range layers {
		o := newOperands(l)
		b.Run(l.name+"/gonum", func(b *testing.B) {
			compare(b, l.flops(), ours(b, o, workers()).forward, gonumSide(o).forward)
		})
		b.Run(l.name+"/gorgonia", func(b *testing.B) {
			compare(b, l.flops(), ours(b, o, workers()).forward, gorgoniaSide(b, o).forward)
		})
	}
}

// BenchmarkTraining times forward and both gradients. gonum has no gradient of a
// convolution.
func BenchmarkTraining(b *testing.B) {
	for _, l := range layers {
		o := newOperands(l)
		b.Run(l.name+"/gorgonia", func(b *testing.B) {
			compare(b, 3*l.flops(), ours(b, o, workers()).both, gorgoniaSide(b, o).both)
		})
	}
}

func workers() int { return runtime.GOMAXPROCS(0) }

// leastRounds is how often each side is timed at least.
const leastRounds = 9

// compare times own and peer in turns, the order changing from round to round.
func compare(b *testing.B, flops float64, own, peer func()) {
	sides := [2]func(){own, peer}
	own()
	peer()
	var times [2][]float64
	var ratios []float64
	round := func() {
		for i := range 2 {
			k := (i + len(ratios)) % 2
			start := time.Now()
			sides[k]()
			times[k] = append(times[k], time.Since(start).Seconds())
		}
		n := len(ratios)
		ratios = append(ratios, times[1][n]/times[0][n])
	}
	for b.Loop() {
		round()
	}
	for len(ratios) < leastRounds {
		round()
	}
	b.ReportMetric(flops/median(times[0])/1e9, "ours-GFLOP/s")
	b.ReportMetric(flops/median(times[1])/1e9, "peer-GFLOP/s")
	b.ReportMetric(median(ratios), "ratio")
	b.ReportMetric(median(times[0])*1e9, "ns/op")
}

func median(x []float64) float64 {
	return slices.Sorted(slices.Values(x))[len(x)/2]
}
