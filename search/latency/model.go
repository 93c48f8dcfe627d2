// Package latency tells how long networks take where it counts. A Model measures layers and
// some whole networks on a device, in a bounded time if wanted, keeps them in a file, and predicts
// the rest with an error that is known; Probes put another runtime in the device's place.
//
// It may import bench, controller, ops, predictor, rundir, space, internal/atomicfile and
// internal/stream. Read model.go first, then probing.go (bounded time), predict.go and probes.go.
package latency

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/espalier-nas/espalier/bench"
	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/predictor"
	"github.com/espalier-nas/espalier/supernet/space"
)

const (
	// quietDraws in a row without a new layer end the search for layers.
	quietDraws = 400
	// maxDraws bounds it in very large spaces; layers that turn up later are
	// measured when they do.
	maxDraws = 20000
)

// Progress hears how far measuring is: how much is done of how much, in which unit, and what
// is measured now.
type Progress func(done, total float64, unit, note string)

// Units of progress.
const (
	unitMeasurements = "measurements"
	unitNetworks     = "networks"
)

// Model tells how long architectures take on a device: by measurement, and
// by a prediction whose error is known.
type Model struct {
	path   string // of the file that keeps what is measured
	family space.Family
	batch  int
	device bench.Device
	exec   *ops.Exec // of a local device
	table  *bench.Table
	timed  map[space.Arch]bench.Sample
	random []space.Arch // keys of timed: what the model learns from
	found  []space.Arch // keys of timed: the others

	timings map[space.Arch]int // of those of found that Time has timed: how often

	model   *predictor.Latency
	stretch float64 // of its deviations, by networks that it has not seen

	probes *Probes         // of the runtime that counts instead; nil: none does
	ctx    context.Context // of the measurements that a prediction may need
	now    func() time.Time

	Rest func(space.Arch) (controller.Cost, error) // all costs but the latency here

	Probed   *Probed            // what a probing of bounded time has come to; nil: time was not bounded
	Report   predictor.Report   // error on networks that the model has not seen, in seconds per image
	Reliance predictor.Reliance // of the same predictions
}

// Options say which device is meant.
type Options struct {
	Kernel  string // of the local device
	Workers int    // of the local device
	Batch   int    // images per pass
	From    string // file to begin with; "": none
	To      string // file that keeps what is measured
}

// Open returns what is known of a device's latencies. A file of this
// machine can be added to; that of another machine has to be complete. Close
// ends the workers.
func Open(ctx context.Context, f space.Family, o Options) (*Model, error) {
	e, err := ops.NewExec(ops.Config{Kernel: o.Kernel, Workers: o.Workers})
	if err != nil {
		return nil, err
	}
	local, err := bench.NewLocal(e, o.Batch)
	if err != nil {
		e.Close()
		return nil, err
	}
	l := New(f, local, e, o.Batch, o.To)
	l.ctx = ctx
	if o.From != "" {
		if err := l.read(o.From); err != nil {
			e.Close()
			return nil, err
		}
	}
	return l, nil
}

// New returns the latencies of a device, in passes of so many images, of which none is known.
// e is what runs networks on a local device; the file at path will keep what is measured.
func New(f space.Family, d bench.Device, e *ops.Exec, batch int, path string) *Model {
	return &Model{
		path: path, family: f, batch: batch, device: d, exec: e, ctx: context.Background(), now: time.Now, timed: make(map[space.Arch]bench.Sample), timings: make(map[space.Arch]int),
		table: bench.NewTable(d),
		Rest:  func(a space.Arch) (controller.Cost, error) { return PlanCost(f.Plan(a)), nil },
	}
}

// OpenFile returns what the file at from says of a device, of which nothing is measured here
// even if it is this one, with its model; to keeps a copy. It is an error if it does not cover the space.
func OpenFile(f space.Family, from, to string, batch int, p Probing) (*Model, error) {
	l := New(f, recorded{path: from}, nil, batch, to)
	if err := l.read(from); err != nil {
		return nil, err
	}
	if err := l.Covers(p.Seed); err != nil {
		return nil, err
	}
	if err := l.fit(p.Seed, p.Holdout); err != nil {
		return nil, err
	}
	return l, l.save()
}

// Close ends the device's workers, if it has any here.
func (l *Model) Close() {
	if l.exec != nil {
		l.exec.Close()
	}
}

// Device returns the device's name.
func (l *Model) Device() string { return l.device.Name() }

// Local reports whether the device can be measured here.
func (l *Model) Local() bool { _, other := l.device.(recorded); return !other }

// Layers returns the number of layers measured.
func (l *Model) Layers() int { return l.table.Len() }

// Estimated returns the number of layers whose time is estimated from that of others.
func (l *Model) Estimated() int { return l.table.Estimated() }

// Networks returns the number of whole networks measured.
func (l *Model) Networks() int { return len(l.timed) }

// Sample returns the random networks that the model learns from. The list is the model's own.
func (l *Model) Sample() []space.Arch { return l.random }

// Family returns what networks are of.
func (l *Model) Family() space.Family { return l.family }

// Batch returns the images of a pass.
func (l *Model) Batch() int { return l.batch }

// Exec returns what runs networks on a local device; nil for others.
func (l *Model) Exec() *ops.Exec { return l.exec }

// Probes returns what measures networks on the runtime that counts instead of this device; nil
// if none does.
func (l *Model) Probes() *Probes { return l.probes }

// Form describes the fitted model.
func (l *Model) Form() string { return l.model.Describe() }

// Measure times the layers that architectures of the space have, and random
// whole networks until there are so many, and fits the model. What the file held
// is not measured again. In a bounded time it does what fits; see Probed. What
// was measured before an error is kept. A file that cannot be written, and a space of too few
// networks to learn from, are noticed first.
func (l *Model) Measure(ctx context.Context, p Probing, show Progress) error {
	if n := l.family.Space().Size(); n < leastNetworks {
		return fmt.Errorf("the space has %v architectures; want at least %d, to learn latencies from", n, leastNetworks)
	}
	if l.Local() && l.lacks(p) {
		if err := l.save(); err != nil {
			return err
		}
		if err := l.probe(ctx, p, show); err != nil {
			return errors.Join(err, l.save())
		}
	}
	if err := l.save(); err != nil {
		return err
	}
	return l.fit(p.Seed, p.Holdout)
}

// lacks reports whether anything is left to measure.
func (l *Model) lacks(p Probing) bool {
	if l.Probed == nil {
		return len(l.random) < p.Samples
	}
	return p.Again || !l.Probed.Done
}
