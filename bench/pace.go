package bench

import (
	"math"
	"time"
)

// memory is how much a measurement's cost counts beside the next one's: a
// machine that others load changes its pace.
const memory = 0.97

// Pace fits visits into a span of time. From what they take it learns what they cost beside
// their passes, and tells which there is time for.
type Pace struct {
	Effort  Effort        // of a visit
	Reserve time.Duration // part of the span that is kept for later

	now   func() time.Time
	until time.Time // zero: there is no end
	extra float64   // seconds that visits so far took beyond Effort.Lasts, later ones weighted more
	done  float64   // weights of those
}

// NewPace returns the pace of a span that begins now; now is the clock.
func NewPace(span time.Duration, now func() time.Time) *Pace {
	return &Pace{Effort: VisitEffort, now: now, until: now().Add(span)}
}

// Unhurried returns the pace of measurements that may take as long as they do.
func Unhurried() *Pace { return &Pace{Effort: VisitEffort, now: time.Now} }

// Left returns what is left of the span without the reserve; it may be negative.
func (p *Pace) Left() time.Duration {
	if p.until.IsZero() {
		return math.MaxInt64
	}
	return p.until.Sub(p.now()) - p.Reserve
}

// Lasts returns about how long it takes to visit things with these passes, in
// seconds.
func (p *Pace) Lasts(passes ...float64) time.Duration {
	var sum time.Duration
	if p.done > 0 {
		sum = time.Duration(float64(len(passes)) * p.extra / p.done * float64(time.Second))
	}
	for _, s := range passes {
		sum += p.Effort.Lasts(s)
	}
	return sum
}

// Fits reports whether something with a pass of so many seconds can be visited in what is left.
func (p *Pace) Fits(pass float64) bool { return p.Lasts(pass) <= p.Left() }

// Visit measures a thing and learns from how long it took. time measures with the effort that
// it is given.
func (p *Pace) Visit(time func(Effort) (Sample, error)) (Sample, error) {
	start := p.now()
	s, err := time(p.Effort)
	if err != nil {
		return s, err
	}
	extra := p.now().Sub(start) - p.Effort.Lasts(s.Median)
	p.extra = memory*p.extra + max(0, extra.Seconds())
	p.done = memory*p.done + 1
	return s, nil
}
