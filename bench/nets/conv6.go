package nets

import (
	"fmt"

	"github.com/espalier-nas/espalier/supernet/space"
)

// conv6Layers lists the convolutions, and which of them a maximum follows.
var conv6Layers = [...]struct {
	k, outC int
	halve   bool
}{{3, 16, false}, {3, 16, true}, {3, 32, false}, {5, 32, true}, {3, 64, false}, {3, 64, false}}

// NewConv6 returns the family of one network, six convolutions without bias,
// each followed by batch norm and ReLU, for pictures of size x size pixels:
//
//	3x3 to 16, 3x3 to 16, 2x2 maximum
//	3x3 to 32, 5x5 to 32, 2x2 maximum
//	3x3 to 64, 3x3 to 64, mean over the map, linear to Classes
//
// It fails unless size and channels are those of a plan and size is at least 4
// pixels.
func NewConv6(channels, size int) (*space.Fixed, error) {
	b := space.NewPlanner(2 * len(conv6Layers))
	x := space.Map{Step: space.Image, H: size, W: size, C: channels}
	for i, l := range conv6Layers {
		name := fmt.Sprintf("conv%d", i+1)
		x = b.Conv(x, space.ConvSpec{Weight: name, Norm: name + "/norm", K: space.Square(l.k), S: 1, OutC: l.outC, Act: space.ReLU})
		if l.halve {
			x = b.Pool(x, space.MaxPool, space.Square(2), 2)
		}
	}
	b.Classify(x, Classes)
	f, err := space.NewFixed(b.Plan)
	if err != nil {
		return nil, fmt.Errorf("conv6 of %d channels and %d pixels: %w", channels, size, err)
	}
	return f, nil
}
