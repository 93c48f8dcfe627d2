package search

import "time"

// spent returns the wall-clock time that the run has taken so far, earlier
// processes in the folder included.
func (r *Run) spent() time.Duration { return r.earlier + time.Since(r.started) }

// left returns how much of the budget is left, never less than nothing.
func (r *Run) left() time.Duration { return max(0, r.cfg.Budget-r.spent()) }

// budgeted reports whether a budget, not a number of steps, says how long the
// run takes.
func (r *Run) budgeted() bool { return r.cfg.Budget > 0 }

// Phases whose results the repetitions of a search share.
const (
	phaseLatency = "measure latencies"
	phaseTrain   = "train"
)

// total returns the time spent in all phases.
func (s *state) total() time.Duration {
	seconds := 0.0
	for _, p := range s.Phases {
		seconds += p.Seconds
	}
	return time.Duration(seconds * float64(time.Second))
}
