package supernet

import "github.com/espalier-nas/espalier/supernet/space"

// maxViews bounds the subnets that a training keeps: about 8 KB each for a
// network of 25 layers.
const maxViews = 256

// views makes the subnets of a net and keeps those used last, so that an
// architecture that comes back costs nothing. What it keeps changes no result.
type views struct {
	net  *Net
	kept map[space.Arch]*keptView
	uses uint64
}

type keptView struct {
	subnet *Subnet
	used   uint64 // the value of views.uses then: no two are equal
}

func newViews(n *Net) views { return views{net: n, kept: make(map[space.Arch]*keptView)} }

// of returns the subnet of a.
func (v *views) of(a space.Arch) *Subnet {
	v.uses++
	k := v.kept[a]
	if k == nil {
		if len(v.kept) == maxViews {
			v.forget()
		}
		k = &keptView{subnet: v.net.Subnet(a)}
		v.kept[a] = k
	}
	k.used = v.uses
	return k.subnet
}

// forget drops the subnet that was not used for the longest time.
func (v *views) forget() {
	var oldest space.Arch
	least := v.uses
	for a, k := range v.kept {
		if k.used < least {
			oldest, least = a, k.used
		}
	}
	delete(v.kept, oldest)
}
