package bench

import (
	"encoding/csv"
	"os"
	"strconv"
	"testing"

	"github.com/espalier-nas/espalier/internal/stream"
	"github.com/espalier-nas/espalier/ops"
)

// layerCase is a row of testdata/layers.csv: layers of small search spaces
// (28 and 32 pixels), ResNet-50 and MobileNetV3.
type layerCase struct {
	name                                 string
	n, inC, h, w, outC, k, s, pad, group int
}

func (c layerCase) flops() float64 {
	out := func(n int) int { return (n+2*c.pad-c.k)/c.s + 1 }
	return 2 * float64(c.n) * float64(out(c.h)*out(c.w)) * float64(c.outC) * float64(c.inC/c.group) * float64(c.k*c.k)
}

func layerCases(t testing.TB) []layerCase {
	t.Helper()
	f, err := os.Open("testdata/layers.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var cases []layerCase
	for _, r := range rows[1:] {
		c := layerCase{name: r[0]}
		for i, v := range []*int{&c.n, &c.inC, &c.h, &c.w, &c.outC, &c.k, &c.s, &c.pad, &c.group} {
			if *v, err = strconv.Atoi(r[i+2]); err != nil {
				t.Fatalf("layers.csv, %s: %v", r[0], err)
			}
		}
		cases = append(cases, c)
	}
	return cases
}

// layerRun is one layer ready to run.
type layerRun struct {
	exec *ops.Exec
	spec ops.ConvSpec
	c    layerCase
	x    []float32
}

func newLayerRun(b testing.TB, c layerCase, workers int) *layerRun {
	e, err := ops.NewExec(ops.Config{Workers: workers})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(e.Close)
	r := stream.New(1, c.name)
	p := ops.NewDense("w", c.outC, c.inC, c.k, c.group)
	if c.group > 1 && c.group == c.inC {
		p = ops.NewDepthwise("w", c.outC, c.k)
	}
	ops.InitHe(p, r)
	l := &layerRun{exec: e, c: c, x: make([]float32, c.n*c.h*c.w*c.inC), spec: ops.ConvSpec{W: p.All(), S: c.s, Pad: c.pad}}
	for i := range l.x {
		l.x[i] = float32(r.NormFloat64())
	}
	return l
}

func (l *layerRun) forward(train bool) *ops.Tensor {
	l.exec.Begin(train)
	return ops.Conv(l.exec, l.exec.Input(l.c.n, l.c.h, l.c.w, l.c.inC, l.x), l.spec)
}

// BenchmarkForward times every layer's forward pass; GFLOP/s count padding as
// pixels, as the usual tables do.
func BenchmarkForward(b *testing.B) {
	eachLayer(b, func(b *testing.B, l *layerRun) {
		for b.Loop() {
			l.forward(false)
		}
		report(b, l.c.flops())
	})
}

// BenchmarkWeightGradient times forward and gradient of the weights together:
// the input needs none.
func BenchmarkWeightGradient(b *testing.B) {
	eachLayer(b, func(b *testing.B, l *layerRun) {
		y := l.forward(true)
		dy := make([]float32, y.Len())
		r := stream.New(2, l.c.name)
		for i := range dy {
			dy[i] = float32(r.NormFloat64())
		}
		for b.Loop() {
			l.forward(true).SetGrad(dy)
			l.exec.Backward()
		}
		report(b, 2*l.c.flops())
	})
}

func eachLayer(b *testing.B, f func(b *testing.B, l *layerRun)) {
	for _, c := range layerCases(b) {
		for _, workers := range []int{1, 2} {
			b.Run(c.name+"/workers="+strconv.Itoa(workers), func(b *testing.B) { f(b, newLayerRun(b, c, workers)) })
		}
	}
}

func report(b *testing.B, flops float64) {
	b.ReportMetric(flops*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
}
