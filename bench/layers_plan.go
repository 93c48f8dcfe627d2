package bench

import (
	"fmt"

	"github.com/espalier-nas/espalier/supernet/space"
)

// PlanLayers returns the convolutions and linear layers of a plan at a batch
// size, each distinct one once and named as the plan describes it.
func PlanLayers(p space.Plan, batch int) ([]Layer, error) {
	if batch < 1 {
		return nil, fmt.Errorf("layers of a plan: batch %d; want at least 1", batch)
	}
	if err := p.Validate(); err != nil {
		return nil, fmt.Errorf("layers of a plan: %w", err)
	}
	var layers []Layer
	seen := map[space.Layer]bool{}
	for _, s := range p {
		l := s.Layer
		l.Act = space.NoAct // takes part in no pass
		if l.Op != space.Conv && l.Op != space.Linear || seen[l] {
			continue
		}
		seen[l] = true
		c := Layer{Name: l.String(), N: batch, InC: l.InC, H: l.H, W: l.W, OutC: l.OutC, K: l.K, S: l.S, Pad: l.Pad(), G: l.G, Dil: l.Dil}
		if l.Op == space.Linear {
			c.K, c.S, c.Pad, c.G = space.Square(1), 1, space.Square(0), 1
		}
		c.Class = planClass(c, l.Op)
		layers = append(layers, c)
	}
	return layers, nil
}

// planClass tells apart what has different limits.
func planClass(l Layer, op space.Op) string {
	switch {
	case op == space.Linear:
		return "linear"
	case l.Depthwise():
		return "depthwise"
	case l.G > 1:
		return "grouped"
	case l.K.Area() == 1:
		return "pointwise"
	default:
		return "dense"
	}
}
