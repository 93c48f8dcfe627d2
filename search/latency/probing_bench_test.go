package latency

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/espalier-nas/espalier/bench"
	"github.com/espalier-nas/espalier/internal/stream"
	"github.com/espalier-nas/espalier/predictor"
	"github.com/espalier-nas/espalier/supernet/space"
	"github.com/espalier-nas/espalier/supernet/space/families"
)

// freshNetworks evaluate the predictions of BenchmarkProbing: networks that no
// probing has drawn, timed with full effort whatever the span.
const freshNetworks = 32

// BenchmarkProbing learns latencies of the default space within spans and tells
// how good the predictions are: held-… is what a search reports, fresh-… the
// error on networks timed with full effort right after it. Once per iteration:
// run it with -benchtime 1x.
func BenchmarkProbing(b *testing.B) {
	for _, in := range []space.Input{{H: 28, W: 28, C: 1, Classes: 10}, {H: 64, W: 64, C: 3, Classes: 10}} {
		for _, span := range []time.Duration{300 * time.Millisecond, 600 * time.Millisecond, 1500 * time.Millisecond, 4 * time.Second, 10 * time.Second, 0} {
			b.Run(fmt.Sprintf("%dx%dx%d/span=%v", in.H, in.W, in.C, span), func(b *testing.B) {
				for range b.N {
					probeOnce(b, in, span)
				}
			})
		}
	}
}

func probeOnce(b *testing.B, in space.Input, span time.Duration) {
	f, err := families.Open("chain", in)
	if err != nil {
		b.Fatal(err)
	}
	l, err := Open(b.Context(), f, Options{Workers: 2, Batch: 1, To: filepath.Join(b.TempDir(), "latency.json")})
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	start := time.Now()
	if err := l.Measure(b.Context(), Probing{Samples: 48, Seed: 1, Holdout: 0.4, Span: span}, unheard); err != nil {
		b.Fatal(err)
	}
	took := time.Since(start).Seconds()
	fresh := fresh(b, l)
	for unit, v := range map[string]float64{
		"s": took, "layers": float64(l.Layers()), "estimated": float64(l.table.Estimated()), "rounds": float64(l.table.Rounds()), "networks": float64(len(l.random)),
		"held-MAPE%": 100 * l.Report.MAPE, "held-tau": l.Report.Kendall, "fresh-MAPE%": 100 * fresh.MAPE, "fresh-tau": fresh.Kendall,
	} {
		b.ReportMetric(v, unit)
	}
	b.ReportMetric(0, "ns/op")
}

// fresh returns the error of the predictions on networks that are new to them.
func fresh(b *testing.B, l *Model) predictor.Report {
	rng := stream.New(99, "fresh networks")
	var archs []space.Arch
	var truth []float64
	for range freshNetworks {
		a := l.family.Space().Random(rng)
		s, err := l.device.Time(b.Context(), l.family.Plan(a), bench.DefaultEffort)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := l.Cost(a); err != nil { // completes the table
			b.Fatal(err)
		}
		archs, truth = append(archs, a), append(truth, s.Median)
	}
	mean, _ := l.model.Predict(archs)
	return predictor.Evaluate(mean, truth, 1)
}
