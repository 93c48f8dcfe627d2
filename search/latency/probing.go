package latency

import (
	"context"
	"slices"
	"time"

	"github.com/espalier-nas/espalier/bench"
	"github.com/espalier-nas/espalier/supernet/space"
)

const (
	// networkShare of a probing's span is kept for whole networks.
	networkShare = 0.35
	// LeastNetworks are measured in any case, however short the span.
	LeastNetworks = 12
	// drawShare of the span may be spent on finding the layers of the space.
	drawShare = 0.05
	// saveEvery so often the file is saved on the way, so that an interrupted
	// probing goes on.
	saveEvery = time.Second
)

// Probing says how latencies are to be learnt.
type Probing struct {
	Samples int           // random whole networks to measure
	Seed    uint64        // draws them, and those whose prediction is checked
	Holdout float64       // share of them that is held out for the check
	Span    time.Duration // the most time it may take; 0: as long as it takes
	Again   bool          // also measure what an earlier, bounded probing has left out
}

// Probed tells what a probing of bounded time has come to, or that one is not done.
type Probed struct {
	Span     float64 `json:"span"`           // seconds that it was to take at most; 0: as long as it takes, and is not done
	Spent    float64 `json:"spent"`          // seconds so far, over all runs
	Networks int     `json:"networks"`       // that were wanted
	Left     int     `json:"left,omitempty"` // layers that there was no time for; 0 in files of earlier versions
	Done     bool    `json:"done"`           // nothing more is measured; layers that turn up later are estimated
}

// within returns the span as a duration.
func (p *Probed) within() time.Duration { return time.Duration(p.Span * float64(time.Second)) }

// probe measures layers and networks in sweeps: some layers first, to learn what the others cost,
// then all once, then all again as often as the time allows, bench.Visits times at most. An
// interrupted probing of bounded time goes on in what is left of its span.
func (l *Model) probe(ctx context.Context, p Probing, show Progress) error {
	pr := &prober{Model: l, pace: bench.Unhurried(), show: show, start: l.now(), saved: l.now()}
	switch {
	case p.Span > 0:
		if l.Probed == nil || l.Probed.Span == 0 {
			l.Probed = &Probed{Span: p.Span.Seconds(), Networks: p.Samples}
		}
		spent := time.Duration(l.Probed.Spent * float64(time.Second))
		pr.bounded, pr.start, pr.pace = true, pr.start.Add(-spent), bench.NewPace(l.Probed.within()-spent, l.now)
	case l.Probed == nil:
		l.Probed = &Probed{Networks: p.Samples} // until all is measured
	}
	err := pr.run(ctx, p)
	pr.account()
	if err != nil {
		return err
	}
	if !pr.bounded {
		l.Probed = nil
		return nil
	}
	l.Probed.Done, l.Probed.Left = true, l.Estimated()
	return nil
}

// prober is a probing at work.
type prober struct {
	*Model
	bounded bool
	pace    *bench.Pace
	show    Progress
	start   time.Time // as if it had not been interrupted
	saved   time.Time
	done    float64 // visits
	total   float64 // of those that there is time for
}

func (p *prober) run(ctx context.Context, o Probing) error {
	layers := p.layers(o.Seed, p.drawnBy())
	if err := p.table.Pilot(ctx, layers, p.pace); err != nil {
		return err
	}
	archs := p.draw(o.Samples, o.Seed)
	if err := p.first(ctx, layers, archs); err != nil {
		return err
	}
	each := p.advancing("layers and networks again")
	for visits := 2; visits <= bench.Visits; visits++ {
		p.expect(layers, p.random, bench.Visits-visits+1)
		fit, err := p.table.Sweep(ctx, layers, visits, p.pace, each)
		if err != nil || !fit {
			return err
		}
		if fit, err = p.sweep(ctx, p.random, visits, 0, each); err != nil || !fit {
			return err
		}
	}
	return nil
}

// drawnBy returns when architectures are drawn no longer to find the layers of the space; zero: there is no end.
func (p *prober) drawnBy() time.Time {
	if !p.bounded {
		return time.Time{}
	}
	return p.now().Add(time.Duration(drawShare * float64(p.Probed.within())))
}

