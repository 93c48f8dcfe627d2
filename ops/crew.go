package ops

import (
	"slices"
	"time"
)

// Crew chooses for a pass that is repeated, such as the inference of one picture,
// whether all workers share it or the caller does it alone. Short passes may lose
// more by handing maps from core to core than a second core gains, and how much
// that is changes with what else the machine does; so now and then the other way
// is tried. Results are the same bits either way.
//
// The zero Crew is ready. It is for passes of one shape on one Exec.
type Crew struct {
	alone  bool      // the way in use
	trial  bool      // it is on trial
	passes int       // of the trial, or of the way before the first trial
	tried  time.Time // when the last trial ended
	start  time.Time
	took   [2]recent // by way
}

const (
	crewWarm   = 2                     // passes of a trial that bring the caches round
	crewJudged = 5                     // passes of a trial that count
	crewEvery  = 50 * time.Millisecond // from one trial to the next
	crewLong   = 5 * time.Millisecond  // passes that are always shared
)

// recent are the last times of one way.
type recent struct {
	times [crewJudged]time.Duration
	n     int
}

func (r *recent) add(d time.Duration) {
	r.times[r.n%crewJudged] = d
	r.n++
}

func (r *recent) median() time.Duration {
	t := r.times
	slices.Sort(t[:])
	return t[crewJudged/2]
}

// Start begins a pass on e, whose workers then are all at work or the caller alone.
func (c *Crew) Start(e *Exec) {
	if e.Workers() == 1 {
		return
	}
	c.start = time.Now()
	c.choose(c.start)
	e.eng.Pool.Alone(c.alone)
}

// choose begins a trial of the other way if it is time.
func (c *Crew) choose(now time.Time) {
	if !c.trial && c.passes >= crewWarm+crewJudged && now.Sub(c.tried) >= crewEvery && (c.alone || c.took[0].median() < crewLong) {
		c.alone, c.trial, c.passes = !c.alone, true, 0
	}
}

// Done ends the pass begun by Start.
func (c *Crew) Done(e *Exec) {
	if c.start.IsZero() {
		return
	}
	e.eng.Pool.Alone(false)
	now := time.Now()
	c.note(now.Sub(c.start), now)
	c.start = time.Time{}
}

// note takes down how long a pass took, and ends a trial that has had its passes.
func (c *Crew) note(d time.Duration, now time.Time) {
	if c.passes++; c.passes > crewWarm {
		c.took[c.way()].add(d)
	}
	if c.trial && c.passes == crewWarm+crewJudged {
		c.trial, c.tried = false, now
		c.alone = c.took[1].median() < c.took[0].median()
	}
}

func (c *Crew) way() int {
	if c.alone {
		return 1
	}
	return 0
}
