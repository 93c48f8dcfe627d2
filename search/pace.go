package search

import (
	"fmt"
	"math"
	"time"

	"github.com/espalier-nas/espalier/supernet"
)

const (
	// firstLook is the part of a training's steps after which its pace is first looked at.
	firstLook = 1.0 / 256
	// nextLook is the part of the time left between two later looks.
	nextLook = 1.0 / 16
	// leastLook is the least time between two looks that says something.
	leastLook = 250 * time.Millisecond
	// offBy is the share of a training's steps by which it may miss its end before its length
	// is changed.
	offBy = 0.02
	// leastLeft is the share of what is left of a training that is done however late it is: the
	// rate must fall.
	leastLeft = 0.1
)

// pacing makes a training end in time on a machine that changes its speed: its length is changed
// by what its steps have taken of late. What was decided before is done again at the same steps.
type pacing struct {
	kept       []supernet.Replan           // what has been decided
	span       time.Duration               // of the training, from its beginning, and evaluating; 0: nothing is decided anew
	clock      func() time.Duration        // never stops nor goes back
	each       float64                     // seconds that a step is expected to take, on average
	evaluating float64                     // steps that take as long as evaluating the network
	most       float64                     // steps in all that are never too few; 0: there is no such number
	decided    func(supernet.Replan) error // writes a change down before it is made
	seen       func(slower float64)        // is told what steps take, as a multiple of what is expected; may be nil

	ends time.Duration // on the clock
	late bool          // it ends late, as far as is known: what is left is not cut again

	step   int // at the last look
	until  int // before which pictures are small, as planned then
	at     time.Duration
	stride int // steps to the next one
}

// keepTo keeps the training to the time that it was given; to none if it was given none.
func (p *pacing) keepTo(given paced) {
	p.span, p.each = time.Duration(given.Seconds*float64(time.Second)), given.Each
}

// begin starts the clock for a training that earlier processes have spent so much on. It is an
// error if what was decided is of a training of another length.
func (p *pacing) begin(t *supernet.Trainer, before time.Duration) error {
	steps := t.Steps()
	for _, change := range p.kept[min(len(t.Replans()), len(p.kept)):] {
		if change.At >= steps {
			return fmt.Errorf("training: of %d steps; want more than %d, after which its length was to become %d: what the configuration has decided on is of another network; want the latencies of that run too (--table with its latency.json), or finish.plan and finish.replans left out",
				steps, change.At, change.Steps)
		}
		steps = change.Steps
	}
	p.look(t, p.clock())
	p.stride = max(1, int(firstLook*float64(t.Steps())))
	p.ends = p.at + p.span - before
	return nil
}

// next changes the length of the training where that is due, and returns the step at which it
// is to be called again.
func (p *pacing) next(t *supernet.Trainer) (int, error) {
	if err := p.adjust(t); err != nil {
		return 0, err
	}
	next := t.Steps()
	if p.span > 0 {
		next = min(next, t.Step()+p.stride)
	}
	if made := len(t.Replans()); made < len(p.kept) {
		next = min(next, p.kept[made].At)
	}
	return next, nil
}

func (p *pacing) adjust(t *supernet.Trainer) error {
	if made := len(t.Replans()); made < len(p.kept) {
		switch next := p.kept[made]; {
		case next.At < t.Step():
			return fmt.Errorf("training: after %d steps; want its length changed to %d after %d, as was decided", t.Step(), next.Steps, next.At)
		case next.At == t.Step():
			err := t.Replan(next.Steps)
			p.look(t, p.clock())
			return err
		}
		return nil
	}
	if p.span == 0 || t.Step() == p.step {
		return nil
	}
	now := p.clock()
	if now-p.at < leastLook {
		p.stride *= 2
		return nil
	}
	took, steps := (now - p.at).Seconds(), float64(t.Step()-p.step)
	whole := took / supernet.CostOf(p.step, t.Step(), p.until) // of a step on whole pictures
	each := whole * t.MeanCost()
	p.look(t, now)
	p.stride = max(1, int(max(leastLook.Seconds(), nextLook*(p.ends-now).Seconds())*steps/took))
	if p.seen != nil {
		p.seen(each / p.each)
	}
	left := t.Steps() - t.Step()
	want := p.rest(t.Step(), left, ((p.ends-now).Seconds()-p.evaluating*each)/(whole*p.ahead(t)))
	if left == 0 || math.Abs(float64(want-left)) <= offBy*float64(t.Steps()) {
		return nil
	}
	change := supernet.Replan{At: t.Step(), Steps: t.Step() + want}
	if err := p.decided(change); err != nil {
		return err
	}
	p.kept = append(p.kept, change)
	err := t.Replan(change.Steps)
	p.look(t, now)
	return err
}

// look notes where the training stands.
func (p *pacing) look(t *supernet.Trainer, now time.Duration) {
	p.step, p.at, p.until = t.Step(), now, t.SmallUntil()
}

// ahead returns how long a step of what is left takes on average, over one on whole pictures. It stays
// what it is when the number of steps changes.
func (p *pacing) ahead(t *supernet.Trainer) float64 {
	left := t.Steps() - t.Step()
	return supernet.CostOf(t.Step(), t.Steps(), p.until) / float64(max(1, left))
}

// rest returns how many more steps to do, where so many were left and time has room for others.
func (p *pacing) rest(done, left int, room float64) int {
	if p.most > 0 {
		room = min(room, max(p.most-float64(done), float64(left)))
	}
	share := leastLeft
	if p.late {
		share = 1
	}
	least := max(1, int(math.Ceil(share*float64(left))))
	p.late = room < float64(least)
	return max(least, int(room))
}

// stepsOf returns the steps in all of a training that began with so many.
func (p *pacing) stepsOf(planned int) int {
	if p == nil || len(p.kept) == 0 {
		return planned
	}
	return p.kept[len(p.kept)-1].Steps
}
