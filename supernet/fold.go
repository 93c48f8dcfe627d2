package supernet

import (
	"fmt"
	"math"

	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/supernet/space"
)

// Fold returns the network with every batch norm folded into its convolution:
// the form that is timed and served. Its logits agree with the original's to
// float32 rounding.
func (w *Network) Fold() *Network {
	plan := foldPlan(w.view.plan)
	f, err := space.NewFixed(plan)
	if err != nil {
		panic("supernet: Fold: " + err.Error())
	}
	own := New(f, 0)
	view := own.Subnet(f.Arch())
	for i := range plan {
		from, to := &w.view.bound[i], &view.bound[i]
		if to.weight.P == nil {
			continue
		}
		copyWindow(to.weight, from.weight)
		if from.scale != nil {
			foldNorm(to, from, w.stats[i])
		} else if to.bias != nil {
			copy(to.bias.Data, from.bias.Data)
		}
	}
	return newNetwork(own, make([]*ops.Stats, len(plan)), w.label)
}

// foldPlan replaces norms by biases. Weights read by several steps get a copy
// for each, since their norms differ.
func foldPlan(p space.Plan) space.Plan {
	folded := make(space.Plan, len(p))
	seen := map[string]bool{}
	for i, s := range p {
		if s.Norm != "" {
			s.Norm, s.Bias = "", true
		}
		if s.Weight != "" && seen[s.Weight] {
			s.Weight = fmt.Sprintf("%s@%d", s.Weight, i)
		}
		seen[s.Weight] = true
		folded[i] = s
	}
	return folded
}

// foldNorm scales output channel c of the weight by scale/sqrt(var+eps) and sets
// its bias to shift - mean*scale/sqrt(var+eps).
func foldNorm(to, from *binding, st *ops.Stats) {
	factor := make([]float32, to.weight.OutC)
	for c := range factor {
		f := float64(from.scale.Data[c]) / math.Sqrt(float64(st.Var[c])+normEps)
		factor[c] = float32(f)
		to.bias.Data[c] = float32(float64(from.shift.Data[c]) - float64(st.Mean[c])*f)
	}
	eachValue(to.weight.P, func(c, at int) { to.weight.P.Data[at] *= factor[c] })
}

// eachValue calls f with the output channel and the place of every value of p.
func eachValue(p *ops.Param, f func(outC, at int)) {
	in := p.InC / p.G
	for o := range p.OutC {
		for i := range in {
			for y := range p.K {
				for x := range p.K {
					f(o, p.Index(o, i, y, x))
				}
			}
		}
	}
}
