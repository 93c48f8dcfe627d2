package space

import (
	"errors"
	"fmt"
)

// The auxiliary head of NASNet for CIFAR-10, whose marked maps have 384 channels together.
const (
	auxiliaryPool   = 5   // taps on a side of its average pooling
	auxiliaryStride = 3   // of the pooling
	auxiliaryFirst  = 128 // most channels of its first convolution
	auxiliaryShare  = 3   // channels that it reads, over those of its first convolution
	auxiliaryWiden  = 6   // channels of its second convolution, over those of the first
	auxiliaryBlock  = 16  // its first convolution has a multiple of so many channels
)

// HasAuxiliary reports whether the plan names where an auxiliary head reads; see
// Step.Auxiliary.
func (p Plan) HasAuxiliary() bool {
	for _, s := range p {
		if s.Auxiliary {
			return true
		}
	}
	return false
}

// WithAuxiliary returns the plan with the steps of an auxiliary classifier behind its own
// (NASNet, Zoph et al. 2018): ReLU of the marked maps, which are taken side by side, average
// pooling 5x5 of stride 3, conv 1x1, norm, ReLU, a second convolution, norm, ReLU, linear. It
// has as many outputs as the last step of the plan, and the weights "auxiliary/...".
//
// The published sizes are 128 and 768 channels for 384 that it reads; here it has the same
// share of what it reads, in blocks of 16 and never more than published. The second
// convolution is 1x1 with the mean over the map behind it, where the published one takes the
// whole map of 2x2 pixels at once: convolutions of a plan keep the size of a map, and the
// networks themselves end with a mean. On maps of at most 3x3 pixels the pooling is the mean
// over the map.
func (p Plan) WithAuxiliary() (Plan, error) {
	b := NewPlanner(len(p) + 16)
	b.Plan = append(b.Plan, p...)
	var maps []Map
	channels := 0
	for i, s := range p {
		if s.Auxiliary {
			h, w, c := p.shape(i)
			maps = append(maps, Map{i, h, w, c})
			channels += c
		}
	}
	if len(maps) == 0 {
		return nil, errors.New("plan: no step is marked for an auxiliary head; want at least one")
	}
	first := auxiliaryBlock * max(1, min(auxiliaryFirst, channels/auxiliaryShare)/auxiliaryBlock)
	for i, m := range maps {
		m = b.Pool(b.Unary(m, Identity, "", ReLU), AvgPool, Square(auxiliaryPool), auxiliaryStride)
		maps[i] = b.Conv(m, ConvSpec{Weight: fmt.Sprintf("auxiliary/first%d", i+1), K: Square(1), S: 1, OutC: first})
	}
	x := b.Add("auxiliary/first/norm", ReLU, maps...)
	x = b.Conv(x, ConvSpec{Weight: "auxiliary/second", Norm: "auxiliary/second/norm", K: Square(1), S: 1, OutC: auxiliaryWiden * first, Act: ReLU})
	x = b.Unary(x, GlobalPool, "", NoAct)
	l := Layer{Op: Linear, H: 1, W: 1, InC: x.C, OutC: p[len(p)-1].Layer.OutC}
	b.Step(Step{Layer: l, Weight: "auxiliary/classifier", Bias: true, In: b.From(x)})
	return b.Plan, b.Plan.Validate()
}
