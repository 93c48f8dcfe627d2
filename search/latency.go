package search

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/espalier-nas/espalier/bench"
	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/internal/stream"
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
// was measured before an error is kept.
func (l *Latencies) Measure(ctx context.Context, p Probing, show Events) error {
	if l.Local() && l.lacks(p) {
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

// layers returns nearly every layer of the space: those of the extremes, then
// the others, the most frequent in random architectures first. It stops looking
// at a time, if that is not zero.
func (l *Latencies) layers(seed uint64, until time.Time) []space.Layer {
	rng := stream.New(seed, "layers")
	var c layerCount
	c.add(l.family.Plan(l.family.Extremes().Smallest))
	c.add(l.family.Plan(l.family.Extremes().Largest))
	first := len(c.list)
	for quiet, draws := 0, 0; quiet < quietDraws && draws < maxDraws; draws++ {
		if draws%16 == 0 && !until.IsZero() && l.now().After(until) {
			break
		}
		quiet++
		if c.add(l.family.Plan(l.family.Space().Random(rng))) {
			quiet = 0
		}
	}
	slices.SortStableFunc(c.list[first:], func(a, b space.Layer) int { return cmp.Compare(c.times[b], c.times[a]) })
	return c.list
}

// layerCount counts how often layers occur.
type layerCount struct {
	times map[space.Layer]int
	list  []space.Layer // in the order of their first occurrence
}

// add counts the layers of a plan and reports whether one is new.
func (c *layerCount) add(p space.Plan) bool {
	if c.times == nil {
		c.times = make(map[space.Layer]int)
	}
	before := len(c.list)
	for _, s := range p {
		if c.times[s.Layer] == 0 {
			c.list = append(c.list, s.Layer)
		}
		c.times[s.Layer]++
	}
	return len(c.list) > before
}

// draw returns up to n different architectures: the extremes, random ones, and
// random ones crossed with an extreme, since a search also looks where random
// architectures are rare.
func (l *Latencies) draw(n int, seed uint64) []space.Arch {
	rng := stream.New(seed, "timed networks")
	ends := []space.Arch{l.family.Extremes().Smallest, l.family.Extremes().Largest}
	archs := slices.Clone(ends)
	seen := map[space.Arch]bool{ends[0]: true, ends[1]: true}
	for try := 0; len(archs) < n && try < 20*n; try++ {
		a := l.family.Space().Random(rng)
		for range try % 3 {
			a = l.family.Space().Cross(rng, a, ends[try/3%2])
		}
		if !seen[a] {
			seen[a] = true
			archs = append(archs, a)
		}
	}
	return archs
}

// Measurable reports whether networks can be measured on the runtime that counts.
func (l *Latencies) Measurable() bool { return l.probes != nil || l.Local() }

// Time returns the measured latency of an architecture that a search has
// chosen, seconds per pass, on the runtime that counts, from the file if it is there.
func (l *Latencies) Time(ctx context.Context, a space.Arch) (bench.Sample, error) {
	if l.probes != nil {
		r, err := l.probes.measure(ctx, a)
		return l.probes.sample(r), err
	}
	if err := l.time(ctx, a, bench.DefaultEffort, true); err != nil {
		return bench.Sample{}, err
	}
	return l.timed[a], l.save()
}

// Known returns the measured latency of an architecture, if it was measured.
func (l *Latencies) Known(a space.Arch) (bench.Sample, bool) {
	if l.probes != nil {
		s, ok := l.probes.said[a]
		return l.probes.sample(s.reading()), ok
	}
	s, ok := l.timed[a]
	return s, ok
}

// Energy returns the measured energy of an architecture, joules per image; 0 where nobody
// tells it.
func (l *Latencies) Energy(a space.Arch) float64 {
	if l.probes == nil {
		return 0
	}
	return l.probes.said[a].reading().Joules
}

// seconds measures a network of any plan on the runtime that counts, per image.
func (l *Latencies) seconds(ctx context.Context, p space.Plan) (float64, error) {
	if l.probes != nil {
		r, err := l.probes.runtime.Measure(ctx, p)
		return r.Seconds, err
	}
	s, err := l.device.Time(ctx, p, bench.DefaultEffort)
	return s.Median / float64(l.batch), err
}

func (l *Latencies) time(ctx context.Context, a space.Arch, e bench.Effort, found bool) error {
	if _, known := l.timed[a]; known {
		return nil
	}
	s, err := l.device.Time(ctx, l.family.Plan(a), e)
	if err != nil {
		return err
	}
	l.note(a, s, found)
	return nil
}

// leastNetworks is how many whole networks the model needs, to learn and to be
// checked.
const leastNetworks = 10

// fit learns the correction of the layer sums on the random networks. The error
// is measured first, with a model that has not seen a share of them.
func (l *Latencies) fit(seed uint64, holdout float64) error {
	archs := l.random
	if len(archs) < leastNetworks {
		return fmt.Errorf("%s: networks: %d random ones were measured; want at least %d", l.path, len(archs), leastNetworks)
	}
	y := make([]float64, len(archs))
	all := make([]int, len(archs))
	for i, a := range archs {
		y[i], all[i] = l.timed[a].Median, i
	}
	train, test := predictor.HoldOut(archs, y, holdout, seed)
	blind, err := l.fitted(archs, y, train, seed)
	if err != nil {
		return err
	}
	truth := pick(y, test)
	pred, std := blind.Predict(pick(archs, test))
	l.Report = predictor.Evaluate(pred, truth, seed)
	l.Report.Cover90 = predictor.Coverage(pred, std, truth, 0.9)
	l.model, err = l.fitted(archs, y, all, seed)
	return err
}

func (l *Latencies) fitted(archs []space.Arch, y []float64, use []int, seed uint64) (*predictor.Latency, error) {
	m, err := predictor.NewLatency(l.family.Plan, l.table.Lookup, predictor.FamilyInputs(l.family), predictor.Options{Seed: seed})
	if err != nil {
		return nil, err
	}
	return m, m.Fit(pick(archs, use), pick(y, use))
}

func pick[T any](all []T, at []int) []T {
	out := make([]T, len(at))
	for i, k := range at {
		out[i] = all[k]
	}
	return out
}

// Cost returns all that an architecture costs, with its predicted latency and energy on the
// runtime that counts.
func (l *Latencies) Cost(a space.Arch) (controller.Cost, error) {
	c, err := l.rest(a)
	if err != nil {
		return c, err
	}
	if l.probes == nil {
		c.Latency, err = l.predict(a)
		return c, err
	}
	if err := l.know(a); err != nil {
		return c, err
	}
	r := l.probes.predict(a)
	c.Latency, c.Energy = r.Seconds, r.Joules
	return c, nil
}

// planCost returns the costs that follow from a plan alone, but for the size of its file.
func planCost(p space.Plan) controller.Cost {
	return controller.Cost{FLOPs: p.FLOPs(), Params: p.Params(), Memory: p.PeakActivations()}
}

// predict returns the latency of an architecture per image as this program's own
// measurements let expect.
func (l *Latencies) predict(a space.Arch) (float64, error) {
	if err := l.know(a); err != nil {
		return 0, err
	}
	mean, _ := l.model.Predict([]space.Arch{a})
	return mean[0] / float64(l.batch), nil
}

// know completes the table by the layers that an architecture has and it lacks: they are
// measured first or, after a probing of bounded time or for another machine, estimated; and kept.
func (l *Latencies) know(a space.Arch) error {
	_, missing := l.model.Lookup(a)
	if len(missing) == 0 {
		return nil
	}
	if err := l.complete(missing); err != nil {
		return err
	}
	return l.save()
}

// complete adds layers to the table: a search may ask for thousands, which a
// bounded time does not allow to measure, and those of another machine cannot be.
func (l *Latencies) complete(layers []space.Layer) error {
	if l.Probed == nil && l.Local() {
		return l.table.Measure(l.ctx, layers, nil)
	}
	l.table.Estimate(layers)
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
