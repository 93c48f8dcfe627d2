package search

import (
	"context"
	"fmt"
	"time"

	"github.com/espalier-nas/espalier/bench"
	"github.com/espalier-nas/espalier/supernet/space"
)

const (
	// networkShare of a probing's span is kept for whole networks.
	networkShare = 0.35
	// probedNetworks are measured in any case, however short the span.
	probedNetworks = 12
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
	Span     float64 `json:"span"`     // seconds that it was to take at most
	Spent    float64 `json:"spent"`    // seconds so far, over all runs
	Networks int     `json:"networks"` // that were wanted
	Done     bool    `json:"done"`     // nothing more is measured; layers that turn up later are estimated
}

// span returns the span as a duration.
func (p *Probed) span() time.Duration { return time.Duration(p.Span * float64(time.Second)) }

// probe measures in bounded time: some layers to learn what they cost, then
// all layers and networks with as much effort as fits. An interrupted one goes
// on in what is left of its span.
func (l *Latencies) probe(ctx context.Context, p Probing, show Events) error {
	if l.Probed == nil {
		l.Probed = &Probed{Span: p.Span.Seconds(), Networks: p.Samples}
	}
	spent := time.Duration(l.Probed.Spent * float64(time.Second))
	pr := &prober{Latencies: l, pace: bench.NewPace(l.Probed.span()-spent, l.now), show: show, start: l.now().Add(-spent), saved: l.now()}
	err := pr.run(ctx, p)
	if err == nil {
		l.Probed.Done = true
	}
	pr.account()
	return err
}

// prober is a bounded probing at work.
type prober struct {
	*Latencies
	pace   *bench.Pace
	show   Events
	start  time.Time // as if it had not been interrupted
	saved  time.Time
	status Status
}

func (p *prober) run(ctx context.Context, o Probing) error {
	layers := p.layers(o.Seed, p.now().Add(time.Duration(drawShare*float64(p.Probed.span()))))
	if err := p.table.Pilot(ctx, layers, p.pace); err != nil {
		return err
	}
	archs := p.untimed(p.draw(o.Samples, o.Seed))
	least := min(len(archs), max(0, probedNetworks-len(p.random)))
	guess := p.guess(archs)
	p.pace.Reserve = p.reserve(guess, least)
	p.status = Status{Unit: "measurements", Note: "layers", Total: float64(len(layers) + len(archs))}
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
	p.status.Note = "networks"
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
		p.advance(p.status.Done + 1)
	}
	return nil
}

// untimed returns those of the architectures that were not measured.
func (l *Latencies) untimed(archs []space.Arch) []space.Arch {
	var out []space.Arch
	for _, a := range archs {
		if _, known := l.timed[a]; !known {
			out = append(out, a)
		}
	}
	return out
}

// guess returns the seconds that the layers of each architecture should take.
func (l *Latencies) guess(archs []space.Arch) []float64 {
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
	p.status.Done = done
	p.show.Update(p.status)
	if p.now().Sub(p.saved) < saveEvery {
		return
	}
	p.account()
	p.saved = p.now()
	_ = p.save()
}

// account notes the time that the probing has taken so far.
func (p *prober) account() { p.Probed.Spent = p.now().Sub(p.start).Seconds() }

// tellProbing logs what a bounded probing has left out, and warns where layers
// were estimated.
func (r *Run) tellProbing(l *Latencies) {
	p := l.Probed
	if p == nil {
		return
	}
	r.monitor.Log.Info("latency probing", "span", p.span().String(), "spent", fmt.Sprintf("%.1fs", p.Spent),
		"layers", fmt.Sprintf("%d of %d", l.Layers(), l.Layers()+l.table.Estimated()),
		"rounds", fmt.Sprintf("%d of %d", l.table.Rounds(), bench.DefaultEffort.Rounds),
		"networks", fmt.Sprintf("%d of %d", len(l.random), p.Networks))
	if n := l.table.Estimated(); n > 0 {
		r.warn("there was no time to measure %d of %d layers: their latency is estimated from that of similar ones", n, n+l.Layers())
	}
}
