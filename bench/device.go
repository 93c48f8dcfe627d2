// Package bench measures machines: how long whole networks (Device, Local) and their layers
// (Table) take per forward pass, in seconds, what energy they take (Metered), and how near
// layers come to what the machine can do at most (Machine, Roofline). A Pace keeps measuring
// within a span of time; layers that it leaves out are estimated.
//
// It may import ops, supernet, space and internal/stream. Read Device and Sample here first,
// then table.go for latencies and roofline.go for limits. bench/external measures on other
// runtimes; bench/peers compares with other engines.
package bench

import (
	"context"
	"fmt"

	"github.com/espalier-nas/espalier/internal/stream"
	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/supernet"
	"github.com/espalier-nas/espalier/supernet/space"
)

// Sample is what repeated timings of one thing gave, in seconds per forward pass.
type Sample struct {
	Median float64 `json:"median"`
	Best   float64 `json:"best"`
	Low    float64 `json:"low"`  // lower quartile
	High   float64 `json:"high"` // upper quartile
	Rounds int     `json:"rounds"`
}

// Spread returns the interquartile range as a share of the median.
func (s Sample) Spread() float64 { return (s.High - s.Low) / s.Median }

// Faster returns what two measurements of one thing tell, each at a time of its own: the figures
// of the faster one, as what else a machine does makes things slower and never faster, and the
// rounds of both.
func (s Sample) Faster(o Sample) Sample {
	rounds := s.Rounds + o.Rounds
	if o.Median < s.Median {
		s = o
	}
	s.Rounds = rounds
	return s
}

// Device is a machine that runs networks.
type Device interface {
	// Name tells the machine and how it runs networks; latencies of devices with
	// different names must not be mixed.
	Name() string
	// Time measures inference of a plan with its batch norms folded, with so much
	// effort. Weights are random: they do not matter to the time.
	Time(ctx context.Context, p space.Plan, e Effort) (Sample, error)
}

// Local is this machine, through this project's own kernels.
type Local struct {
	exec  *ops.Exec
	batch int
}

// NewLocal returns the machine at hand, running batches of the given number of
// images on e, which it shares with the caller: one of both at a time. It fails unless batch
// is at least 1.
func NewLocal(e *ops.Exec, batch int) (*Local, error) {
	if batch < 1 {
		return nil, fmt.Errorf("device: batch is %d; want at least 1", batch)
	}
	return &Local{exec: e, batch: batch}, nil
}

// Name returns processor, kernels, workers and batch.
func (d *Local) Name() string {
	return fmt.Sprintf("%s, %s kernels, %d workers, batch %d", Processor(), d.exec.Kernel(), d.exec.Workers(), d.batch)
}

// Time measures inference of p on this machine.
func (d *Local) Time(ctx context.Context, p space.Plan, e Effort) (Sample, error) {
	if e.Rounds < 1 || e.Round <= 0 {
		return Sample{}, fmt.Errorf("device: effort is %d rounds of %v; want at least 1 and more than 0s", e.Rounds, e.Round)
	}
	pass, err := d.pass(p)
	if err != nil {
		return Sample{}, err
	}
	return e.measure(ctx, pass)
}

// pass returns what runs a batch of noise through a network of plan p.
func (d *Local) pass(p space.Plan) (func(), error) {
	net, err := supernet.NewNetwork(p, 1)
	if err != nil {
		return nil, fmt.Errorf("device: %w", err)
	}
	net = net.Fold()
	h, w, c := net.Input()
	pixels := make([]float32, d.batch*h*w*c)
	r := stream.New(1, "timing input")
	for i := range pixels {
		pixels[i] = float32(r.NormFloat64())
	}
	return func() {
		d.exec.Begin(false)
		net.Forward(d.exec, d.exec.Input(d.batch, h, w, c, pixels))
	}, nil
}
