package search

import (
	"context"
	"errors"
	"time"

	"github.com/espalier-nas/espalier/bench"
	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/predictor"
	"github.com/espalier-nas/espalier/search/rundir"
	"github.com/espalier-nas/espalier/supernet/space"
)

const (
	// quietDraws in a row without a new layer end the search for layers.
	quietDraws = 400
	// maxDraws bounds it in very large spaces; layers that turn up later are
	// measured when they do.
	maxDraws = 20000
)

// Latencies tells how long architectures take on a device: by measurement, and
// by a prediction whose error is known.
type Latencies struct {
	path   string // of the file that keeps what is measured
	family space.Family
	batch  int
	device bench.Device
	exec   *ops.Exec // of a local device
	table  *bench.Table
	timed  map[space.Arch]bench.Sample
	random []space.Arch // keys of timed: what the model learns from
	found  []space.Arch // keys of timed: the others
	model  *predictor.Latency
	probes *Probes         // of the runtime that counts instead; nil: none does
	ctx    context.Context // of the measurements that a prediction may need
	now    func() time.Time

	rest func(space.Arch) (controller.Cost, error) // all costs but the latency here

	Probed *Probed          // what a probing of bounded time has come to; nil: time was not bounded
	Report predictor.Report // error on networks that the model has not seen
}

// openLatencies returns the latencies in the folder, or else those in
// device.table, or else none yet.
func (r *Run) openLatencies(ctx context.Context) (*Latencies, error) {
	workers := r.cfg.Device.Workers
	if workers == 0 {
		workers = r.cfg.Workers
	}
	path, from := r.dir.Path(rundir.Latency), r.cfg.Device.Table
	if r.dir.Has(rundir.Latency) {
		from = path
	}
	l, err := OpenLatencies(ctx, r.family, LatencyOptions{Kernel: r.cfg.Kernel, Workers: workers, Batch: r.cfg.Device.Batch, From: from, To: path})
	if err != nil {
		return nil, err
	}
	if err := r.openProbes(l); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

// LatencyOptions say which device is meant.
type LatencyOptions struct {
	Kernel  string // of the local device
	Workers int    // of the local device
	Batch   int    // images per pass
	From    string // file to begin with; "": none
	To      string // file that keeps what is measured
}

// OpenLatencies returns what is known of a device's latencies. A file of this
// machine can be added to; that of another machine has to be complete. Close
// ends the workers.
func OpenLatencies(ctx context.Context, f space.Family, o LatencyOptions) (*Latencies, error) {
	e, err := ops.NewExec(ops.Config{Kernel: o.Kernel, Workers: o.Workers})
	if err != nil {
		return nil, err
	}
	local, err := bench.NewLocal(e, o.Batch)
	if err != nil {
		e.Close()
		return nil, err
	}
	l := newLatencies(f, local, o.Batch, o.To)
	l.exec, l.ctx = e, ctx
	if o.From != "" {
		if err := l.read(o.From); err != nil {
			e.Close()
			return nil, err
		}
		return l, nil
	}
	l.table = bench.NewTable(l.device)
	return l, nil
}

// newLatencies returns latencies of which none is known, nor a table.
func newLatencies(f space.Family, d bench.Device, batch int, path string) *Latencies {
	return &Latencies{
		path: path, family: f, batch: batch, device: d, ctx: context.Background(), now: time.Now, timed: make(map[space.Arch]bench.Sample),
		rest: func(a space.Arch) (controller.Cost, error) { return planCost(f.Plan(a)), nil },
	}
}

// Close ends the device's workers, if it has any here.
func (l *Latencies) Close() {
	if l.exec != nil {
		l.exec.Close()
	}
}

// Device returns the device's name.
func (l *Latencies) Device() string { return l.device.Name() }

// Local reports whether the device can be measured here.
func (l *Latencies) Local() bool { _, other := l.device.(recorded); return !other }

// Layers returns the number of layers measured.
func (l *Latencies) Layers() int { return l.table.Len() }

// Networks returns the number of whole networks measured.
func (l *Latencies) Networks() int { return len(l.timed) }

// Measure times the layers that architectures of the space have, and random
// whole networks until there are so many, and fits the model. What the file held
// is not measured again. In a bounded time it does what fits; see Probed. What
// was measured before an error is kept. A file that cannot be written is noticed first.
func (l *Latencies) Measure(ctx context.Context, p Probing, show Events) error {
	if l.Local() && l.lacks(p) {
		if err := l.save(); err != nil {
			return err
		}
		measure := l.measure
		if p.Span > 0 {
			measure = l.probe
		}
		if err := measure(ctx, p, show); err != nil {
			return errors.Join(err, l.save())
		}
	}
	if err := l.save(); err != nil {
		return err
	}
	return l.fit(p.Seed, p.Holdout)
}

// lacks reports whether anything is left to measure.
func (l *Latencies) lacks(p Probing) bool {
	if l.Probed == nil {
		return len(l.random) < p.Samples
	}
	return p.Again || !l.Probed.Done
}

// measure measures all, however long it takes.
func (l *Latencies) measure(ctx context.Context, p Probing, show Events) error {
	status := Status{Unit: "measurements", Note: "layers"}
	err := l.table.Measure(ctx, l.layers(p.Seed, time.Time{}), func(done, total int) {
		status.Done, status.Total = float64(done), float64(total+p.Samples)
		show.Update(status)
	})
	if err != nil {
		return err
	}
	status.Note = "networks"
	for _, a := range l.draw(p.Samples, p.Seed) {
		if err := l.time(ctx, a, bench.DefaultEffort, false); err != nil {
			return err
		}
		status.Done++
		show.Update(status)
	}
	l.Probed = nil
	return nil
}

// latencies is the phase that learns how long architectures take.
func (r *Run) latencies(ctx context.Context) (*Latencies, error) {
	l, err := r.openLatencies(ctx)
	if err != nil {
		return nil, err
	}
	l.rest = r.costElsewhere
	if err := l.covers(r.cfg.Seed); err != nil {
		l.Close()
		return nil, err
	}
	p := Probing{Samples: r.cfg.Device.Samples, Seed: r.cfg.Seed, Holdout: r.cfg.Predictor.Holdout, Span: probeSpan(r.cfg)}
	if err := l.Measure(ctx, p, r.monitor.Events); err != nil {
		l.Close()
		return nil, err
	}
	if err := r.probe(ctx, l); err != nil {
		l.Close()
		return nil, err
	}
	r.tellProbing(l)
	r.monitor.Log.Info("latency", "device", l.Device(), "layers", l.Layers(), "held-out", l.Report.String())
	return l, nil
}
