package bench_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/espalier-nas/espalier/bench"
	"github.com/espalier-nas/espalier/ops"
)

// BenchmarkLayer runs every layer of layers.csv: each pass by itself, on one and
// on two workers, warm (what a pass reads was just used) and cold (it comes from
// memory). Names read Layer/CLASS/NAME/PASS/w1/warm, so that for instance
//
//	go test ./bench/ -bench 'Layer/depthwise//weights/w1/warm'
//
// runs a few. All figures are of the median pass:
//
//	GFLOP/s  padding counted as pixels, as the usual tables do
//	%peak    share of the workers' multiply-add peak, measured right before, that
//	         taps on real pixels take; above 100 if an algorithm multiplies less
//	GB/s     every operand moved once, whatever the caches do
func BenchmarkLayer(b *testing.B) {
	execs := newExecs(b)
	var flushes []func()
	for _, e := range execs {
		flushes = append(flushes, flush(e))
	}
	for _, l := range layers(b) {
		data := &layerData{layer: l}
		for _, pass := range passes {
			for i, e := range execs {
				name := fmt.Sprintf("%s/%s/%s/w%d", l.Class, l.Name, pass.name, e.Workers())
				b.Run(name+"/warm", func(b *testing.B) { benchLayer(b, e, data, pass, func() {}) })
				b.Run(name+"/cold", func(b *testing.B) { benchLayer(b, e, data, pass, flushes[i]) })
			}
		}
	}
}

// BenchmarkReference runs layers with the plain-Go kernels and, in turns with them,
// with the fastest: how many times as long the twin takes is reported as x-slower.
func BenchmarkReference(b *testing.B) {
	fast, plain := newExec(b, "", 1), newExec(b, "go", 1)
	for _, l := range layers(b) {
		if !slices.Contains([]string{"stem3x3_1-16_28_b1", "d3x3_32_16_b1", "d3x3_20-20_16_b1", "pw_96-24_16_b1", "dw5_144_16_b1"}, l.Name) {
			continue
		}
		data := &layerData{layer: l}
		for _, pass := range passes {
			b.Run(fmt.Sprintf("%s/%s/%s", l.Class, l.Name, pass.name), func(b *testing.B) {
				ours, twin := data.run(fast, pass), data.run(plain, pass)
				p := newPairs(ours, twin)
				p.loop(b)
				b.ReportMetric(float64(l.FLOPs())/p.median(1)/1e9, "GFLOP/s")
				b.ReportMetric(1/p.ratio(), "x-slower")
				b.ReportMetric(p.median(1)*1e9, "ns/op")
			})
		}
	}
}

// pass is one of the three computations of a layer.
type pass struct {
	name string
	of   func(p *ops.Passes, d *layerData) func()
	// moved returns the floats that one pass reads and writes.
	moved func(l bench.Layer) int
}

var passes = []pass{
	{
		"forward",
		func(p *ops.Passes, d *layerData) func() { return func() { p.Forward(d.x, d.y) } },
		func(l bench.Layer) int { return l.Input() + l.Weights() + l.Output() },
	},
	{
		"data",
		func(p *ops.Passes, d *layerData) func() { return func() { p.BackwardData(d.dy, d.dx) } },
		func(l bench.Layer) int { return l.Output() + l.Weights() + l.Input() },
	},
	{
		"weights",
		func(p *ops.Passes, d *layerData) func() { return func() { p.BackwardWeights(d.x, d.dy) } },
		func(l bench.Layer) int { return l.Input() + l.Output() + 2*l.Weights() }, // adds to the gradient
	},
}

// layerData is a layer's operands, made when first needed.
type layerData struct {
	layer        bench.Layer
	w            ops.Window
	x, y, dx, dy []float32
}

// run returns one pass of the layer on e.
func (d *layerData) run(e *ops.Exec, p pass) func() {
	l := d.layer
	if d.x == nil {
		r := rand.New(rand.NewPCG(1, 1))
		d.w = whole(l, r)
		d.x, d.dy = random(r, l.Input()), random(r, l.Output())
		d.dx, d.y = make([]float32, l.Input()), make([]float32, l.Output())
	}
	return p.of(ops.NewPasses(e, l.N, l.H, l.W, ops.ConvSpec{W: d.w, S: l.S, PadH: l.Pad.H, PadW: l.Pad.W}), d)
}

// whole returns a random weight that is exactly as large as the layer.
func whole(l bench.Layer, r *rand.Rand) ops.Window {
	p := ops.NewDepthwise
	if !l.Depthwise() {
		p = func(name string, c, kh, kw int) *ops.Param { return ops.NewDense(name, c, l.InC, kh, kw, l.G) }
	}
	w := p("weight", l.OutC, l.K.H, l.K.W)
	ops.InitHe(w, r)
	return w.All()
}

func benchLayer(b *testing.B, e *ops.Exec, d *layerData, p pass, before func()) {
	run := d.run(e, p)
	run()
	peak := e.Peak() * float64(e.Workers())
	var times []time.Duration
	sample := func() {
		before()
		start := time.Now()
		run()
		times = append(times, time.Since(start))
	}
	for b.Loop() {
		sample()
	}
	for len(times) < leastRounds {
		sample()
	}
	t := median(times)
	b.ReportMetric(float64(d.layer.FLOPs())/t/1e9, "GFLOP/s")
	if peak > 0 {
		b.ReportMetric(100*float64(d.layer.RealFLOPs())/t/1e9/peak, "%peak")
	}
	b.ReportMetric(4*float64(p.moved(d.layer))/t/1e9, "GB/s")
	b.ReportMetric(t*1e9, "ns/op")
}
