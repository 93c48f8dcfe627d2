package search

import (
	"context"
	"math"

	"github.com/espalier-nas/espalier/search/latency"
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
func (r *Run) checkDrift(ctx context.Context, l *latency.Model) error {
	if r.state.Drift != 0 || !l.Local() || l.Probes() != nil {
		return nil
	}
	var err error
	r.state.Drift, err = l.Drift(ctx, driftNetworks)
	return err
}

// warnOfDrift tells of a machine that has changed its speed.
func (r *Run) warnOfDrift() {
	if d := r.state.Drift; d != 0 && math.Abs(d-1) > tolerableDrift {
		r.warn("the machine has changed its speed since latencies were learnt: the same networks now take %.2f times as long; measure on a quiet machine", d)
	}
}
