package search

import (
	"log/slog"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/search/config"
	"github.com/espalier-nas/espalier/search/latency"
)

func TestWhatWasCutIsTold(t *testing.T) {
	const span = 2 * time.Second
	for want, o := range map[string]latency.Outcome{
		`level=INFO msg="latency probing" span=2s spent=1.9s layers="370 of 370" rounds="15 of 15" networks="48 of 48"`: {
			Span: span, Spent: 1940 * time.Millisecond, Layers: 370, Rounds: 15, Networks: 48, Wanted: 48,
		},
		`level=INFO msg="latency probing" span=2s spent=2.0s layers="300 of 370" rounds="3 of 15" networks="12 of 48"`: {
			Span: span, Spent: span, Layers: 300, Estimated: 70, Rounds: 3, Networks: 12, Wanted: 48,
		},
	} {
		var text strings.Builder
		r := &Run{monitor: Monitor{Log: slog.New(slog.NewTextHandler(&text, &slog.HandlerOptions{ReplaceAttr: untimed}))}}
		r.tellProbing(o)
		said, rest, _ := strings.Cut(text.String(), "\n")
		if said != want || (len(r.warnings) > 0) != (o.Estimated > 0) || strings.Contains(rest, "70 of 370 layers") != (o.Estimated > 0) {
			t.Errorf("said %q, warnings %q; want %s", text.String(), r.warnings, want)
		}
	}
}

// untimed leaves the time out of a line of the log.
func untimed(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}

func TestProbeSpan(t *testing.T) {
	for _, c := range []struct {
		budget time.Duration
		steps  int
		want   time.Duration
	}{
		{20 * time.Second, 0, leastProbe},
		{5 * time.Minute, 0, 18 * time.Second},
		{5 * time.Minute, 10, 0},
		{0, 0, 0},
	} {
		cfg := config.Default()
		cfg.Budget, cfg.Train.Steps = c.budget, c.steps
		if got := probeSpan(cfg); got != c.want {
			t.Errorf("budget %v, %d steps: %v; want %v", c.budget, c.steps, got, c.want)
		}
	}
}

// What is told of predicted latencies is of the networks that were held out, and of those
// candidates that the model has not learnt from: per image, the error a share of what was measured.
func TestLatenciesOfCandidatesAreTold(t *testing.T) {
	w := newWorld(t, func(i int) float64 { return 1 + 0.03*float64(i%7) })
	r := w.open("run")
	l, err := r.latencies(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var out outcome
	n, share, square := 0.0, 0.0, 0.0
	i := 0
	for a := range w.family.Space().Enumerate {
		s := sampleOf(w.measured[a] / 4)
		cost, err := l.Cost(a)
		if err != nil {
			t.Fatal(err)
		}
		out.searchOn = append(out.searchOn, candidate{Trial: controller.Trial{Arch: a, Cost: cost}, measured: &s})
		if i%4 != 0 { // every fourth was learnt from
			d := math.Abs(cost.Latency - s.Median)
			n, share, square = n+1, share+d/s.Median, square+d*d
		}
		i++
	}
	out.searchOn = append(out.searchOn, candidate{Trial: controller.Trial{Arch: out.searchOn[1].Arch}}) // not timed
	got := r.latencyReport(l, &out)
	if f := got.Found; f == nil || float64(f.N) != n || math.Abs(f.MAPE-share/n) > 1e-12 || math.Abs(f.RMSE/math.Sqrt(square/n)-1) > 1e-9 || share == 0 {
		t.Errorf("candidates %+v; want %v with errors of %v and %v s", f, n, share/n, math.Sqrt(square/n))
	}
	if got.HeldOut != l.Report || got.HeldOut.N == 0 || got.Layers != l.Layers() || got.Estimated != l.Estimated() || got.Networks != len(w.measured) || got.Networks == got.Layers {
		t.Errorf("%+v; want what the model says of itself", got)
	}
}
