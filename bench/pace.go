package bench

import "time"

// slack is the share of the time left that more than the least effort leaves
// for measurements that take longer than expected.
const slack = 0.1

// memory is how much a measurement's cost counts beside the next one's: a
// machine that others load changes its pace.
const memory = 0.97

// Pace fits measurements into a span of time. From what measurements take it
// learns what they cost beside their passes, and tells how much effort there is
// time for.
type Pace struct {
	Reserve time.Duration // part of the span that is kept for later

	now   func() time.Time
	until time.Time
	extra float64 // seconds that measurements so far took beyond Effort.Lasts, later ones weighted more
	done  float64 // weights of those
}

// NewPace returns the pace of a span that begins now; now is the clock.
func NewPace(span time.Duration, now func() time.Time) *Pace {
	return &Pace{now: now, until: now().Add(span)}
}

// Left returns what is left of the span without the reserve; it may be negative.
func (p *Pace) Left() time.Duration { return p.until.Sub(p.now()) - p.Reserve }

// Lasts returns about how long it takes to measure things with these passes, in
// seconds.
func (p *Pace) Lasts(e Effort, passes ...float64) time.Duration {
	var sum time.Duration
	if p.done > 0 {
		sum = time.Duration(float64(len(passes)) * p.extra / p.done * float64(time.Second))
	}
	for _, s := range passes {
		sum += e.Lasts(s)
	}
	return sum
}

// Fits reports whether a pass of so many seconds can be measured in what is left.
func (p *Pace) Fits(e Effort, pass float64) bool { return p.Lasts(e, pass) <= p.Left() }

// Effort returns the most effort, from LeastEffort to DefaultEffort, with which
// all these passes can be measured in what is left; LeastEffort if they cannot.
func (p *Pace) Effort(passes []float64) Effort {
	left := time.Duration((1 - slack) * float64(p.Left()))
	if p.Lasts(DefaultEffort, passes...) <= left {
		return DefaultEffort
	}
	lo, hi := 0.0, 1.0
	for range 10 {
		if mid := (lo + hi) / 2; p.Lasts(between(mid), passes...) <= left {
			lo = mid
		} else {
			hi = mid
		}
	}
	return between(lo)
}

// Measure calls time with an effort and learns from how long it took. time
// returns the seconds of the pass.
func (p *Pace) Measure(e Effort, time func(Effort) (pass float64, err error)) error {
	start := p.now()
	pass, err := time(e)
	if err != nil {
		return err
	}
	extra := p.now().Sub(start) - e.Lasts(pass)
	p.extra = memory*p.extra + max(0, extra.Seconds())
	p.done = memory*p.done + 1
	return nil
}
