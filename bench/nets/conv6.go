package nets

import (
	"fmt"

	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/supernet"
	"github.com/espalier-nas/espalier/supernet/space"
)

// Conv6 is a network of six convolutions without bias, each followed by batch
// norm and ReLU:
//
//	3x3 to 16, 3x3 to 16, 2x2 maximum
//	3x3 to 32, 5x5 to 32, 2x2 maximum
//	3x3 to 64, 3x3 to 64, mean over the map, linear to Classes
//
// It is held as the three plans between the maxima, since the pools of a plan
// are padded and these are not.
type Conv6 struct {
	plans []space.Plan
	nets  []*supernet.Net
	view  *View
}

// conv6Layers lists kernel and output channels, part by part.
var conv6Layers = [3][2]struct{ k, outC int }{
	{{3, 16}, {3, 16}},
	{{3, 32}, {5, 32}},
	{{3, 64}, {3, 64}},
}

// NewConv6 returns the network for pictures of size x size pixels with fresh
// weights. It fails unless size and channels are those of a plan and size is at
// least 4 pixels.
func NewConv6(channels, size int, seed uint64) (*Conv6, error) {
	n := &Conv6{plans: conv6Plans(channels, size), view: &View{}}
	for i, p := range n.plans {
		f, err := space.NewFixed(p)
		if err != nil {
			return nil, fmt.Errorf("conv6 of %d channels and %d pixels, part %d: %w", channels, size, i, err)
		}
		net := supernet.New(f, seed)
		n.nets = append(n.nets, net)
		n.view.parts = append(n.view.parts, net.Subnet(f.Arch()))
	}
	return n, nil
}

func conv6Plans(channels, size int) []space.Plan {
	var plans []space.Plan
	for i, part := range conv6Layers {
		b := &builder{h: size >> i, w: size >> i, c: channels, last: space.Image}
		for j, l := range part {
			b.conv(convStep{name: fmt.Sprintf("conv%d", 2*i+j+1), k: l.k, s: 1, outC: l.outC, act: space.ReLU})
		}
		channels = b.c
		if i == len(conv6Layers)-1 {
			b.classify(Classes)
		}
		plans = append(plans, b.plan)
	}
	return plans
}

// Plans returns the three parts.
func (n *Conv6) Plans() []space.Plan { return n.plans }

// View returns the network; there is only one.
func (n *Conv6) View() *View { return n.view }

// Params returns all weights.
func (n *Conv6) Params() []*ops.Param {
	var all []*ops.Param
	for _, part := range n.nets {
		all = append(all, part.Params()...)
	}
	return all
}
