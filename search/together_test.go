package search

import (
	"math"
	"testing"

	"github.com/espalier-nas/espalier/bench"
	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/search/report"
)

// At each latency the network counts that is best on validation, with its own accuracy on test, of
// those searches that have one as fast; measured latencies count before predicted ones.
func TestHandedOverBySeveralSearches(t *testing.T) {
	network := func(measured, validation, test float64) report.Network {
		return report.Network{Latency: 7, Measured: &bench.Sample{Median: measured}, Validation: validation, Test: &test}
	}
	untested := report.Network{Latency: 0.8, Validation: 0.75}
	s := together([]report.Report{
		{Pareto: []report.Network{network(1.9, 0.6, 0.5), network(8, 0.8, 0.9)}},
		{Pareto: []report.Network{untested, network(3, 0.7, 0.99)}},
	})
	if s.Searches != 2 || s.Compare != nil || s.Front.N != 0 {
		t.Errorf("%+v; want two searches without a random arm", s)
	}
	want := []struct {
		latency, validation, test float64
		n, tested                 int
	}{{1, 0.75, 0, 1, 0}, {2, 0.675, 0.5, 2, 1}, {4, 0.675, 0.5, 2, 1}, {8, 0.775, 0.9, 2, 1}}
	if len(s.Handed) != len(want) {
		t.Fatalf("%d latencies; want %d", len(s.Handed), len(want))
	}
	for i, w := range want {
		h := s.Handed[i]
		near := func(a, b float64) bool { return math.Abs(a-b) < 1e-12 }
		if h.Latency != w.latency || h.Validation.N != w.n || !near(h.Validation.Mean, w.validation) || h.Test.N != w.tested || !near(h.Test.Mean, w.test) {
			t.Errorf("%+v; want %+v", h, w)
		}
	}
	if h := s.Handed[3].Validation; h.Std == 0 || h.Low >= h.Mean || h.High <= h.Mean {
		t.Errorf("two searches have no interval: %+v", h)
	}
	if h := s.Handed[0].Test; h != (controller.Summary{}) {
		t.Errorf("no network was tested there, and %+v is told", h)
	}
}
