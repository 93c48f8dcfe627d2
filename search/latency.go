package search

import (
	"context"
	"fmt"

	"github.com/espalier-nas/espalier/bench"
	"github.com/espalier-nas/espalier/search/latency"
	"github.com/espalier-nas/espalier/search/rundir"
)

// openLatencies returns the latencies in the folder, or else those in
// device.table, or else none yet.
func (r *Run) openLatencies(ctx context.Context) (*latency.Model, error) {
	workers := r.cfg.Device.Workers
	if workers == 0 {
		workers = r.cfg.Workers
	}
	path, from := r.dir.Path(rundir.Latency), r.cfg.Device.Table
	if r.dir.Has(rundir.Latency) {
		from = path
	}
	l, err := latency.Open(ctx, r.family, latency.Options{Kernel: string(r.cfg.Kernel), Workers: workers, Batch: r.cfg.Device.Batch, From: from, To: path})
	if err != nil {
		return nil, err
	}
	if err := r.openProbes(l); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

// latencies is the phase that learns how long architectures take.
func (r *Run) latencies(ctx context.Context) (*latency.Model, error) {
	l, err := r.openLatencies(ctx)
	if err != nil {
		return nil, err
	}
	l.Rest = r.costElsewhere
	if err := l.Covers(r.cfg.Seed); err != nil {
		l.Close()
		return nil, err
	}
	p := latency.Probing{Samples: r.cfg.Device.Samples, Seed: r.cfg.Seed, Holdout: r.cfg.Predictor.Holdout, Span: probeSpan(r.cfg)}
	if err := l.Measure(ctx, p, Progress(r.monitor.Events)); err != nil {
		l.Close()
		return nil, err
	}
	if err := r.probe(ctx, l); err != nil {
		l.Close()
		return nil, err
	}
	if o, bounded := l.Outcome(); bounded {
		r.tellProbing(o)
	}
	r.monitor.Log.Info("latency", "device", l.Device(), "layers", l.Layers(), "held-out", l.Report.String())
	return l, nil
}

// tellProbing logs what a bounded probing has left out, and warns where layers
// were estimated.
func (r *Run) tellProbing(o latency.Outcome) {
	all := o.Layers + o.Estimated
	r.monitor.Log.Info("latency probing", "span", o.Span.String(), "spent", fmt.Sprintf("%.1fs", o.Spent.Seconds()),
		"layers", fmt.Sprintf("%d of %d", o.Layers, all),
		"rounds", fmt.Sprintf("%d of %d", o.Rounds, bench.Visits*bench.VisitEffort.Rounds),
		"networks", fmt.Sprintf("%d of %d", o.Networks, o.Wanted))
	if o.Estimated > 0 {
		r.warn("there was no time to measure %d of %d layers: their latency is estimated from that of similar ones", o.Estimated, all)
	}
}
