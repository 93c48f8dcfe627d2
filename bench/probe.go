package bench

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/espalier-nas/espalier/supernet/space"
)

// pilotLayers are timed first, of all sizes, to learn what the others cost.
const pilotLayers = 12

// Pilot visits a few of the layers, from the smallest to the largest, so that Guess can tell of the
// others. It does nothing where as many are known. It heeds no span.
func (t *Table) Pilot(ctx context.Context, layers []space.Layer, p *Pace) error {
	missing := t.lacking(layers, 1)
	want := min(pilotLayers-t.Len(), len(missing))
	slices.SortStableFunc(missing, func(a, b space.Layer) int { return cmp.Compare(a.FLOPs(), b.FLOPs()) })
	for i := range want {
		if err := t.visit(ctx, missing[i*(len(missing)-1)/max(want-1, 1)], p); err != nil {
			return err
		}
	}
	return nil
}

// Sweep visits those of the layers that have had fewer visits than so many, the first ones first, in
// what is left of the pace's span, and reports whether all fit. One layer at least must have been
// measured before, by Pilot. each, if not nil, is called after every visit.
func (t *Table) Sweep(ctx context.Context, layers []space.Layer, visits int, p *Pace, each func()) (fit bool, err error) {
	lacking := t.lacking(layers, visits)
	guess := t.Guess(lacking)
	for i, l := range lacking {
		if !p.Fits(guess[i]) {
			return false, nil
		}
		if err := t.visit(ctx, l, p); err != nil {
			return false, err
		}
		if each != nil {
			each()
		}
	}
	return true, nil
}

// visit times a layer and keeps the faster of this and what was measured before.
func (t *Table) visit(ctx context.Context, l space.Layer, p *Pace) error {
	s, err := p.Visit(func(e Effort) (Sample, error) { return t.device.Time(ctx, alone(l), e) })
	if err != nil {
		return fmt.Errorf("layer %v: %w", l, err)
	}
	if e, known := t.layers[l]; known && !e.estimated {
		s = e.Faster(s)
	}
	t.layers[l], t.kin = entry{Sample: s}, nil
	return nil
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

// lacking returns those of the layers that have had fewer visits than so many, by their rounds, each
// once, in the order given.
func (t *Table) lacking(layers []space.Layer, visits int) []space.Layer {
	var out []space.Layer
	seen := make(map[space.Layer]bool)
	for _, l := range layers {
		if t.layers[l].Rounds < visits*VisitEffort.Rounds && !seen[l] {
			seen[l] = true
			out = append(out, l)
		}
	}
	return out
}
