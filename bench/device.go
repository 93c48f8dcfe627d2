// Package bench measures machines: how long networks and their layers take on
// them.
package bench

import (
	"context"
	"fmt"
	"slices"
	"time"

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

// Device is a machine that runs networks.
type Device interface {
	// Name tells the machine and how it runs networks; latencies of devices with
	// different names must not be mixed.
	Name() string
	// Time measures inference of a plan with its batch norms folded. Weights are
	// random: they do not matter to the time.
	Time(ctx context.Context, p space.Plan) (Sample, error)
}

// Effort is how long a device measures one thing.
type Effort struct {
	Warmup time.Duration // before anything counts
	Round  time.Duration // least length of a round; a round repeats the pass
	Rounds int
}

// DefaultEffort takes about 20 ms a measurement: with interquartile ranges of a
// few percent on a busy machine it ranks networks that differ by 5 %.
var DefaultEffort = Effort{Warmup: 3 * time.Millisecond, Round: time.Millisecond, Rounds: 15}

// Local is this machine, through this project's own kernels.
type Local struct {
	exec   *ops.Exec
	batch  int
	effort Effort
}

// NewLocal returns the machine at hand, running batches of the given number of
// images on e, which it shares with its owner.
func NewLocal(e *ops.Exec, batch int, effort Effort) (*Local, error) {
	if batch < 1 || effort.Rounds < 1 || effort.Round <= 0 {
		return nil, fmt.Errorf("device: batch %d, %d rounds of %v; want at least 1 of each", batch, effort.Rounds, effort.Round)
	}
	return &Local{exec: e, batch: batch, effort: effort}, nil
}

// Name returns processor, kernels, workers and batch.
func (d *Local) Name() string {
	return fmt.Sprintf("%s, %s kernels, %d workers, batch %d", Processor(), d.exec.Kernel(), d.exec.Workers(), d.batch)
}

// Time measures inference of p on this machine.
func (d *Local) Time(ctx context.Context, p space.Plan) (Sample, error) {
	net, err := supernet.NewNetwork(p, 1)
	if err != nil {
		return Sample{}, fmt.Errorf("device: %w", err)
	}
	net = net.Fold()
	h, w, c := net.Input()
	pixels := make([]float32, d.batch*h*w*c)
	r := stream.New(1, "timing input")
	for i := range pixels {
		pixels[i] = float32(r.NormFloat64())
	}
	return d.effort.measure(ctx, func() {
		d.exec.Begin(false)
		net.Forward(d.exec, d.exec.Input(d.batch, h, w, c, pixels))
	})
}

// measure times f in rounds of equal repetitions.
func (m Effort) measure(ctx context.Context, f func()) (Sample, error) {
	n := m.warm(f)
	rounds := make([]float64, 0, m.Rounds)
	for range m.Rounds {
		if err := ctx.Err(); err != nil {
			return Sample{}, err
		}
		start := time.Now()
		for range n {
			f()
		}
		rounds = append(rounds, time.Since(start).Seconds()/float64(n))
	}
	slices.Sort(rounds)
	at := func(q float64) float64 { return rounds[int(q*float64(len(rounds)-1)+0.5)] }
	return Sample{Median: at(0.5), Best: rounds[0], Low: at(0.25), High: at(0.75), Rounds: len(rounds)}, nil
}

// warm runs f for the warm-up time and returns how many runs make a round.
func (m Effort) warm(f func()) int {
	f() // makes memory
	start, runs := time.Now(), 0
	for runs == 0 || time.Since(start) < m.Warmup {
		f()
		runs++
	}
	each := time.Since(start) / time.Duration(runs)
	return max(1, int(m.Round/max(each, 1)))
}
