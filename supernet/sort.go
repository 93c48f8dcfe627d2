package supernet

import (
	"math"
	"slices"

	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/supernet/space"
)

// sort sorts the channels of every band of the family by falling worth, the L1 norm of the
// weights that read them (Once-for-All, Cai et al. 2020). Momentum and averaged weights
// move along, so that the training of the largest subnet goes on as if nothing had
// happened, but for the order of its sums.
func (t *Trainer) sort() {
	f, ok := t.net.family.(space.Sortable)
	if !ok {
		return
	}
	for _, b := range f.Bands() {
		t.permute(&b, t.net.worth(&b))
	}
}

// worth returns the channels of a band, best first; those of equal worth keep their order.
func (n *Net) worth(b *space.Band) (order []int) {
	reader := n.byName[b.Inputs[0]]
	norms := make([]float64, reader.InC)
	for i := range norms {
		order = append(order, i)
		for o := range reader.OutC {
			for y := range reader.KH {
				for x := range reader.KW {
					norms[i] += math.Abs(float64(reader.Data[reader.Index(o, i, y, x)]))
				}
			}
		}
	}
	slices.SortStableFunc(order, func(i, j int) int {
		switch {
		case norms[i] > norms[j]:
			return -1
		case norms[i] < norms[j]:
			return 1
		}
		return 0
	})
	return order
}

// permute puts the channels of a band in a new order: channel order[i] becomes the i-th.
func (t *Trainer) permute(b *space.Band, order []int) {
	state := append(t.opt.State(), t.average.state()...)
	n := len(t.net.params)
	for i, p := range t.net.params {
		outputs, inputs := bandOf(b, p.Name)
		if !outputs && !inputs {
			continue
		}
		all := [][]float32{p.Data}
		for k := i; k < len(state); k += n {
			all = append(all, state[k].Data)
		}
		for _, data := range all {
			if outputs {
				reorder(p, data, func(o, in int) (int, int) { return order[o], in })
			}
			if inputs {
				reorder(p, data, func(o, in int) (int, int) { return o, order[in] })
			}
		}
	}
}

// bandOf reports whether a parameter has the channels of a band as outputs, and as inputs.
func bandOf(b *space.Band, param string) (outputs, inputs bool) {
	for _, name := range b.Outputs {
		outputs = outputs || param == name || param == scaleName(name) || param == shiftName(name)
	}
	return outputs, slices.Contains(b.Inputs, param)
}

// reorder moves numbers of p's layout: those of output o and input i come from where from
// says.
func reorder(p *ops.Param, data []float32, from func(o, i int) (int, int)) {
	old := slices.Clone(data)
	ins := 1
	if p.Layout == ops.DenseLayout {
		ins = p.InC / p.G
	}
	for o := range p.OutC {
		for i := range ins {
			fromO, fromI := from(o, i)
			for y := range p.KH {
				for x := range p.KW {
					data[p.Index(o, i, y, x)] = old[p.Index(fromO, fromI, y, x)]
				}
			}
		}
	}
}
