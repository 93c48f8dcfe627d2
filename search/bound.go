package search

import (
	"github.com/espalier-nas/espalier/internal/stream"
	"github.com/espalier-nas/espalier/search/latency"
	"github.com/espalier-nas/espalier/supernet/space"
)

// bounds is what limits leave of a space.
type bounds struct {
	fits    func(space.Arch) bool // within the limits, as predicted
	largest space.Arch            // within them
}

// largestDraws mixtures of the largest and the narrow architecture are drawn to
// find the largest within the limits.
const largestDraws = 2000

// bound finds out what the limits leave of the space: the supernet is trained on
// that part of it alone, and its teacher is the largest architecture there. Where
// not even the narrow one is within the limits, the whole space is trained.
func (r *Run) bound(l *latency.Model) error {
	limits := r.limits()
	var err error
	fits := func(a space.Arch) bool {
		c, e := l.Cost(a)
		if e != nil {
			err = e
		}
		return e == nil && limits.Excess(c) == 0
	}
	f := r.family
	whole, narrow := fits(f.Extremes().Largest), fits(f.Extremes().Narrow)
	switch {
	case err != nil || whole:
		return err
	case !narrow:
		r.monitor.Log.Info("the narrow architecture is beyond the limits: the supernet is trained on the whole space", "limits", limits.String())
		return nil
	}
	flops := r.flops
	rng, best := stream.New(r.cfg.Seed, "largest"), f.Extremes().Narrow
	most := flops(best)
	for range largestDraws {
		a := f.Space().Cross(rng, f.Extremes().Largest, f.Extremes().Narrow)
		if n := flops(a); n > most && fits(a) {
			best, most = a, n
		}
	}
	r.bounds = &bounds{fits, best}
	r.monitor.Log.Info("largest within the limits", "arch", f.Space().Format(best), "instead of", f.Space().Format(f.Extremes().Largest))
	return err
}

// largest returns the largest architecture within the limits.
func (r *Run) largest() space.Arch {
	if r.bounds == nil {
		return r.family.Extremes().Largest
	}
	return r.bounds.largest
}

// fits returns what tells whether an architecture is within the limits; nil if
// all are.
func (r *Run) fits() func(space.Arch) bool {
	if r.bounds == nil {
		return nil
	}
	return r.bounds.fits
}
