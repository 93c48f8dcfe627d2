package search

import (
	"context"
	"math"

	"gonum.org/v1/gonum/stat"

	"github.com/espalier-nas/espalier/bench"
)

const (
	// driftNetworks are timed again before the finalists are.
	driftNetworks = 8
	// tolerableDrift between two timings of one network needs no warning.
	tolerableDrift = 0.1
)

// checkDrift finds out, once in the life of the folder, whether the machine is
// still as fast as when latencies were learnt: shared processors and clocks
// change. Predictions cannot follow that, so a report that sets them beside new
// measurements has to say it. Calls of a probe are too dear for this.
func (r *Run) checkDrift(ctx context.Context, l *Latencies) error {
	if r.state.Drift != 0 || !l.Local() || l.probes != nil {
		return nil
	}
	var err error
	r.state.Drift, err = l.drift(ctx)
	return err
}

// drift returns the geometric mean, over some of the networks that the model
// has learnt from, of their latency now divided by what it was.
func (l *Latencies) drift(ctx context.Context) (float64, error) {
	n := min(driftNetworks, len(l.random))
	logs := make([]float64, 0, n)
	for i := range n {
		a := l.random[i*len(l.random)/n]
		s, err := l.device.Time(ctx, l.family.Plan(a), bench.DefaultEffort)
		if err != nil {
			return 0, err
		}
		logs = append(logs, math.Log(s.Median/l.timed[a].Median))
	}
	return math.Exp(stat.Mean(logs, nil)), nil
}

// warnOfDrift tells of a machine that has changed its speed.
func (r *Run) warnOfDrift() {
	if d := r.state.Drift; d != 0 && math.Abs(d-1) > tolerableDrift {
		r.warn("the machine has changed its speed since latencies were learnt: the same networks now take %.2f times as long; measure on a quiet machine", d)
	}
}
