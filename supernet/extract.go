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
		copied.bound[i].copyFrom(&view.bound[i])
	}
	return own
}

// copyFrom copies the weights of a binding whose windows have the same sizes;
// vectors that only one of them has are left alone.
func (b *binding) copyFrom(from *binding) {
	if b.weight.P != nil {
		copyWindow(b.weight, from.weight)
	}
	for _, v := range [][2]*ops.Param{{b.bias, from.bias}, {b.scale, from.scale}, {b.shift, from.shift}} {
		if v[0] != nil && v[1] != nil {
			copy(v[0].Data, v[1].Data)
		}
	}
}

// copyWindow copies the values of window from into window to, of the same size
// but of a parameter that may be larger or smaller.
func copyWindow(to, from ops.Window) {
	if err := to.Import(from.Export(nil)); err != nil {
		panic("supernet: windows of different sizes: " + err.Error())
	}
}
