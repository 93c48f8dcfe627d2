package onnx

import (
	"fmt"

	"github.com/espalier-nas/espalier/supernet"
	"github.com/espalier-nas/espalier/supernet/space"
)

// parts is a network as data: what a model says, and what supernet.Assemble
// makes a network of.
type parts struct {
	plan   space.Plan
	label  supernet.Label
	values []supernet.Values // one entry per step
}

// partsOf copies a network's parts.
func partsOf(n *supernet.Network) *parts {
	p := &parts{plan: n.Plan(), label: n.Label()}
	for i := range p.plan {
		p.values = append(p.values, n.Values(i))
	}
	return p
}

// labelled reports whether the network knows its classes and normalisation.
func (p *parts) labelled() bool { return len(p.label.Classes)+len(p.label.Mean)+len(p.label.Std) > 0 }

// check returns an error unless a model can say all of p.
func (p *parts) check() error {
	if err := p.plan.Validate(); err != nil {
		return err
	}
	end := p.plan[len(p.plan)-1].Layer
	if end.OutH() != 1 || end.OutW() != 1 {
		return fmt.Errorf("plan: step %d (%v): the last one puts out %dx%d pixels; want 1x1, the logits", len(p.plan)-1, end, end.OutH(), end.OutW())
	}
	if c := p.plan[0].Layer.InC; p.labelled() && (len(p.label.Classes) != end.OutC || len(p.label.Mean) != c || len(p.label.Std) != c) {
		return fmt.Errorf("label: %d classes, %d means and %d deviations; want %d, %d and %d, or none at all",
			len(p.label.Classes), len(p.label.Mean), len(p.label.Std), end.OutC, c, c)
	}
	for c, v := range p.label.Std {
		if !(v > 0) {
			return fmt.Errorf("label: the deviation of channel %d is %v; want more than 0", c, v)
		}
	}
	return nil
}
