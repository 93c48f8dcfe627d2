package bench

import (
	"context"
	"fmt"
	"time"

	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/supernet/space"
)

// meteredSpan is how long passes are repeated between two readings of the energy
// counters, which are renewed about every millisecond.
const meteredSpan = 200 * time.Millisecond

// Metered is this machine with a meter: this project's kernels, timed as Local
// times them, and the energy of the whole processor meanwhile, with what else ran on it.
type Metered struct {
	*Local
	meter *meter
}

// NewMetered returns the machine at hand, if its processor tells how much energy it
// takes (Linux, and counters that this user may read).
func NewMetered(e *ops.Exec, batch int) (*Metered, error) {
	d, err := NewLocal(e, batch)
	if err != nil {
		return nil, err
	}
	m, err := openMeter(raplRoot)
	if err != nil {
		return nil, fmt.Errorf("energy of this machine: %w", err)
	}
	return &Metered{d, m}, nil
}

// Name implements Runtime.
func (d *Metered) Name() string { return d.Local.Name() + ", energy of the processor" }

// Measure implements Runtime.
func (d *Metered) Measure(ctx context.Context, p space.Plan) (Reading, error) {
	s, err := d.Time(ctx, p, DefaultEffort)
	if err != nil {
		return Reading{}, err
	}
	pass, err := d.pass(p)
	if err != nil {
		return Reading{}, err
	}
	joules, err := d.meter.of(ctx, meteredSpan, pass)
	return Reading{Seconds: s.Median / float64(d.batch), Joules: joules / float64(d.batch)}, err
}

// of returns the joules of one pass, a mean over a span.
func (m *meter) of(ctx context.Context, span time.Duration, pass func()) (float64, error) {
	pass() // touches memory for the first time
	from, err := m.read()
	if err != nil {
		return 0, err
	}
	n := 0
	for start := time.Now(); n == 0 || time.Since(start) < span; n++ {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		pass()
	}
	to, err := m.read()
	if err != nil {
		return 0, err
	}
	joules := m.joules(from, to) / float64(n)
	if !(joules > 0) {
		return 0, fmt.Errorf("energy of this machine: the counters stood still over %d passes; want them to rise", n)
	}
	return joules, nil
}
