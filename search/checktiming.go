package search

import (
	"context"
	"time"

	"gonum.org/v1/gonum/stat"

	"github.com/espalier-nas/espalier/bench"
	"github.com/espalier-nas/espalier/search/latency"
	"github.com/espalier-nas/espalier/search/report"
)

const (
	// repeatedNetworks are timed timingRepeats times each, or as often as timingShare of the
	// budget allows, but leastRepeats times.
	repeatedNetworks = 3
	timingRepeats    = 3
	leastRepeats     = 2
	timingShare      = 0.004
)

// timing finds out, once in the life of the folder, how well a latency repeats; nil if the
// latencies are another machine's.
func (r *Run) timing(ctx context.Context, l *latency.Model) (*report.Timing, error) {
	if r.state.Timing != nil || !l.Local() {
		return r.state.Timing, nil
	}
	rep := &report.Timing{Governor: bench.Governor(), Workers: l.Exec().Workers()}
	n := min(repeatedNetworks, len(l.Sample()))
	rep.Times = make([][]float64, n)
	start, may := r.now(), time.Duration(timingShare*float64(r.cfg.Budget))
	for k := range timingRepeats {
		if k >= leastRepeats && r.budgeted() && r.since(start) > may {
			break
		}
		for i := range n {
			s, err := l.Again(ctx, l.Sample()[i*len(l.Sample())/n])
			if err != nil {
				return nil, err
			}
			rep.Times[i] = append(rep.Times[i], s.Median)
		}
	}
	var cv []float64
	for _, times := range rep.Times {
		mean, std := stat.MeanStdDev(times, nil)
		cv = append(cv, std/mean)
	}
	rep.Spread = summary(cv)
	r.state.Timing = rep
	return rep, r.state.save(r.dir)
}
