package search

import "time"

// Times of a run are told by its clock, r.now: that of the machine, but in tests. Only when a checkpoint
// is due goes by the machine always: it changes nothing that is computed.

// spent returns the wall-clock time that the run has taken so far, earlier
// processes in the folder included.
func (r *Run) spent() time.Duration { return r.earlier + r.since(r.started) }

// since returns the time that has passed since start.
func (r *Run) since(start time.Time) time.Duration { return r.now().Sub(start) }

// left returns how much of the budget is left, never less than nothing.
func (r *Run) left() time.Duration { return max(0, r.cfg.Budget-r.spent()) }

// budgeted reports whether a budget, not a number of steps, says how long the
// run takes.
func (r *Run) budgeted() bool { return r.cfg.Budget > 0 }

// phaseOpen is all that is done before a run can begin, or go on.
const phaseOpen = "read pictures"

// Phases whose results the repetitions of a search share.
const (
	phaseLatency = "measure latencies"
	phaseTrain   = "train"
)

// enter begins to count time towards a phase.
func (r *Run) enter(phase string) { r.phase, r.counted = phase, r.now() }

// account counts the time since that towards the phase at hand, and brings the state to the disk.
// Checkpoints do so too: a process that is killed loses what it has taken since the last one.
func (r *Run) account() error {
	r.accounting.Lock()
	defer r.accounting.Unlock()
	now := r.now()
	r.state.add(r.phase, now.Sub(r.counted))
	r.counted = now
	return r.state.save(r.dir)
}

// give notes the time that a training is given, before it begins.
func (r *Run) give(training string, p paced) error {
	r.accounting.Lock()
	defer r.accounting.Unlock()
	if r.state.Paces == nil {
		r.state.Paces = make(map[string]paced)
	}
	r.state.Paces[training] = p
	return r.state.save(r.dir)
}

// total returns the time spent in all phases.
func (s *state) total() time.Duration {
	seconds := 0.0
	for _, p := range s.Phases {
		seconds += p.Seconds
	}
	return time.Duration(seconds * float64(time.Second))
}
