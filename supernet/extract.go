package supernet

import (
	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/supernet/space"
)

// Extract copies the weights that architecture a uses into a Net of their own,
// exactly as large as needed, transformed filters as they come out. Its only
// architecture is space.Fixed's; its logits equal the subnet's bit for bit under
// the given kernel set (ops.Exec.Kernel), which makes the filters.
func (n *Net) Extract(a space.Arch, kernel string) *Net {
	view := n.Subnet(a)
	f, err := space.NewFixed(view.plan)
	if err != nil {
		panic("supernet: Extract: the family made an invalid plan: " + err.Error())
	}
	own := New(f, 0)
	copied := own.Subnet(f.Arch())
	bake := baker{kernel: kernel}
	defer bake.close()
	for i := range view.bound {
		copied.bound[i].copyFrom(bake.binding(&view.bound[i]))
	}
	return own
}

// baker makes transformed filters.
type baker struct {
	kernel string
	exec   *ops.Exec // from the first on
}

// binding returns b with its filter transformed; it holds until the next call.
func (k *baker) binding(b *binding) *binding {
	if len(b.matrices) == 0 {
		return b
	}
	if k.exec == nil {
		e, err := ops.NewExec(ops.Config{Kernel: k.kernel, Workers: 1})
		if err != nil {
			panic("supernet: Extract: " + err.Error())
		}
		k.exec = e
	}
	k.exec.Begin(false)
	baked := *b
	baked.weight, baked.matrices = ops.KernelTransform(k.exec, b.weight, b.matrices), nil
	return &baked
}

func (k *baker) close() {
	if k.exec != nil {
		k.exec.Close()
	}
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
