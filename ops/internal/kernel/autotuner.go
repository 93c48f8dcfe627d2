package kernel

import (
	"slices"
	"time"
)

// Autotuner chooses for a pass that is repeated whether all workers share it or it runs
// single-threaded. Short passes may lose more by moving maps from core to core than a
// second core gains, and how much that is changes with what else the machine does; so now
// and then the other way is tried. The zero Autotuner is ready.
type Autotuner struct {
	singleThreaded bool      // the way in use
	trial          bool      // it is on trial
	passes         int       // of the trial, or since the last one
	tried          time.Time // when that ended
	took           [2]recent // by way
}

const (
	tuneWarm      = 2                        // passes of a trial that bring the caches round
	tuneEvaluated = 5                        // passes of a trial that count
	tuneTrial     = tuneWarm + tuneEvaluated // passes of a trial
	tuneFirst     = 60                       // passes before the first trial: memory is new, and workers have yet to wake up
	tuneEvery     = 50 * time.Millisecond    // at least from one trial to the next,
	tuneRare      = 20 * tuneTrial           // and so many passes
	tuneClear     = 10                       // single-threaded must be faster by one part in so many
)

// recent are the last times of one way.
type recent struct {
	times [tuneEvaluated]time.Duration
	n     int
}

func (r *recent) add(d time.Duration) {
	r.times[r.n%tuneEvaluated] = d
	r.n++
}

// best returns the least of the last times.
func (r *recent) best() time.Duration { return slices.Min(r.times[:]) }

func (r *recent) median() time.Duration {
	t := r.times
	slices.Sort(t[:])
	return t[tuneEvaluated/2]
}

// SingleThreaded reports whether the pass that begins now is to run single-threaded. One
// that takes longer than long when it is shared is not tried that way.
func (c *Autotuner) SingleThreaded(now time.Time, long time.Duration) bool {
	first := c.tried.IsZero() && c.passes >= tuneFirst
	if !c.trial && (first || c.passes >= tuneRare && now.Sub(c.tried) >= tuneEvery) && (c.singleThreaded || c.took[0].median() < long) {
		c.singleThreaded, c.trial, c.passes = !c.singleThreaded, true, 0
	}
	return c.singleThreaded
}

// Note records how long the pass took that ends now, and evaluates a trial that has
// had its passes: what was shared by its best time, since times of several cores
// scatter more and what holds one up passes.
func (c *Autotuner) Note(d time.Duration, now time.Time) {
	if c.passes++; c.passes > tuneWarm {
		c.took[way(c.singleThreaded)].add(d)
	}
	if c.trial && c.passes == tuneTrial {
		c.trial, c.tried, c.passes = false, now, 0
		c.singleThreaded = tuneClear*c.took[1].median() < (tuneClear-1)*c.took[0].best()
	}
}

// way is the index of a way of working.
func way(singleThreaded bool) int {
	if singleThreaded {
		return 1
	}
	return 0
}

// tuners are those of an engine's passes.
type tuners map[passKey]*Autotuner

// passKey is a pass of one shape.
type passKey struct {
	pass int // plainForward and so on
	c    Conv
}

const (
	mostTuners = 4096
	tuneFLOPs  = 100e6                  // passes of more work are always shared
	longPass   = 200 * time.Microsecond // and those that take longer
)

// tuned is a pass under way and its tuner; nil for a pass without one.
type tuned struct {
	tuner *Autotuner
	start time.Time
}

// begin begins a pass of c, shared or single-threaded as its tuner chooses.
func (e *Engine) begin(pass int, c Conv) tuned {
	if e.Pool.Workers() == 1 || c.FLOPs() > tuneFLOPs || c.work() < 2*e.unitFLOPs() {
		return tuned{}
	}
	k := passKey{pass, c}
	tuner := e.tuners[k]
	if tuner == nil {
		if e.tuners == nil || len(e.tuners) >= mostTuners {
			e.tuners = tuners{}
		}
		tuner = new(Autotuner)
		e.tuners[k] = tuner
	}
	start := time.Now()
	e.Pool.SetSingleThreaded(tuner.SingleThreaded(start, longPass))
	return tuned{tuner, start}
}

// end ends a pass.
func (e *Engine) end(p tuned) {
	if p.tuner == nil {
		return
	}
	e.Pool.SetSingleThreaded(false)
	now := time.Now()
	p.tuner.Note(now.Sub(p.start), now)
}
