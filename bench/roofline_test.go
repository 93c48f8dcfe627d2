package bench

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/supernet/space"
)

// madeUp is a machine with round figures: 100 GFLOP/s a core; a second core
// doubles all but what comes from DRAM.
func madeUp() Machine {
	m := Machine{
		Processor: "Made Up 3000", Cores: 2, Kernels: []string{"avx2", "go"}, Kernel: "avx2",
		Levels: []Level{{"L1", 32 << 10, 1}, {"L2", 1 << 20, 1}, {"L3", 16 << 20, 2}, dram},
	}
	for workers := 1; workers <= 2; workers++ {
		f := float64(workers)
		m.Limits = append(m.Limits, Limits{workers, 100 * f, []Bandwidth{
			{"L1", 16 << 10, 400 * f, 300 * f, 200 * f},
			{"L2", 512 << 10, 100 * f, 90 * f, 80 * f},
			{"L3", 8 << 20, 40 * f, 50 * f, 30 * f},
			{"DRAM", 128 << 20, 20, 18, 16},
		}})
	}
	return m
}

func madeUpRoofline(t testing.TB, workers int) Roofline {
	t.Helper()
	r, err := madeUp().Roofline(workers)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestLimits(t *testing.T) {
	for _, c := range []struct {
		workers   int
		bytes     int64
		intensity float64
		want      float64
		by        string
	}{
		{1, 1000, 0.125, 50, "L1"},
		{1, 1000, 0.25, 100, "FMA"}, // on the ridge
		{1, 1000, 9, 100, "FMA"},
		{1, 32 << 10, 0.125, 50, "L1"}, // just fits
		{1, 32<<10 + 1, 0.125, 12.5, "L2"},
		{1, 1<<20 + 1, 1, 50, "L3"}, // by its fastest loop
		{1, 16<<20 + 1, 4, 80, "DRAM"},
		{1, 1 << 40, 6, 100, "FMA"},
		{2, 64 << 10, 0.125, 100, "L1"},   // two caches of the first level
		{2, 2<<20 + 1, 1, 100, "L3"},      // one of the third
		{2, 16<<20 + 1, 4, 80, "DRAM"},    // both wait for the same memory
		{2, 16<<20 + 1, 10, 200, "FMA"},   // with twice the multiply-adds
		{2, 32<<20 + 1, 9.9, 198, "DRAM"}, // just below the ridge
	} {
		got, by := madeUpRoofline(t, c.workers).Limit(c.bytes, c.intensity)
		if math.Abs(got-c.want) > 1e-9 || by != c.by {
			t.Errorf("%d workers, %d bytes, %v operations per byte: %v by %s; want %v by %s", c.workers, c.bytes, c.intensity, got, by, c.want, c.by)
		}
	}
	if _, err := madeUp().Roofline(3); err == nil || !strings.Contains(err.Error(), "3 workers") {
		t.Errorf("a number of workers that was not measured: %v", err)
	}
}

func TestPlace(t *testing.T) {
	// 2 x 10 x 10 x 8 floats in, as many out, 3 x 3 x 8 x 8 weights; 28 x 28 of 30 x
	// 30 pairs of pixel and tap meet a real pixel.
	l := Layer{Name: "a", Class: "dense", N: 2, InC: 8, H: 10, W: 10, OutC: 8, K: space.Square(3), S: 1, Pad: space.Square(1), G: 1}
	const real, nominal = 2 * 2 * 64 * 28 * 28, 2 * 2 * 64 * 30 * 30
	for pass, bytes := range map[Pass]float64{
		Forward:         4 * (1600 + 1600 + 576),
		BackwardData:    4 * (1600 + 1600 + 576),
		BackwardWeights: 4 * (1600 + 1600 + 2*576),
	} {
		p := madeUpRoofline(t, 1).Place(l, pass, Sample{Median: 4e-6})
		want := Point{Layer: l, Pass: pass, Time: p.Time, GFLOPS: nominal / 4e-6 / 1e9, Real: real / 4e-6 / 1e9, Intensity: real / bytes, Limit: 100, By: "FMA"}
		if p != want {
			t.Errorf("%s: got %+v; want %+v", pass, p, want)
		}
		if got := p.Share(); math.Abs(got-real/4e-6/1e11) > 1e-9 {
			t.Errorf("%s: share %v of the limit", pass, got)
		}
	}
}

func TestMeasureLayersPlacesEveryPass(t *testing.T) {
	layers := []Layer{
		{Name: "dense", Class: "dense", N: 1, InC: 5, H: 6, W: 6, OutC: 7, K: space.Square(3), S: 2, Pad: space.Square(1), G: 1},
		{Name: "grouped", Class: "grouped", N: 1, InC: 4, H: 6, W: 6, OutC: 8, K: space.Square(3), S: 1, Pad: space.Square(1), G: 2},
		{Name: "depthwise", Class: "depthwise", N: 2, InC: 6, H: 6, W: 6, OutC: 6, K: space.Square(5), S: 1, Pad: space.Square(2), G: 6},
		{Name: "one channel", Class: "dense", N: 1, InC: 1, H: 6, W: 6, OutC: 1, K: space.Square(1), S: 1, Pad: space.Square(0), G: 1},
	}
	e, err := ops.NewExec(ops.Config{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	quick := Effort{Warmup: 1, Round: 10 * time.Microsecond, Rounds: 2}
	done := 0
	points, err := MeasureLayers(context.Background(), e, madeUpRoofline(t, 1), layers, Passes(), quick, func(k, n int) {
		if done++; k != done || n != 12 {
			t.Errorf("progress %d of %d; want %d of 12", k, n, done)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range points {
		if p.Layer != layers[i/3] || p.Pass != Passes()[i%3] || !(p.Time.Median > 0) || p != madeUpRoofline(t, 1).Place(p.Layer, p.Pass, p.Time) {
			t.Errorf("point %d: %+v", i, p)
		}
	}
	if len(points) != 12 || done != 12 {
		t.Errorf("%d points, progress to %d; want 12", len(points), done)
	}
	if _, err := MeasureLayers(context.Background(), e, madeUpRoofline(t, 1), layers, []Pass{"sideways"}, quick, nil); err == nil || !strings.Contains(err.Error(), `"sideways"`) {
		t.Errorf("unknown pass: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := MeasureLayers(ctx, e, madeUpRoofline(t, 1), layers, Passes(), quick, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v; want the context's error", err)
	}
}

func TestPlanLayers(t *testing.T) {
	plan := conv6(8)
	plan = append(plan[:len(plan):len(plan)], plan[len(plan)-1]) // classifiers of the same size
	plan[len(plan)-1].Layer.InC = 10
	plan[len(plan)-1].In = []int{len(plan) - 2}
	plan[len(plan)-1].Weight = "second"
	layers, err := PlanLayers(plan, 3)
	if err != nil {
		t.Fatal(err)
	}
	var flops, want int64
	for _, l := range layers {
		if err := l.Validate(); err != nil || l.N != 3 {
			t.Errorf("%+v: %v", l, err)
		}
		flops += l.FLOPs()
	}
	seen := map[space.Layer]bool{}
	for _, s := range plan {
		if !seen[s.Layer] && s.Weight != "" {
			seen[s.Layer] = true
			want += 3 * s.Layer.FLOPs()
		}
	}
	if len(layers) != len(seen) || flops != want {
		t.Errorf("%d layers with %d operations; want %d with %d", len(layers), flops, len(seen), want)
	}
	if _, err := PlanLayers(plan, 0); err == nil {
		t.Error("batch 0 was accepted")
	}
	plan[1].Layer.InC++
	if _, err := PlanLayers(plan, 1); err == nil || !strings.Contains(err.Error(), "step 1") {
		t.Errorf("a plan that does not fit: %v", err)
	}
}

func TestMeasureMachine(t *testing.T) {
	done := 0
	quick := Effort{Warmup: 1, Round: 1, Rounds: 1}
	m, err := MeasureMachine(context.Background(), ops.Config{}, quick, func(k, n int) {
		if done++; k != done || k > n {
			t.Errorf("progress %d of %d; want %d", k, n, done)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if m.Limits[0].Workers != 1 || len(m.Limits) > 2 || done != sweeps*len(m.Limits)*(1+len(m.Levels)) {
		t.Errorf("%d limits, the first of %d workers, progress to %d", len(m.Limits), m.Limits[0].Workers, done)
	}
	for _, l := range m.Limits {
		if !(l.Peak > 0.01) || len(l.Bandwidths) != len(m.Levels) {
			t.Errorf("%d workers: peak %v, %d bandwidths", l.Workers, l.Peak, len(l.Bandwidths))
		}
		for _, b := range l.Bandwidths {
			if !(min(b.Read, b.Copy, b.Triad) > 0.01) || b.Best() < b.Copy {
				t.Errorf("%d workers: %+v", l.Workers, b)
			}
		}
	}
	if _, err := MeasureMachine(context.Background(), ops.Config{Kernel: "abacus"}, quick, nil); err == nil || !strings.Contains(err.Error(), "abacus") {
		t.Errorf("unknown kernels: %v", err)
	}
}

func TestLimitsRise(t *testing.T) {
	var l Limits
	first := madeUp().Limits[0]
	l.raise(first)
	again := madeUp().Limits[0]
	again.Peak, again.Bandwidths[1].Read, again.Bandwidths[1].Copy = 90, 110, 80
	l.raise(again)
	if b := l.Bandwidths[1]; l.Peak != 100 || l.Workers != 1 || b.Read != 110 || b.Copy != 90 || b.Triad != 80 || b.Level != "L2" {
		t.Errorf("%+v", l)
	}
}
