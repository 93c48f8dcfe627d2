package latency

import (
	"context"
	"math"

	"gonum.org/v1/gonum/stat"

	"github.com/espalier-nas/espalier/bench"
	"github.com/espalier-nas/espalier/supernet/space"
)

// Measurable reports whether networks can be measured on the runtime that counts.
func (l *Model) Measurable() bool { return l.probes != nil || l.Local() }

// Time returns the measured latency of an architecture that a search has
// chosen, seconds per pass, on the runtime that counts, from the file if it is there.
func (l *Model) Time(ctx context.Context, a space.Arch) (bench.Sample, error) {
	if l.probes != nil {
		r, err := l.probes.Measure(ctx, a)
		return l.probes.sample(r), err
	}
	if _, known := l.timed[a]; !known {
		if err := l.time(ctx, a, bench.DefaultEffort, true); err != nil {
			return bench.Sample{}, err
		}
		l.timings[a] = 1
	}
	return l.timed[a], l.save()
}

// Timings returns how often Time and TimeAgain have timed an architecture on the device, in this process or earlier
// ones; 0 for what was measured otherwise, or by an earlier version.
func (l *Model) Timings(a space.Arch) int { return l.timings[a] }

// TimeAgain times an architecture that Time has timed on the device once more, and returns and
// keeps the faster of both measurements, seconds per pass.
func (l *Model) TimeAgain(ctx context.Context, a space.Arch) (bench.Sample, error) {
	s, err := l.Again(ctx, a)
	if err != nil {
		return bench.Sample{}, err
	}
	l.timings[a]++
	if s.Median < l.timed[a].Median {
		l.timed[a] = s
	}
	return l.timed[a], l.save()
}

// Again times an architecture on the device, seconds per pass, whatever is known of it, and
// keeps nothing.
func (l *Model) Again(ctx context.Context, a space.Arch) (bench.Sample, error) {
	return l.device.Time(ctx, l.family.Plan(a), bench.DefaultEffort)
}

// Known returns the measured latency of an architecture, if it was measured.
func (l *Model) Known(a space.Arch) (bench.Sample, bool) {
	if l.probes != nil {
		s, ok := l.probes.said[a]
		return l.probes.sample(s.reading()), ok
	}
	s, ok := l.timed[a]
	return s, ok
}

// Energy returns the measured energy of an architecture, joules per image; 0 where it
// is unknown.
func (l *Model) Energy(a space.Arch) float64 {
	if l.probes == nil {
		return 0
	}
	return l.probes.said[a].reading().Joules
}

// Seconds measures a network of any plan on the runtime that counts, per image.
func (l *Model) Seconds(ctx context.Context, p space.Plan) (float64, error) {
	if l.probes != nil {
		r, err := l.probes.runtime.Measure(ctx, p)
		return r.Seconds, err
	}
	s, err := l.device.Time(ctx, p, bench.DefaultEffort)
	return s.Median / float64(l.batch), err
}

func (l *Model) time(ctx context.Context, a space.Arch, e bench.Effort, found bool) error {
	if _, known := l.timed[a]; known {
		return nil
	}
	s, err := l.device.Time(ctx, l.family.Plan(a), e)
	if err != nil {
		return err
	}
	l.Note(a, s, found)
	return nil
}

// Drift returns the geometric mean, over up to n of the networks that the model
// has learnt from, of their latency now, visited as often, divided by what it was.
func (l *Model) Drift(ctx context.Context, n int) (float64, error) {
	n = min(n, len(l.random))
	archs, now := make([]space.Arch, n), make([]bench.Sample, n)
	for visit := range bench.Visits {
		for i := range n {
			archs[i] = l.random[i*len(l.random)/n]
			s, err := l.device.Time(ctx, l.family.Plan(archs[i]), bench.VisitEffort)
			if err != nil {
				return 0, err
			}
			if visit > 0 {
				s = now[i].Faster(s)
			}
			now[i] = s
		}
	}
	logs := make([]float64, n)
	for i, a := range archs {
		logs[i] = math.Log(now[i].Median / l.timed[a].Median)
	}
	return math.Exp(stat.Mean(logs, nil)), nil
}
