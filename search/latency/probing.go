package latency

import (
	"context"
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
	Span    time.Duration // the most time it may take; 0: as long as it takes, with bench.DefaultEffort
	Again   bool          // also measure what an earlier, bounded probing has left out
}

// Probed tells what a probing of bounded time has come to.
type Probed struct {
	Span     float64 `json:"span"`           // seconds that it was to take at most
	Spent    float64 `json:"spent"`          // seconds so far, over all runs
	Networks int     `json:"networks"`       // that were wanted
	Left     int     `json:"left,omitempty"` // layers that there was no time for; 0 in files of earlier versions
	Done     bool    `json:"done"`           // nothing more is measured; layers that turn up later are estimated
}

// within returns the span as a duration.
func (p *Probed) within() time.Duration { return time.Duration(p.Span * float64(time.Second)) }

// probe measures in bounded time: some layers to learn what they cost, then
// all layers and networks with as much effort as fits. An interrupted one goes
// on in what is left of its span.
func (l *Model) probe(ctx context.Context, p Probing, show Progress) error {
	if l.Probed == nil {
		l.Probed = &Probed{Span: p.Span.Seconds(), Networks: p.Samples}
	}
	spent := time.Duration(l.Probed.Spent * float64(time.Second))
	pr := &prober{Model: l, pace: bench.NewPace(l.Probed.within()-spent, l.now), show: show, start: l.now().Add(-spent), saved: l.now()}
	err := pr.run(ctx, p)
	if err == nil {
		l.Probed.Done, l.Probed.Left = true, l.Estimated()
	}
	pr.account()
	return err
}

// prober is a bounded probing at work.
type prober struct {
	*Model
	pace  *bench.Pace
	show  Progress
	start time.Time // as if it had not been interrupted
	saved time.Time
	done  float64 // measurements
	total float64
	note  string // what is measured
}

func (p *prober) run(ctx context.Context, o Probing) error {
	layers := p.layers(o.Seed, p.now().Add(time.Duration(drawShare*float64(p.Probed.within()))))
	if err := p.table.Pilot(ctx, layers, p.pace); err != nil {
		return err
	}
	archs := p.untimed(p.draw(o.Samples, o.Seed))
	least := min(len(archs), max(0, LeastNetworks-len(p.random)))
	guess := p.guess(archs)
	p.pace.Reserve = p.reserve(guess, least)
	p.note, p.total = "layers", float64(len(layers)+len(archs))
	err := p.table.Probe(ctx, layers, p.pace, func(done, _ int) { p.advance(float64(done)) })
	if err != nil {
		return err
	}
	p.pace.Reserve = 0
	return p.networks(ctx, archs, p.guess(archs), least)
}

// reserve returns how much of the span to keep for networks whose passes take
// these seconds: a share of it, but no less than the first ones need in any case
// and a quarter more, as the few layers timed so far make rough guesses.
func (p *prober) reserve(passes []float64, least int) time.Duration {
	share := time.Duration(networkShare * float64(p.pace.Left()))
	return max(share, p.pace.Lasts(bench.LeastEffort, passes[:least]...)*5/4)
}

// networks measures as many of the networks as fit, the first ones in any case,
// with as much effort as lets all of those fit. passes are their expected
// seconds.
func (p *prober) networks(ctx context.Context, archs []space.Arch, passes []float64, least int) error {
	p.note = "networks"
	n := len(archs)
	for n > least && p.pace.Lasts(bench.LeastEffort, passes[:n]...) > p.pace.Left() {
		n--
	}
	for i, a := range archs[:n] {
		e := p.pace.Effort(passes[i:n])
		if i >= least && !p.pace.Fits(e, passes[i]) {
			return nil
		}
		err := p.pace.Measure(e, func(e bench.Effort) (float64, error) {
			err := p.time(ctx, a, e, false)
			return p.timed[a].Median, err
		})
		if err != nil {
			return err
		}
		p.advance(p.done + 1)
	}
	return nil
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

// advance shows how far the probing is and saves now and then. Whether saving
// works is left to the last time, which tells.
func (p *prober) advance(done float64) {
	p.done = done
	p.show(p.done, p.total, unitMeasurements, p.note)
	if p.now().Sub(p.saved) < saveEvery {
		return
	}
	p.account()
	p.saved = p.now()
	_ = p.save()
}

// account notes the time that the probing has taken so far.
func (p *prober) account() { p.Probed.Spent = p.now().Sub(p.start).Seconds() }

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
