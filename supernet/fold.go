package supernet

import (
	"fmt"
	"math"
	"slices"

	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/supernet/space"
)

// Fold returns the network with batch norms folded into the convolutions before
// them: the form that is timed and served. The norm of a sum goes into all of
// its convolutions; it stays where something else is summed too. Logits agree
// with the original's to float32 rounding. The weights are frozen (ops.Param.Freeze).
func (w *Network) Fold() *Network {
	f, err := space.NewFixed(w.foldPlan())
	if err != nil {
		panic("supernet: Fold: " + err.Error())
	}
	own := New(f, 0)
	view := own.Subnet(f.Arch())
	stats := make([]*ops.Stats, len(view.plan))
	for i := range view.plan {
		view.bound[i].copyFrom(&w.view.bound[i])
		if view.plan[i].Norm != "" {
			stats[i] = w.stats[i]
		}
	}
	for i := range w.view.plan {
		into := w.foldsInto(i)
		if len(into) == 0 {
			continue
		}
		factor, bias := w.affine(i)
		if w.view.bound[into[0]].bias != nil { // of a convolution in front of a sum's norm
			for c, b := range view.bound[into[0]].bias.Data {
				bias[c] += factor[c] * b
			}
		}
		copy(view.bound[into[0]].bias.Data, bias)
		for _, j := range into {
			scaleOutputs(view.bound[j].weight.P, factor)
		}
	}
	for _, p := range own.params {
		p.Freeze()
	}
	return newNetwork(own, stats, w.label)
}

// foldsInto returns the convolutions that the norm of step i can be folded
// into; none if there is no norm, or if it has to stay.
func (w *Network) foldsInto(i int) []int {
	s := &w.view.plan[i]
	switch {
	case s.Norm == "":
		return nil
	case s.Layer.Op == space.Conv:
		return []int{i}
	}
	for _, j := range s.In {
		if j == space.Image || !w.view.fused[j].accumulates {
			return nil
		}
	}
	return s.In
}

// foldPlan replaces norms by a bias of the first convolution that they fold
// into. Weights read by several steps get a copy for each, since the norms
// differ.
func (w *Network) foldPlan() space.Plan {
	folded := slices.Clone(w.view.plan)
	taken, seen := map[string]bool{}, map[string]bool{}
	for _, s := range folded {
		taken[s.Weight], taken[s.Norm] = true, true
	}
	for i := range folded {
		if into := w.foldsInto(i); len(into) > 0 {
			folded[i].Norm = ""
			folded[into[0]].Bias = true
		}
		s := &folded[i]
		if s.Weight != "" && seen[s.Weight] {
			s.Weight = copyName(s.Weight, i, taken)
		}
		seen[s.Weight] = true
	}
	return folded
}

// copyName returns a free name for step i's copy of a weight, and takes it.
func copyName(weight string, i int, taken map[string]bool) string {
	name := fmt.Sprintf("%s@%d", weight, i)
	for taken[name] {
		name += "@"
	}
	taken[name] = true
	return name
}

// affine returns the norm of step i as y = factor*x + bias, per channel.
func (w *Network) affine(i int) (factor, bias []float32) {
	b, st := &w.view.bound[i], w.stats[i]
	for c := range st.Mean {
		f := float64(b.scale.Data[c]) / math.Sqrt(float64(st.Var[c])+normEps)
		factor = append(factor, float32(f))
		bias = append(bias, float32(float64(b.shift.Data[c])-float64(st.Mean[c])*f))
	}
	return factor, bias
}

// scaleOutputs multiplies the weights of each output channel by its factor.
func scaleOutputs(p *ops.Param, factor []float32) {
	eachValue(p, func(c, at int) { p.Data[at] *= factor[c] })
}

// eachValue calls f with the output channel and the place of every value of p,
// in the order of its logical shape.
func eachValue(p *ops.Param, f func(outC, at int)) {
	in := p.InC / p.G
	for o := range p.OutC {
		for i := range in {
			for y := range p.KH {
				for x := range p.KW {
					f(o, p.Index(o, i, y, x))
				}
			}
		}
	}
}
