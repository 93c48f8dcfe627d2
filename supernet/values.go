package supernet

import (
	"errors"
	"fmt"

	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/supernet/space"
)

// NormEps is added to variances before their square root.
const NormEps = normEps

// Values are the numbers of one step of a network in an order that does not
// depend on how kernels want them. What the step lacks is nil.
type Values struct {
	Weight       []float32 // OutC x InC/G x KH x KW, of a Linear OutC x InC
	Bias         []float32 // OutC
	Scale, Shift []float32 // of the batch norm, OutC
	Mean, Var    []float32 // its statistics, OutC
}

// Values returns copies of the numbers of step i of the plan.
func (w *Network) Values(i int) Values {
	b, s, outC := &w.view.bound[i], &w.view.plan[i], w.view.plan[i].Layer.OutC
	var v Values
	if s.Weight != "" {
		v.Weight = b.weight.Export(nil)
	}
	if b.bias != nil {
		v.Bias = prefix(b.bias.Data, outC)
	}
	if s.Norm != "" {
		v.Scale, v.Shift = prefix(b.scale.Data, outC), prefix(b.shift.Data, outC)
		v.Mean, v.Var = prefix(w.stats[i].Mean, outC), prefix(w.stats[i].Var, outC)
	}
	return v
}

func prefix(from []float32, n int) []float32 { return append([]float32(nil), from[:n]...) }

// Assemble returns the network of plan p with the numbers v, one entry per
// step, which are copied. Classes, Mean and Std of l are either all there or all
// empty: a network without them takes its input as it is.
//
// The errors name the step: a plan that is not valid, a weight or norm that two
// steps read, numbers that are not as many as the layer asks for. All is looked
// at before anything is allocated.
func Assemble(p space.Plan, l Label, v []Values) (*Network, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	if len(l.Classes)+len(l.Mean)+len(l.Std) > 0 {
		if err := (&networkHeader{l, p}).validate(); err != nil {
			return nil, err
		}
	}
	if err := countValues(p, v); err != nil {
		return nil, err
	}
	f, err := space.NewFixed(p)
	if err != nil {
		return nil, err
	}
	n := New(f, 0)
	view, stats := n.Subnet(f.Arch()), make([]*ops.Stats, len(p))
	for i, s := range p {
		if s.Norm != "" {
			stats[i] = ops.NewStats(s.Layer.OutC)
		}
		if err := view.bound[i].assign(&v[i], stats[i]); err != nil {
			return nil, fmt.Errorf("plan: step %d (%v): %w", i, s.Layer, err)
		}
	}
	return newNetwork(n, stats, l), nil
}

// assign copies a step's numbers, whose counts are right, to where it reads them.
func (b *binding) assign(v *Values, st *ops.Stats) error {
	if v.Weight != nil {
		if err := b.weight.Import(v.Weight); err != nil {
			return err
		}
	}
	if v.Bias != nil {
		copy(b.bias.Data, v.Bias)
	}
	if st != nil {
		copy(b.scale.Data, v.Scale)
		copy(b.shift.Data, v.Shift)
		copy(st.Mean, v.Mean)
		copy(st.Var, v.Var)
	}
	return nil
}

// countValues checks that v holds what the steps of a valid plan ask for, and
// that no two steps share it.
func countValues(p space.Plan, v []Values) error {
	if len(v) != len(p) {
		return fmt.Errorf("values of %d steps; want %d, one entry per step of the plan", len(v), len(p))
	}
	reader := map[string]int{}
	for i, s := range p {
		for _, name := range []string{s.Weight, s.Norm} {
			if name == "" {
				continue
			}
			if j, shared := reader[name]; shared {
				return fmt.Errorf("plan: %q is read by the steps %d and %d; want numbers of its own for each", name, j, i)
			}
			reader[name] = i
		}
		if err := v[i].count(&s); err != nil {
			return fmt.Errorf("plan: step %d (%v): %w", i, s.Layer, err)
		}
	}
	return nil
}

// count checks the lengths of a step's numbers.
func (v *Values) count(s *space.Step) error {
	l := s.Layer
	var weight, bias, norm int64
	if w, ok := l.Weight(); ok {
		weight = w.Numbers()
	}
	if s.Bias {
		bias = int64(l.OutC)
	}
	if s.Norm != "" {
		norm = int64(l.OutC)
	}
	var faults []error
	for _, part := range []struct {
		name string
		have []float32
		want int64
	}{
		{"weight", v.Weight, weight},
		{"bias", v.Bias, bias},
		{"norm scale", v.Scale, norm},
		{"norm shift", v.Shift, norm},
		{"norm mean", v.Mean, norm},
		{"norm variance", v.Var, norm},
	} {
		if int64(len(part.have)) != part.want {
			faults = append(faults, fmt.Errorf("%s has %d numbers; want %d", part.name, len(part.have), part.want))
		}
	}
	return errors.Join(faults...)
}