// first is the first sweep, with less effort where else not all would fit: layers, which are estimated
// where not even so all do, and as many networks as fit, LeastNetworks in any case.
func (p *prober) first(ctx context.Context, layers []space.Layer, archs []space.Arch) error {
	if p.lasts(layers, archs) > p.pace.Left() {
		p.pace.Effort = bench.LeastEffort
	}
	p.expect(layers, archs, bench.Visits)
	missing := p.untimed(archs)
	least := min(len(missing), max(0, LeastNetworks-len(p.random)))
	if p.bounded {
		p.pace.Reserve = p.reserve(p.guess(missing), least)
	}
	fit, err := p.table.Sweep(ctx, layers, 1, p.pace, p.advancing("layers"))
	if err != nil {
		return err
	}
	if !fit {
		p.table.Estimate(layers)
	}
	p.pace.Reserve = 0
	_, err = p.sweep(ctx, archs, 1, least, p.advancing("networks"))
	return err
}

// reserve returns how much of the span to keep for networks whose passes take
// these seconds: a share of it, but no less than the first ones need in any case
// and a quarter more, as the few layers timed so far make rough guesses.
func (p *prober) reserve(passes []float64, least int) time.Duration {
	share := time.Duration(networkShare * float64(p.pace.Left()))
	return max(share, p.pace.Lasts(passes[:least]...)*5/4)
}

// sweep visits those of the networks that have had fewer visits than so many, the first ones in any
// case, in what is left of the time, and reports whether all fit.
func (p *prober) sweep(ctx context.Context, archs []space.Arch, visits, anyway int, each func()) (fit bool, err error) {
	guess := p.guess(archs)
	for i, a := range archs {
		before, known := p.timed[a]
		if before.Rounds >= visits*bench.VisitEffort.Rounds {
			continue
		}
		if !p.pace.Fits(guess[i]) && anyway <= 0 {
			return false, nil
		}
		anyway--
		s, err := p.pace.Visit(func(e bench.Effort) (bench.Sample, error) { return p.device.Time(ctx, p.family.Plan(a), e) })
		if err != nil {
			return false, err
		}
		if known {
			p.timed[a] = before.Faster(s)
		} else {
			p.Note(a, s, false)
		}
		each()
	}
	return true, nil
}

// untimed returns those of the architectures that were not measured.
func (l *Model) untimed(archs []space.Arch) []space.Arch {
	var out []space.Arch
	for _, a := range archs {
		if _, known := l.timed[a]; !known {
			out = append(out, a)
		}
	}
	return out
}

// guess returns the seconds that the layers of each architecture should take.
func (l *Model) guess(archs []space.Arch) []float64 {
	out := make([]float64, len(archs))
	for i, a := range archs {
		var layers []space.Layer
		for _, s := range l.family.Plan(a) {
			layers = append(layers, s.Layer)
		}
		for _, s := range l.table.Guess(layers) {
			out[i] += s
		}
	}
	return out
}

// expect foresees the visits of so many sweeps, or of those that there is time for.
func (p *prober) expect(layers []space.Layer, archs []space.Arch, sweeps int) {
	fit := min(float64(sweeps), max(1, float64(p.pace.Left())/float64(p.lasts(layers, archs))))
	p.total = p.done + fit*float64(len(layers)+len(archs))
}

// lasts returns about how long a sweep takes.
func (p *prober) lasts(layers []space.Layer, archs []space.Arch) time.Duration {
	return p.pace.Lasts(slices.Concat(p.table.Guess(layers), p.guess(archs))...)
}

// advancing returns what counts a visit, shows how far the probing is and saves now and then. Whether
// saving works is left to the last time, which tells.
func (p *prober) advancing(note string) func() {
	return func() {
		p.done++
		p.show(p.done, max(p.done, p.total), unitMeasurements, note)
		if p.now().Sub(p.saved) < saveEvery {
			return
		}
		p.account()
		p.saved = p.now()
		_ = p.save()
	}
}

// account notes the time that a probing of bounded time has taken so far.
func (p *prober) account() {
	if p.bounded {
		p.Probed.Spent = p.now().Sub(p.start).Seconds()
	}
}

// Outcome is what a probing of bounded time came to.
type Outcome struct {
	Span, Spent       time.Duration // it was to take at most, and took
	Layers, Estimated int           // measured, and estimated from others for want of time; not those that turned up later
	Rounds            int           // in which layers were measured
	Networks, Wanted  int           // random networks measured, and that were to be
}

// Outcome returns what the probing came to; false if its time was not bounded.
func (l *Model) Outcome() (Outcome, bool) {
	if l.Probed == nil {
		return Outcome{}, false
	}
	return Outcome{
		Span: l.Probed.within(), Spent: time.Duration(l.Probed.Spent * float64(time.Second)),
		Layers: l.Layers(), Estimated: l.Probed.Left, Rounds: l.table.Rounds(), Networks: len(l.random), Wanted: l.Probed.Networks,
	}, true
}
