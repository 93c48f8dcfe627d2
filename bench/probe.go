package bench

import (
	"cmp"
	"context"
	"slices"

	"github.com/espalier-nas/espalier/supernet/space"
)

const (
	// pilotLayers are timed first, of all sizes, to learn what the others cost.
	pilotLayers = 12
	// paces is how often the effort is reconsidered on the way.
	paces = 24
)

// Pilot times a few of the layers, from the smallest to the largest, with the
// least effort, so that Guess can tell of the others. It does nothing where as
// many are known. It heeds no span.
func (t *Table) Pilot(ctx context.Context, layers []space.Layer, p *Pace) error {
	missing := t.unmeasured(layers)
	want := min(pilotLayers-t.Len(), len(missing))
	slices.SortStableFunc(missing, func(a, b space.Layer) int { return cmp.Compare(a.FLOPs(), b.FLOPs()) })
	for i := range want {
		if err := t.time(ctx, missing[i*(len(missing)-1)/max(want-1, 1)], LeastEffort, p); err != nil {
			return err
		}
	}
	return nil
}

// Probe times the layers that were not, the first ones first, in what is left
// of the pace's span, with as much effort as lets all of them fit. Where not
// even LeastEffort does, the last ones are estimated. each, if not nil, is
// called after every one with how many of how many are done. Pilot must have
// gone before.
func (t *Table) Probe(ctx context.Context, layers []space.Layer, p *Pace, each func(done, total int)) error {
	missing := t.unmeasured(layers)
	guess := t.Guess(missing)
	var effort Effort
	for i, l := range missing {
		if i%(len(missing)/paces+1) == 0 || !p.Fits(effort, guess[i]) {
			effort = p.Effort(guess[i:])
		}
		if !p.Fits(effort, guess[i]) {
			t.Estimate(missing[i:])
			return nil
		}
		if err := t.time(ctx, l, effort, p); err != nil {
			return err
		}
		if each != nil {
			each(i+1, len(missing))
		}
	}
	return nil
}

// time measures one layer at a pace.
func (t *Table) time(ctx context.Context, l space.Layer, e Effort, p *Pace) error {
	return p.Measure(e, func(e Effort) (float64, error) {
		s, err := t.measure(ctx, l, e)
		return s.Median, err
	})
}

// Guess returns the seconds that layers take, measured or else estimated. It
// needs one measured layer at least.
func (t *Table) Guess(layers []space.Layer) []float64 {
	out := make([]float64, len(layers))
	for i, l := range layers {
		if e, ok := t.layers[l]; ok && !e.estimated {
			out[i] = e.Median
		} else {
			out[i] = t.estimator().seconds(l)
		}
	}
	return out
}

// Estimate adds those of the layers that the table lacks by what measured ones
// took, marked as estimated. It needs one measured layer at least.
func (t *Table) Estimate(layers []space.Layer) {
	for _, l := range layers {
		if _, known := t.layers[l]; !known {
			s := t.estimator().seconds(l)
			t.layers[l] = entry{Sample{Median: s, Best: s, Low: s, High: s}, true}
		}
	}
}

// estimator returns what the measured layers tell of others.
func (t *Table) estimator() estimator {
	if t.kin == nil {
		t.kin = newEstimator(t.layers)
	}
	return t.kin
}

// unmeasured returns those of the layers that were not measured, each once, in
// the order given.
func (t *Table) unmeasured(layers []space.Layer) []space.Layer {
	var out []space.Layer
	seen := make(map[space.Layer]bool)
	for _, l := range layers {
		if e, ok := t.layers[l]; (!ok || e.estimated) && !seen[l] {
			seen[l] = true
			out = append(out, l)
		}
	}
	return out
}
