package search

import (
	"context"

	"github.com/espalier-nas/espalier/bench"
	"github.com/espalier-nas/espalier/search/latency"
	"github.com/espalier-nas/espalier/search/report"
	"github.com/espalier-nas/espalier/supernet/space"
)

// looked tells why the latency of a contender was measured, or that it was not.
type looked uint8

const (
	relied  looked = iota + 1 // on the prediction: it was not measured
	absent                    // the prediction is doubtful, and the device is neither at hand nor has its file the network
	doubted                   // the prediction is doubtful
	taken                     // it was to become a candidate
)

// measured returns those of the contenders that choose takes, all of which are measured if they can
// be: the device is at hand, or its file has them. Of the others those are whose latency is doubtful; what
// choose makes of the rest may hang on a prediction that is a tenth off.
func (r *Run) measured(ctx context.Context, l *latency.Model, all []candidate, choose func([]candidate) []candidate) ([]candidate, error) {
	which, err := r.doubtful(l, all)
	if err != nil {
		return nil, err
	}
	for {
		if err := r.measure(ctx, l, all, which); err != nil {
			return nil, err
		}
		chosen := choose(all)
		if which = unmeasured(l, all, chosen); len(which) == 0 {
			return chosen, nil
		}
		for _, i := range which {
			r.looked[all[i].Arch] = taken
		}
	}
}

// doubtful returns the places of the contenders that are measured before any is chosen: those of which
// predictions are not to be relied on, and what costs nothing as it was measured for the latency model or
// for another choice. Those that latency.json has otherwise wait, as in the search that measured
// them. In runs as earlier versions began them these are all.
func (r *Run) doubtful(l *latency.Model, all []candidate) (which []int, err error) {
	if r.looked == nil {
		r.looked = make(map[space.Arch]looked)
	}
	for i, c := range all {
		if before := r.looked[c.Arch]; r.state.DoubtfulOnly && !l.Learnt(c.Arch) && before < doubted {
			is, err := l.Doubtful(c.Arch, r.onceMeasured())
			if err != nil {
				return nil, err
			}
			switch {
			case !is:
				r.looked[c.Arch] = relied
				continue
			case !measurable(l, c.Arch):
				r.looked[c.Arch] = absent
			default:
				r.looked[c.Arch] = doubted
			}
		}
		if measurable(l, c.Arch) {
			which = append(which, i)
		}
	}
	return which, nil
}

// measurable reports whether an architecture can be measured, or was.
func measurable(l *latency.Model, a space.Arch) bool {
	_, known := l.Known(a)
	return known || l.Measurable()
}

// unmeasured returns the places of those of the contenders that are chosen, and not measured though they can be.
func unmeasured(l *latency.Model, all, chosen []candidate) (which []int) {
	is := make(map[space.Arch]bool)
	for _, c := range chosen {
		is[c.Arch] = c.measured == nil
	}
	for i, c := range all {
		if is[c.Arch] && measurable(l, c.Arch) {
			which = append(which, i)
		}
	}
	return which
}

// contendersReport returns how many contenders were measured, and why; nil where all were that could be.
func (r *Run) contendersReport() *report.Contenders {
	if len(r.looked) == 0 {
		return nil
	}
	rep := new(report.Contenders)
	for _, why := range r.looked {
		switch why {
		case relied:
			rep.Relied++
		case absent:
			rep.Absent++
		case doubted:
			rep.Doubted++
		case taken:
			rep.Taken++
		}
	}
	return rep
}

// measure times those of the contenders that are at these places, all of which can be measured.
func (r *Run) measure(ctx context.Context, l *latency.Model, all []candidate, which []int) error {
	for k, i := range which {
		s, known := l.Known(all[i].Arch)
		if !known {
			var err error
			if s, err = l.Time(ctx, all[i].Arch); err != nil {
				return err
			}
		}
		all[i].measure(s, l)
		r.monitor.Events.Update(Status{Done: float64(k + 1), Total: float64(len(which)), Unit: "networks"})
	}
	return r.measureAgain(ctx, l, all)
}

// measure takes over a measured latency, in seconds per pass of l.
func (c *candidate) measure(s bench.Sample, l *latency.Model) {
	s = perImage(s, l.Batch())
	c.measured, c.energy = &s, l.Energy(c.Arch)
}

const (
	// suspicious is how many times its predicted latency a contender has to take for its
	// measurement to be doubted: what something else on the machine did for a moment makes
	// networks slower, never faster.
	suspicious = 1.15
	// doubts is how often such contenders are timed again.
	doubts = 2
)

// measureAgain times contenders whose measurements are suspicious again, all of them
// before any for the next time, so that a disturbance of some length meets one of the timings
// of each. The fastest counts. How often each was timed is kept, so that an interruption leaves none
// out. Calls of a probe are too dear for this.
func (r *Run) measureAgain(ctx context.Context, l *latency.Model, all []candidate) error {
	if !l.Local() || l.Probes() != nil {
		return nil
	}
	for k := range doubts {
		for i := range all {
			c := &all[i]
			if c.measured == nil || l.Timings(c.Arch) != k+1 || c.measured.Median <= suspicious*c.Cost.Latency {
				continue
			}
			s, err := l.TimeAgain(ctx, c.Arch)
			if err != nil {
				return err
			}
			c.measure(s, l)
		}
	}
	return nil
}
