package supernet

import (
	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/supernet/space"
)

// Extract copies the weights that architecture a uses into a Net of their own,
// exactly as large as needed. Its only architecture is space.Fixed's; its
// logits equal the subnet's bit for bit.
func (n *Net) Extract(a space.Arch) *Net {
	view := n.Subnet(a)
	f, err := space.NewFixed(view.plan)
	if err != nil {
		panic("supernet: Extract: the family made an invalid plan: " + err.Error())
	}
	own := New(f, 0)
	copied := own.Subnet(f.Arch())
	for i := range view.bound {
		from, to := &view.bound[i], &copied.bound[i]
		if to.weight.P != nil {
			copyWindow(to.weight, from.weight)
		}
		for _, v := range [][2]*ops.Param{{to.bias, from.bias}, {to.scale, from.scale}, {to.shift, from.shift}} {
			if v[0] != nil {
				copy(v[0].Data, v[1].Data)
			}
		}
	}
	return own
}

// copyWindow copies the values of window from into window to, of the same size
// but of a parameter that may be larger or smaller.
func copyWindow(to, from ops.Window) {
	if err := to.Import(from.Export(nil)); err != nil {
		panic("supernet: windows of different sizes: " + err.Error())
	}
}
