package supernet

import (
	"fmt"
	"slices"

	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/supernet/space"
)

// The optimisers of training.
const (
	OptimizerSGD  = "sgd"
	OptimizerMuon = "muon" // see ops.Muon; for networks of one architecture only
)

// Optimizers lists the values of TrainOptions.Optimizer.
func Optimizers() []string { return []string{OptimizerSGD, OptimizerMuon} }

// optimizer returns the one of the options, with zero momentum. Muon's matrices are the
// convolutions that a batch norm makes independent of the length of their weights.
func (o TrainOptions) optimizer(e *ops.Exec, n *Net) (ops.Optimizer, error) {
	sgd := ops.SGDConfig{Momentum: o.Momentum, WeightDecay: o.WeightDecay, Nesterov: o.Nesterov}
	if o.Optimizer != OptimizerMuon {
		return ops.NewSGD(n.params, sgd), nil
	}
	f, ok := n.family.(*space.Fixed)
	if !ok {
		return nil, fmt.Errorf("optimizer is %q; want %q for weights that architectures share", o.Optimizer, OptimizerSGD)
	}
	names := normed(f.Plan(f.Arch()))
	matrix := func(p *ops.Param) bool { return slices.Contains(names, p.Name) }
	return ops.NewMuon(e, n.params, matrix, ops.MuonConfig{SGDConfig: sgd, Ratio: o.MuonRatio}), nil
}

// normed returns the names of the weights of dense convolutions without groups whose output
// goes into a batch norm, by itself or in a sum.
func normed(p space.Plan) []string {
	read, other := make([]bool, len(p)), make([]bool, len(p)) // by what: anything; anything but sums with norms
	for _, s := range p {
		for _, j := range s.In {
			if j != space.Image {
				read[j] = true
				other[j] = other[j] || s.Layer.Op != space.Add || s.Norm == ""
			}
		}
	}
	var names []string
	for i, s := range p {
		if s.Layer.Op == space.Conv && s.Layer.G == 1 && !s.Bias && (s.Norm != "" || read[i] && !other[i]) {
			names = append(names, s.Weight)
		}
	}
	return names
}
