package search

import (
	"context"

	"github.com/espalier-nas/espalier/bench"
	"github.com/espalier-nas/espalier/supernet/space"
)

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
